"""Whether the other end is reached, as far as is known, and what was said about it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

SILENCE = 15.0
"""Seconds without an answer that are shown as a problem, while the writer may still wait for one."""
_SAYINGS = 20
"""Different problems that are said, until all is well again."""


class ConnectionStatus:
    """What a bridge knows of the other end. `hear` may be called from any thread, the rest is the bridge's own.

    Attributes:
        connected: it is reached, and what was sent last got there.
    """

    def __init__(self, name: str, changed: Callable[[], None]) -> None:
        """`changed` is called when `connected` or the problem has changed."""
        self.connected = False
        self._name = name
        self._changed = changed
        self._problem: str | None = None
        self._said: set[str] = set()
        self._in_doubt = False
        self._waits_since: float | None = None
        self._lock = threading.Lock()

    @property
    def problem(self) -> str | None:
        """What is wrong, in words."""
        return self._problem or (f"no answer for {SILENCE:g} s" if self.silence > SILENCE else None)

    @property
    def silence(self) -> float:
        """Seconds since an answer is waited for; 0 while none is."""
        since = self._waits_since
        return 0.0 if since is None else time.monotonic() - since

    def sends(self) -> None:
        """An answer is waited for."""
        self._waits_since = self._waits_since or time.monotonic()

    def answered(self, *, more: bool) -> None:
        """There was one; `more` are waited for."""
        with self._lock:
            self._waits_since = time.monotonic() if more else None

    def reached(self, where: str) -> None:
        """A connection. After a message that failed, only one that gets through tells that all is well."""
        if not self._in_doubt:
            log.info("%s: connected to %s", self._name, where)
            self._all_is_well()

    def got_through(self) -> None:
        """A message is where it should be."""
        if self._in_doubt:
            log.info("%s: sends again", self._name)
            self._all_is_well()

    def hear(self, words: str) -> None:
        """What the writer struggles with by itself. While nothing is under way that is no news."""
        with self._lock:
            if self._waits_since is not None:
                self.lost(words, sending=True)

    def lost(self, words: str, *, sending: bool) -> None:
        """A failure to connect, or to send a message. Each is said once, until all is well again."""
        self._in_doubt = self._in_doubt or sending
        if words not in self._said and len(self._said) < _SAYINGS:
            self._said.add(words)
            log.warning("%s: %s; trying again", self._name, words)
        self._show(connected=False, problem=words)

    def ended(self) -> None:
        """Nothing is to be sent."""
        self._in_doubt = False
        self._said.clear()
        self._show(connected=False, problem=None)

    def _all_is_well(self) -> None:
        self._in_doubt = False
        self._said.clear()
        self._show(connected=True, problem=None)

    def _show(self, *, connected: bool, problem: str | None) -> None:
        if (connected, problem) != (self.connected, self._problem):
            self.connected, self._problem = connected, problem
            self._changed()
