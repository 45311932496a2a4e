"""The message that names the program that uses a camera."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mqttcam.camera.sources._in_use import in_use_words, users_of
from tests.support.kernel import wake_in_kernel
from tests.support.project import PROJECT
from tests.support.waiting import wait_for

_HOLDER = """
import os, sys
from tests.support.kernel import sleep_in_kernel
os.open(sys.argv[1], os.O_RDONLY)
print("open", flush=True)
input()
sleep_in_kernel()
"""


def test_users_of_a_device(tmp_path: Path) -> None:
    for pid, name, target in (
        (11, "rpicam-vid", "/dev/media0"),
        (12, "bash", "/dev/tty1"),
        (14, "ffmpeg", "/dev/video10"),
        (os.getpid(), "me", "/dev/media0"),
    ):
        (tmp_path / str(pid) / "fd").mkdir(parents=True)
        (tmp_path / str(pid) / "fd" / "3").symlink_to(target)
        (tmp_path / str(pid) / "comm").write_text(f"{name}\n", encoding="utf-8")
    (tmp_path / "13").mkdir()
    assert users_of("/dev/media*", tmp_path) == {11: "rpicam-vid"}
    assert in_use_words("/dev/media*", tmp_path) == "the camera is in use by rpicam-vid (11)"
    assert users_of("/dev/video10", tmp_path) == {14: "ffmpeg"}
    assert in_use_words("/dev/video1", tmp_path) == "the camera is in use by another program"


def test_a_killed_process_with_a_thread_that_cannot_end_is_found(tmp_path: Path) -> None:
    dead, thread = tmp_path / "11" / "task" / "11", tmp_path / "11" / "task" / "12"
    for task in (tmp_path / "11", dead, thread):
        (task / "fd").mkdir(parents=True)
    (thread / "fd" / "3").symlink_to("/dev/media0")
    (tmp_path / "11" / "comm").write_text("mqttcam\n", encoding="utf-8")
    (dead / "stat").write_text("11 (mqttcam) Z 1 11 11 0 -1 4194304\n", encoding="utf-8")
    (thread / "stat").write_text("12 (capture (front)) D 1 11 11 0 -1 4194304\n", encoding="utf-8")
    assert in_use_words("/dev/media*", tmp_path) == (
        "the camera is in use by mqttcam (11), which is stuck in the kernel: only a reboot helps"
    )


def test_a_process_that_is_stuck_in_the_kernel_wants_a_reboot(tmp_path: Path) -> None:
    device = tmp_path / "media0"
    device.touch()
    command = [sys.executable, "-c", _HOLDER, str(device)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        in_use = f"the camera is in use by {Path(sys.executable).name} ({holder.pid})"
        assert in_use_words(str(device)) == in_use
        holder.stdin.write(b"\n")
        holder.stdin.flush()
        try:
            wait_for(lambda: "stuck in the kernel" in in_use_words(str(device)), "it sleeps in the kernel")
            # What it sleeps for is a copy of it, which has the device as well.
            assert in_use_words(str(device)).startswith(in_use)
            assert in_use_words(str(device)).endswith(", which is stuck in the kernel: only a reboot helps")
        finally:
            wake_in_kernel(holder.pid)
