"""How long threads wait for a processor, as the kernel counts it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from mqttcam.devices.run_delay import RunDelay
from tests.support.waiting import until


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def write(folder: Path, **delays: int) -> None:
    """Have these threads wait for so many nanoseconds."""
    for thread, delay in delays.items():
        (folder / thread).mkdir(exist_ok=True)
        (folder / thread / "schedstat").write_text(f"5000 {delay} 7\n")


def test_waiting_threads_are_those_of_the_last_second(tmp_path: Path) -> None:
    clock = Clock()
    delays = RunDelay(tmp_path, clock)
    write(tmp_path, one=10**9, two=0)
    assert delays.waiting_threads() is None, "nothing to compare with"
    clock.now += 2
    write(tmp_path, one=2 * 10**9, two=10**9, new=9 * 10**9)
    assert delays.waiting_threads() == 1.0, "half of the time each; a new thread counts from the next time on"
    clock.now += 1
    (tmp_path / "two" / "schedstat").unlink()
    assert delays.waiting_threads() == 0.0, "one has ended"
    clock.now += 60
    assert delays.waiting_threads() is None, "too long ago"


@pytest.mark.parametrize("content", [None, "", "0 0 0\n"])
def test_a_kernel_that_does_not_count(tmp_path: Path, content: str | None) -> None:
    (tmp_path / "1").mkdir()
    if content is not None:
        (tmp_path / "1" / "schedstat").write_text(content)
    assert not RunDelay(tmp_path).available


def test_a_system_without_proc(tmp_path: Path) -> None:
    delays = RunDelay(tmp_path / "missing")
    assert not delays.available
    assert not delays.waiting_threads()


async def test_a_process_that_shares_a_processor_waits() -> None:
    """Of the real kernel."""
    processor = min(os.sched_getaffinity(0))
    busy = [
        subprocess.Popen(
            ["sh", "-c", "while :; do :; done"], preexec_fn=lambda: os.sched_setaffinity(0, {processor})
        )
        for _ in range(2)
    ]
    try:
        delays = RunDelay(Path(f"/proc/{busy[0].pid}/task"))
        if not Path("/proc/self/schedstat").exists():
            pytest.skip("this kernel has no CONFIG_SCHED_INFO")
        await until(lambda: (delays.waiting_threads() or 0) > 0.05)
        assert delays.available
    finally:
        for process in busy:
            process.kill()
            process.wait()
