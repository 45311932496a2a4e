"""Whether the destination of an output is reached, and what was logged about it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from mqttcam.outputs.timing import OutputTiming
from mqttcam.outputs.writer import UNREACHABLE

log = logging.getLogger(__name__)

_MAX_LOGGED = 20
"""Different problems that are logged until the next success."""


class ConnectionStatus:
    """The connection of one bridge. `writer_problem` may be called from any thread, the rest from the bridge's.

    A client that reconnects meets several failures in turn. The problem that is shown stays the same while it recurs.
    """

    def __init__(self, name: str, changed: Callable[[], None], timing: OutputTiming) -> None:
        """Begin without a connection.

        Args:
            changed: called when `connected` or the problem has changed; not when an answer is merely missing.
        """
        self._name = name
        self._destination = ""
        self._changed = changed
        self._timing = timing
        self._connected = False
        self._problem: str | None = None
        self._recurred = 0.0
        self._logged: set[str] = set()
        self._send_failed = False
        self._waits_since: float | None = None
        self._lock = threading.Lock()

    @property
    def connected(self) -> bool:
        """Whether there is a connection, and the last frame that was sent has arrived or may still arrive in time."""
        return self._connected and not self._unanswered

    @property
    def problem(self) -> str | None:
        """The problem in words; None if there is none."""
        if self._problem is None and self._unanswered:
            return f"no answer from {self._destination}"
        return self._problem

    @property
    def silence(self) -> float:
        """Seconds since the wait for an answer began; 0 if none is awaited."""
        since = self._waits_since
        return 0.0 if since is None else time.monotonic() - since

    @property
    def _unanswered(self) -> bool:
        return self.silence > self._timing.silence

    def sending(self) -> None:
        """Note that an answer is awaited."""
        self._waits_since = self._waits_since or time.monotonic()

    def answered(self, *, more: bool) -> None:
        """Note an answer; `more`: another one is awaited."""
        with self._lock:
            if self._unanswered and self._problem is None:
                log.warning("%s: no answer from %s for %.0f s", self._name, self._destination, self.silence)
            self._waits_since = time.monotonic() if more else None

    def opened(self, where: str) -> None:
        """Note a connection. After a failed frame, reconnecting is not yet a success; only a delivered frame is."""
        self._destination = where
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
        now, shown = time.monotonic(), self.problem
        outdated = self._problem is not None and now - self._recurred > self._timing.stable
        # What the destination answers says more than that it was not reached before.
        outdated = outdated or ((shown or "").startswith(UNREACHABLE) and not text.startswith(UNREACHABLE))
        if shown is None or outdated:
            shown = text
        if shown == text or shown != self._problem:
            self._recurred = now
        self._set(connected=False, problem=shown)

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
        if (connected, problem) != (self._connected, self._problem):
            self._connected, self._problem = connected, problem
            self._changed()
