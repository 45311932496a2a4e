"""A frame as it comes from a source, and a picture as it goes to an output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mqttcam.imaging.fit import Fitter
from mqttcam.imaging.raster import Planes, Raster, decode, encode, fit_within, flip, resize, size_of

DEFAULT_QUALITY = 85
"""JPEG quality, 1 to 100. A JPEG that comes from the source is passed through untouched while this is asked for."""
_NO_METADATA: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class PictureSpec:
    """What a reader wants a frame as.

    Attributes:
        quality: JPEG quality, 1 to 100.
        max_width: in pixels; a wider frame is made smaller, its shape kept.
    """

    quality: int = DEFAULT_QUALITY
    max_width: int | None = None


@dataclass(slots=True)
class Picture:
    """One JPEG, free of the frame it was made from; not to be changed, as all readers share it.

    Attributes:
        seq: the frame's number, counted by its camera.
        ts_ns: when it was captured, Unix nanoseconds.
    """

    jpeg: bytes
    seq: int
    ts_ns: int
    width: int
    height: int
    quality: int


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What is done to the frames of a source that cannot do it itself.

    Attributes:
        width, height: frames are made to fit this size, their shape kept; `None` leaves them.
    """

    hflip: bool = False
    vflip: bool = False
    width: int | None = None
    height: int | None = None


class Frame:
    """One frame, in the capture thread, until the source's next read.

    The JPEG of each specification is made at its first reader and shared by all.

    Attributes:
        seq: its number; set by the camera.
        ts_ns: when it was captured, Unix nanoseconds.
        planes: Y, U and V, or `None` where the source gives JPEGs.
        jpeg: as the source gave it, or `None`.
        metadata: what the source knows of this frame, by libcamera's names.
        adjustment: set by the camera where the source leaves it to us.
    """

    __slots__ = ("_pictures", "adjustment", "height", "jpeg", "metadata", "planes", "seq", "ts_ns", "width")

    def __init__(
        self,
        ts_ns: int,
        width: int,
        height: int,
        planes: Planes | None = None,
        jpeg: bytes | None = None,
        metadata: Mapping[str, object] = _NO_METADATA,
    ) -> None:
        self.seq = 0
        self.ts_ns = ts_ns
        self.width = width
        self.height = height
        self.planes = planes
        self.jpeg = jpeg
        self.metadata = metadata
        self.adjustment: Adjustment | None = None
        self._pictures: dict[PictureSpec, Picture] = {}

    def picture(self, spec: PictureSpec) -> Picture:
        """The frame as a JPEG.

        Raises:
            ValueError: the source's JPEG had to be decoded, and is broken.
        """
        picture = self._pictures.get(spec)
        if picture is None:
            picture = self._pictures[spec] = self._make(spec)
        return picture

    def _make(self, spec: PictureSpec) -> Picture:
        narrow = spec.max_width is None or self.width <= spec.max_width
        if narrow and self.adjustment is None:
            if self.planes is not None:
                jpeg = encode(self.planes, spec.quality)
                return Picture(jpeg, self.seq, self.ts_ns, self.width, self.height, spec.quality)
            if self.jpeg is not None and spec.quality == DEFAULT_QUALITY:
                return Picture(self.jpeg, self.seq, self.ts_ns, self.width, self.height, spec.quality)
        raster = self._adjusted(spec.max_width)
        width, height = size_of(raster)
        return Picture(encode(raster, spec.quality), self.seq, self.ts_ns, width, height, spec.quality)

    def _adjusted(self, max_width: int | None) -> Raster:
        adjustment = self.adjustment or Adjustment()
        wanted = (max_width or self.width, self.height)
        if adjustment.width is not None and adjustment.height is not None:
            wanted = (min(wanted[0], adjustment.width), min(wanted[1], adjustment.height))
        width, height = fit_within(self.width, self.height, *wanted)
        raster: Raster = self.planes if self.planes is not None else decode(self.jpeg or b"", min_width=width)
        if size_of(raster) != (width, height) and (width, height) != (self.width, self.height):
            raster = resize(raster, width, height)
        if adjustment.hflip or adjustment.vflip:
            raster = flip(raster, horizontal=adjustment.hflip, vertical=adjustment.vflip)
        return raster


def fitted(frame: Frame, spec: PictureSpec, max_bytes: int | None, fitter: Fitter) -> Picture | None:
    """The frame as a JPEG of at most `max_bytes`; `None` where that cannot be.

    Raises:
        ValueError: the source's JPEG had to be decoded, and is broken.
    """
    if max_bytes is None or (fitter.step == 0 and len(frame.picture(spec).jpeg) <= max_bytes):
        return frame.picture(spec)

    def make(quality: int, max_width: int | None) -> Picture:
        widths = [width for width in (max_width, spec.max_width) if width is not None]
        return frame.picture(PictureSpec(quality, min(widths, default=None)))

    return fitter.fit(make, spec.quality, min(frame.width, spec.max_width or frame.width), max_bytes)
