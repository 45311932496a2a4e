"""A network camera as a process."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path


class CameraProcess:
    """A script that prints `serving PORT`."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline().split()
        if line[:1] != ["serving"]:
            self.kill()
            raise AssertionError(f"the camera did not start: {line}")
        self.port = int(line[1])

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def stall(self) -> None:
        """Its connections stay open, and nothing arrives."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)


def http_camera_command(
    pictures: Path, dialect: str = "plain", *credentials: str, port: int = 0
) -> list[str]:
    """How to start an HTTP camera with the JPEGs of a folder; see `http_camera.py`."""
    script = str(Path(__file__).parent / "http_camera.py")
    return [sys.executable, script, str(pictures), dialect, str(port), *credentials]
