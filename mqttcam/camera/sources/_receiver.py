"""What sources of pictures that come from elsewhere have in common."""

from __future__ import annotations

import logging
import time

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.imaging.raster import jpeg_size

log = logging.getLogger(__name__)

LATEST = 5 * 10**9
"""Nanoseconds between capture and arrival; more than that says that the two clocks differ."""


class PictureReceiver:
    """Makes frames of the JPEGs that come, and notices when none do.

    Attributes:
        broken: what came and was no picture.
    """

    def __init__(self, origin: str, silence: float) -> None:
        """Counting begins now.

        Args:
            origin: for messages: where the pictures come from.
            silence: seconds without a picture that are too many.
        """
        self.broken = 0
        self._origin = origin
        self._silence = silence
        self._last = time.monotonic()

    def frame(self, jpeg: bytes, ts_ns: int | None = None) -> Frame | None:
        """The picture as a frame; None where it is none, which is said once.

        Args:
            ts_ns: when the sender says that it was captured, Unix nanoseconds. Not believed where it lies in our
                future or more than `LATEST` back: then it is as good as captured now.
        """
        now = time.time_ns()
        try:
            width, height = jpeg_size(jpeg)
        except ValueError as error:
            self.broken += 1
            level = logging.WARNING if self.broken == 1 else logging.DEBUG
            log.log(level, "%s: %d bytes that are no picture (%s)", self._origin, len(jpeg), error)
            return None
        self._last = time.monotonic()
        captured = ts_ns if ts_ns is not None and 0 <= now - ts_ns < LATEST else now
        return Frame(captured, width, height, jpeg=jpeg)

    def check(self) -> None:
        """See whether there were pictures lately.

        Raises:
            SourceError: there were none.
        """
        if time.monotonic() - self._last > self._silence:
            raise SourceError(f"no picture from {self._origin} for {self._silence:g} s")
