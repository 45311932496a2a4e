"""A web server in a process of its own, which can be frozen as a machine that hangs is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from mqttcam.web.timing import Timing
from tests.support.project import PROJECT
from tests.support.waiting import PATIENCE
from tests.web.serving import serving_in_thread


class ServerProcess:
    """A running server.

    Attributes:
        url: its root URL.
    """

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.url = url
        self._process = process

    def freeze(self) -> None:
        """Stop the process; its connections stay open."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let the process continue."""
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def server_process(cameras: Mapping[str, Mapping[str, object]], heartbeat: float) -> Iterator[ServerProcess]:
    """Run a server with these cameras for the block; `heartbeat` in seconds."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.web.server_process", json.dumps([cameras, heartbeat])],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        server = ServerProcess(process, process.stdout.readline().strip())
        try:
            yield server
        finally:
            server.thaw()
            process.communicate("", timeout=PATIENCE)


def main() -> None:
    """Serve until the standard input ends."""
    cameras, heartbeat = json.loads(sys.argv[1])
    with serving_in_thread(cameras, timing=Timing(heartbeat=heartbeat)) as (served, _loop):
        print(served.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
