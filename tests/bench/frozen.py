"""Measure how late the event loop of a daemon is while a server, a viewer or the disk does not answer.

usage: python tests/bench/frozen.py [--seconds 10]

A daemon records two cameras, of which one is in the network, and sends pictures to a broker, to Kafka and over TCP. One
after the other, these are frozen: the broker, the network camera, viewers, and the disk of the recordings and the state
(which needs root and mkfs.ext4). Kafka and the TCP peer accept connections and never answer. Meanwhile the loop is to
wake up every 10 ms. Its lateness counts without the time in which one of the daemon's threads was ready and the machine
ran something else (run_delay in /proc/self/task/*/schedstat), so that a busy machine does not count: such a thread may
hold Python's lock. Needs mosquitto and PyAV.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

_TICK = 0.01
_LIMIT = 25.0
"""Milliseconds that the loop may be late."""
_WARM_UP = 15.0
_VIEWERS = ("/cameras/front/stream.mjpg?fps=15", "/cameras/front/stream.ts", "/cameras/back/stream.ts")


def run_daemon(path: Path) -> None:
    """Run the daemon, and print the time and how late its loop is, in ms, at each tick."""
    from mqttcam.run.app import App
    from mqttcam.settings.loading.loader import load

    def waited_ns() -> dict[str, int]:
        """Return for how long each thread has waited for a processor."""
        found = {}
        for task in os.listdir("/proc/self/task"):
            with contextlib.suppress(OSError), open(f"/proc/self/task/{task}/schedstat", "rb") as file:
                found[task] = int(file.read().split()[1])
        return found

    async def measure() -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = waited_ns()
            due = loop.time() + _TICK
            await asyncio.sleep(_TICK)
            late = (loop.time() - due) * 1000
            waited = max(ns - before.get(task, 0) for task, ns in waited_ns().items()) / 1e6
            late = max(0.0, late - waited)
            print(f"{time.monotonic()} {late:.2f}", flush=True)

    async def run() -> None:
        settings = load(path, {})
        measuring = asyncio.create_task(measure())
        await App(settings, lambda: settings).run()
        measuring.cancel()

    asyncio.run(run())


class SilentServer:
    """Accepts connections, and neither reads nor answers."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._held: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._held.append(self._listening.accept()[0])


def configuration(folder: Path, broker: int, kafka: int, tcp: int, camera: str, web: int) -> dict[str, Any]:
    """Return the settings of the daemon, with all its files in a folder."""
    recorded = {"record": {"continuous": True, "longest": 5}, "motion": True, "image": {"fps": 5}}
    return {
        "node": "bench",
        "state_dir": str(folder / "state"),
        "mqtt": {"host": "127.0.0.1", "port": broker},
        "web": {"enabled": True, "port": web},
        "kafka": {"brokers": f"127.0.0.1:{kafka}", "topic": "bench"},
        "recordings": {"path": str(folder / "recordings"), "keep": {"size": "20MB", "free": 0}},
        "cameras": {
            "front": {
                "source": {"type": "test_pattern"},
                "size": "640x480",
                "frame_rate": 15,
                "tcp": {"host": "127.0.0.1", "port": tcp},
                **recorded,
            },
            "back": {"source": {"type": "url", "url": camera, "kind": "video"}, **recorded},
        },
        "log": {"level": "ERROR"},
    }


class Disk:
    """An ext4 file system in a file, which can be frozen; a plain folder if that is not possible."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder / "disk"
        self.folder.mkdir()
        image = folder / "disk.img"
        with image.open("wb") as file:
            file.truncate(300_000_000)
        self.can_be_frozen = (
            shutil.which("mkfs.ext4") is not None
            and _succeeds("mkfs.ext4", "-q", str(image))
            and _succeeds("mount", "-o", "loop", str(image), str(self.folder))
        )
        if self.can_be_frozen:
            stack.callback(_succeeds, "umount", "-l", str(self.folder))

    @contextmanager
    def frozen(self) -> Iterator[None]:
        _succeeds("fsfreeze", "-f", str(self.folder))
        try:
            yield
        finally:
            _succeeds("fsfreeze", "-u", str(self.folder))


def _succeeds(*command: str) -> bool:
    return not subprocess.run(command, capture_output=True, check=False).returncode


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Freeze a process."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def silent_viewers(port: int) -> Iterator[None]:
    """Open viewers that read nothing."""
    with ExitStack() as stack:
        for path in _VIEWERS * 3:
            sock = stack.enter_context(socket.socket())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect(("127.0.0.1", port))
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        yield


def table(options: argparse.Namespace) -> None:
    """Measure, and print the table."""
    from tests.bench.recording import process
    from tests.support.broker import Mosquitto
    from tests.support.waiting import free_port, listens, wait_for

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        disk = Disk(folder, stack)
        broker = stack.enter_context(Mosquitto(folder / "broker"))
        served = argparse.Namespace(size="640x480", fps=15.0)
        camera = stack.enter_context(process(served, "serve"))
        assert camera.stdout is not None
        url, web = camera.stdout.readline().strip(), free_port()
        settings = configuration(disk.folder, broker.port, SilentServer().port, SilentServer().port, url, web)
        (folder / "config.yaml").write_text(json.dumps(settings))
        command = [sys.executable, __file__, "--run", str(folder / "config.yaml")]
        daemon = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        stack.callback(daemon.kill)
        ticks: list[tuple[float, float]] = []
        threading.Thread(target=_read, args=(daemon, ticks), daemon=True).start()
        wait_for(lambda: listens(web), "the daemon")
        time.sleep(_WARM_UP)
        recorded = list((disk.folder / "recordings").rglob("*.part"))
        assert {path.parent.parent.name for path in recorded} == {"front", "back"}, (
            "both cameras are recorded"
        )
        frozen: dict[str, Callable[[], contextlib.AbstractContextManager[object]]] = {
            "nothing more than Kafka and a TCP peer": contextlib.nullcontext,
            "the MQTT broker": lambda: stopped(broker.pid),
            "the network camera": lambda: stopped(camera.pid),
            "nine viewers": lambda: silent_viewers(web),
        }
        if disk.can_be_frozen:
            frozen["the disk"] = disk.frozen
        print("| frozen | ticks | p99 ms late | most ms late |\n| --- | --- | --- | --- |")
        worst = 0.0
        for name, freeze in frozen.items():
            with freeze():
                begin = time.monotonic()
                time.sleep(options.seconds)
                found = sorted(late for when, late in ticks if when > begin)
            time.sleep(2)
            worst = max(worst, found[-1])
            print(
                f"| {name} | {len(found)} | {found[len(found) * 99 // 100]:.1f} | {found[-1]:.1f} |",
                flush=True,
            )
            assert daemon.poll() is None, "the daemon has ended"
    print(f"\nat most {worst:.1f} ms late; the limit is {_LIMIT:g} ms")


def _read(daemon: subprocess.Popen[str], ticks: list[tuple[float, float]]) -> None:
    assert daemon.stdout is not None
    for line in daemon.stdout:
        when, late = line.split()
        ticks.append((float(when), float(late)))


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run is not None:
        run_daemon(options.run)
    else:
        table(options)


if __name__ == "__main__":
    main()
