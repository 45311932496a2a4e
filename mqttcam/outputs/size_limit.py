"""The limit on the size of an output's pictures: what the destination announces, or less if it refuses that."""

from __future__ import annotations

import time

from mqttcam.backoff import Backoff
from mqttcam.outputs.timing import OutputTiming

_LOWER, _HIGHER = 0.9, 1.5
"""The next limit after a picture was refused although it is within the announced limit, as a part of that picture's
size; and the next one to try later, as a multiple of the present limit."""


class SizeLimit:
    """Bytes that a picture may have. It is lowered at once, and raised again now and then.

    Attributes:
        value: the limit; None while it is not known.
    """

    def __init__(self, timing: OutputTiming) -> None:
        self.value: int | None = None
        self._accepted: int | None = None
        self._learnt = self._refused = False
        self._pause = Backoff(timing.limit, timing.longest_limit, jitter=0)
        self._due_at = 0.0

    @property
    def due(self) -> bool:
        """Whether it is time to ask the destination again."""
        return self.value is not None and time.monotonic() > self._due_at

    def announce(self, limit: int) -> None:
        """Set what the destination announces to a new writer."""
        self.value = limit
        self._accepted = None
        self._learnt = self._refused = False
        self.postpone()

    def refuse(self, size: int, announced: int) -> bool:
        """Lower the limit after a picture of so many bytes was refused; return False if it already is lower.

        Args:
            announced: what the destination announces now.
        """
        if self.value is not None and size > self.value:
            return False
        lower = int(size * _LOWER)
        if self._accepted is not None and self._accepted < size:
            lower = self._accepted
        self._learnt, self._refused = lower < announced, True
        self.value = min(announced, lower)
        self._due_at = time.monotonic() + self._pause.next()
        return True

    def raise_again(self, announced: int) -> None:
        """Set the limit to what the destination announces now; in steps, if it refuses less than it announces."""
        if not self._refused:
            self._pause.reset()
        self._refused = False
        if self._learnt and self.value is not None:
            self._accepted = self.value
            self.value = min(announced, int(self.value * _HIGHER))
        else:
            self.value = announced
        self.postpone()

    def postpone(self) -> None:
        """Ask again later."""
        self._due_at = time.monotonic() + self._pause.delay_after(max(1, self._pause.failures))
