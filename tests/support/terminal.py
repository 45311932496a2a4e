"""A program in a terminal of its own, and what a user reads and types there."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.daemon import clean_environment
from tests.support.waiting import PATIENCE


class Terminal:
    """`mqttcam ARGUMENTS` in a pseudo-terminal; used as a context manager.

    Attributes:
        text: everything that the program has shown so far.
    """

    def __init__(self, folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        self._pty, side = pty.openpty()
        self.text = ""
        self._seen = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mqttcam", *arguments],
            cwd=folder,
            env=clean_environment(folder, env) | {"TERM": "dumb"},
            stdin=side,
            stdout=side,
            stderr=side,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(side)

    def expect(self, pattern: str) -> re.Match[str]:
        """Wait until the program shows what matches, after what was matched before."""
        end = time.monotonic() + PATIENCE
        while (match := re.compile(pattern).search(self.text, self._seen)) is None:
            assert self._read(end), f"in vain: {pattern!r} after {self.text[self._seen :]!r}"
        self._seen = match.end()
        return match

    def answer(self, pattern: str, line: str = "") -> None:
        """Wait for a question, and type a line."""
        self.expect(pattern)
        os.write(self._pty, f"{line}\n".encode())

    def choose(self, option: str, question: str) -> None:
        """Type the number of the option whose line contains this text."""
        number = self.expect(rf"(\d+)  [^\n]*{option}")[1]
        self.answer(question, number)

    def press(self, key: bytes) -> None:
        """Type a key, such as Ctrl-C."""
        os.write(self._pty, key)

    def end(self) -> int:
        """Wait for the end, and return the exit code."""
        end = time.monotonic() + PATIENCE
        while self._read(end):
            pass
        return self._process.wait(PATIENCE)

    def _read(self, end: float) -> bool:
        """Read more, and return whether the program still runs."""
        ready, _, _ = select.select([self._pty], [], [], max(0.0, end - time.monotonic()))
        try:
            data = os.read(self._pty, 4096) if ready else b""
        except OSError:  # the other side is closed
            data = b""
        self.text += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(PATIENCE)
        os.close(self._pty)


def _take_terminal() -> None:
    """Make it the terminal of the new session: Ctrl-C becomes a signal, and passwords are asked there."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
