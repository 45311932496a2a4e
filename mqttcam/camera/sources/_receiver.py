"""Code shared by the sources that receive pictures from elsewhere."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.imaging.limits import MAX_PIXELS
from mqttcam.imaging.received import read_picture

log = camera_logger(__name__)

LATEST = 5 * 10**9
"""Nanoseconds between capture and arrival; if there are more, the two clocks differ."""
_BETWEEN_WARNINGS = 60.0
"""Seconds between two warnings about skipped messages; the others are logged at DEBUG."""


def frame_of(data: bytes, max_pixels: int = MAX_PIXELS, ts_ns: int | None = None) -> Frame:
    """Return a received picture as a frame.

    Args:
        ts_ns: when it was captured, Unix nanoseconds; None: now.

    Raises:
        ValueError: `read_picture` refuses it.
    """
    now = time.time_ns() if ts_ns is None else ts_ns
    picture = read_picture(data, max_pixels)
    return Frame(now, picture.width, picture.height, picture.planes, picture.jpeg)


class PictureReceiver:
    """Makes frames of received messages, counts those without a picture, and detects that no picture comes.

    Attributes:
        skipped: number of messages without a usable picture.
        problem: in words, why the newest message was skipped; None if it was a picture.
    """

    def __init__(
        self, origin: str, silence: float, max_pixels: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start counting the silence.

        Args:
            origin: where the pictures come from, for log lines.
            silence: seconds without a picture, beyond which the source counts as failed.
            max_pixels: of a picture; larger ones are skipped.
            clock: seconds that only grow.
        """
        self.skipped = 0
        self.problem: str | None = None
        self._origin = origin
        self._silence = silence
        self._max_pixels = max_pixels
        self._clock = clock
        self._last = clock()
        self._next_warning = self._last

    def frame(self, data: bytes, ts_ns: int | None = None, place: str = "a message") -> Frame | None:
        """Return a message's picture as a frame; None if it has none, which is counted and logged.

        Args:
            ts_ns: the capture time that the sender reports, Unix nanoseconds. If it lies in the future or more than
                `LATEST` back, the current time is used.
            place: which message it is, for the log.
        """
        now = time.time_ns()
        captured = ts_ns if ts_ns is not None and 0 <= now - ts_ns < LATEST else now
        try:
            frame = frame_of(data, self._max_pixels, captured)
        except ValueError as error:
            self.skip(f"not a usable picture: {error}", f"{place} ({len(data)} bytes)")
            return None
        self._last = self._clock()
        self.problem = None
        return frame

    def skip(self, why: str, place: str = "", *, warn: bool = True) -> None:
        """Count a message that is not used, and log why: at WARNING at most once per minute, or only at DEBUG.

        Args:
            place: which message it is, for the log alone: `problem` is published, and only changes with its kind.
        """
        self.skipped += 1
        self.problem = why
        now = self._clock()
        level = logging.DEBUG
        if warn and now >= self._next_warning:
            level, self._next_warning = logging.WARNING, now + _BETWEEN_WARNINGS
        what = f"{place}: {why}" if place else why
        log.log(level, "%s: %s; skipped, %d so far", self._origin, what, self.skipped)

    def check(self) -> None:
        """Check that pictures came lately.

        Raises:
            SourceError: none came.
        """
        if self._clock() - self._last > self._silence:
            why = f": {self.problem}" if self.problem else ""
            raise SourceError(f"no picture from {self._origin} for {self._silence:g} s{why}")
