"""A link with faults between a daemon and its broker: the fault proxy as a separate process."""

from __future__ import annotations

import os
import subprocess
import sys
from types import TracebackType
from typing import Self

from tests.support.broker import Endpoint
from tests.support.project import PROJECT
from tests.support.waiting import PATIENCE


class ProxyProcess(Endpoint):
    """Context manager; connect to its `port` instead of the broker's."""

    def __init__(self, broker: Endpoint) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.proxy", str(broker.port)],
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        super().__init__(int(self._process.stdout.readline()))
        self.username, self.password = broker.username, broker.password
        self.certificates = broker.certificates

    def command(self, fault: str) -> None:
        """Cause one fault of those that the proxy lists: `rate 100000`, `stall up`, `resume`, `cut`, …"""
        assert self._process.stdin is not None
        self._process.stdin.write(fault + "\n")
        self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate(timeout=PATIENCE)
