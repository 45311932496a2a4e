"""Whether the destination of an output is reached, and what was logged about it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

_MAX_LOGGED = 20
"""Different problems that are logged until the next success."""


class ConnectionStatus:
    """The connection of one bridge. `writer_problem` may be called from any thread, the rest from the bridge's.

    Attributes:
        connected: whether there is a connection, and the last frame that was sent has arrived.
    """

    def __init__(self, name: str, changed: Callable[[], None], silence: float) -> None:
        """Begin without a connection.

        Args:
            changed: called when `connected` or the problem has changed.
            silence: seconds without an answer that are a problem.
        """
        self.connected = False
        self._name = name
        self._changed = changed
        self._silence = silence
        self._problem: str | None = None
        self._logged: set[str] = set()
        self._send_failed = False
        self._waits_since: float | None = None
        self._lock = threading.Lock()

    @property
    def problem(self) -> str | None:
        """The problem in words; None if there is none."""
        return self._problem or (
            f"no answer for {self._silence:g} s" if self.silence > self._silence else None
        )

    @property
    def silence(self) -> float:
        """Seconds since the wait for an answer began; 0 if none is awaited."""
        since = self._waits_since
        return 0.0 if since is None else time.monotonic() - since

    def sending(self) -> None:
        """Note that an answer is awaited."""
        self._waits_since = self._waits_since or time.monotonic()

    def answered(self, *, more: bool) -> None:
        """Note an answer; `more`: another one is awaited."""
        with self._lock:
            self._waits_since = time.monotonic() if more else None

    def opened(self, where: str) -> None:
        """Note a connection. After a failed frame, reconnecting is not yet a success; only a delivered frame is."""
        if not self._send_failed:
            log.info("%s: connected to %s", self._name, where)
            self._succeeded()

    def delivered(self) -> None:
        """Note that a frame has arrived."""
        if self._send_failed:
            log.info("%s: sending again", self._name)
            self._succeeded()

    def writer_problem(self, text: str) -> None:
        """Note a problem that the writer itself tries to overcome; it is ignored while no answer is awaited."""
        with self._lock:
            if self._waits_since is not None:
                self.failed(text, sending=True)

    def failed(self, text: str, *, sending: bool) -> None:
        """Note a failure to connect or, with `sending`, to send; each is logged once until the next success."""
        self._send_failed = self._send_failed or sending
        if text not in self._logged and len(self._logged) < _MAX_LOGGED:
            self._logged.add(text)
            log.warning("%s: %s; trying again", self._name, text)
        self._set(connected=False, problem=text)

    def ended(self) -> None:
        """Note that nothing is to be sent."""
        self._send_failed = False
        self._logged.clear()
        self._set(connected=False, problem=None)

    def _succeeded(self) -> None:
        self._send_failed = False
        self._logged.clear()
        self._set(connected=True, problem=None)

    def _set(self, *, connected: bool, problem: str | None) -> None:
        if (connected, problem) != (self.connected, self._problem):
            self.connected, self._problem = connected, problem
            self._changed()
