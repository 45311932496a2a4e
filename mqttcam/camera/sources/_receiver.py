"""Code shared by the sources that receive pictures from elsewhere."""

from __future__ import annotations

import logging
import time

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.imaging.raster import jpeg_size

log = logging.getLogger(__name__)

LATEST = 5 * 10**9
"""Nanoseconds between capture and arrival; if there are more, the two clocks differ."""


class PictureReceiver:
    """Makes frames of received JPEGs, and detects that none come.

    Attributes:
        broken: number of messages that were not JPEGs.
    """

    def __init__(self, origin: str, silence: float, max_pixels: int) -> None:
        """Start counting the silence.

        Args:
            origin: where the pictures come from, for log lines.
            silence: seconds without a picture, beyond which the source counts as failed.
            max_pixels: of a picture; larger ones are left out as broken.
        """
        self.broken = 0
        self._origin = origin
        self._silence = silence
        self._max_pixels = max_pixels
        self._last = time.monotonic()

    def frame(self, jpeg: bytes, ts_ns: int | None = None) -> Frame | None:
        """Return the picture as a frame; `None` if it is broken, which is logged once.

        Args:
            ts_ns: the capture time that the sender reports, Unix nanoseconds. If it lies in the future or more than
                `LATEST` back, the current time is used.
        """
        now = time.time_ns()
        try:
            width, height = jpeg_size(jpeg, self._max_pixels)
        except ValueError as error:
            self.broken += 1
            level = logging.WARNING if self.broken == 1 else logging.DEBUG
            log.log(
                level, "%s: a message of %d bytes is not a JPEG (%s); ignored", self._origin, len(jpeg), error
            )
            return None
        self._last = time.monotonic()
        captured = ts_ns if ts_ns is not None and 0 <= now - ts_ns < LATEST else now
        return Frame(captured, width, height, jpeg=jpeg)

    def check(self) -> None:
        """Check that pictures came lately.

        Raises:
            SourceError: none came.
        """
        if time.monotonic() - self._last > self._silence:
            raise SourceError(f"no picture from {self._origin} for {self._silence:g} s")
