"""The widths and qualities in which a camera's pictures are encoded for viewers: a few at a time."""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from mqttcam.camera.frame import PictureSpec
from mqttcam.devices.camera import CameraDevice

_MAX_ENCODINGS = 4
"""Per camera. Each costs about as much time as the camera's own pictures."""
_QUALITY_STEP = 20.0
"""A difference in quality that is as bad as twice the width."""


class Encoding(Struct, frozen=True):
    """How pictures are encoded.

    Attributes:
        width: maximum width in pixels; None for the camera's.
        quality: JPEG quality, 1 to 100; None for the camera's.
    """

    width: int | None = None
    quality: int | None = None

    def spec(self, device: CameraDevice) -> PictureSpec:
        """Return the specification of a camera's pictures in this encoding."""
        return PictureSpec(self.quality or device.image_quality, self.width)


_OWN = Encoding()


class EncodingLimit:
    """The encodings in use: for each camera its own, which is always possible, and up to `most` others."""

    def __init__(self, most: int = _MAX_ENCODINGS) -> None:
        self._most = most
        self._used: Counter[tuple[CameraDevice, Encoding]] = Counter()

    @contextlib.contextmanager
    def use(self, device: CameraDevice, wanted: Encoding) -> Iterator[Encoding]:
        """Yield the wanted encoding, or the nearest one in use if there are too many already."""
        used = {encoding for user, encoding in self._used if user is device} | {_OWN}
        if wanted not in used and len(used) > self._most:
            wanted = min(used, key=lambda encoding: _distance(device, encoding, wanted))
        self._used[device, wanted] += 1
        try:
            yield wanted
        finally:
            self._used[device, wanted] -= 1
            self._used += Counter()  # drops what is not used any more


def _distance(device: CameraDevice, one: Encoding, other: Encoding) -> float:
    widest = device.camera.stats.width or 1
    widths = [min(encoding.width or widest, widest) for encoding in (one, other)]
    qualities = [encoding.spec(device).quality for encoding in (one, other)]
    return abs(math.log2(widths[0] / widths[1])) + abs(qualities[0] - qualities[1]) / _QUALITY_STEP
