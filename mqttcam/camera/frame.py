"""Frames as they come from a source, and pictures as they go to an output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mqttcam.camera.adjustment import Adjustment
from mqttcam.imaging.exif import orientation
from mqttcam.imaging.i420 import contiguous_copy
from mqttcam.imaging.large import memory_for
from mqttcam.imaging.limits import MAX_PIXELS
from mqttcam.imaging.orientation import UPRIGHT, Orientation
from mqttcam.imaging.raster import Planes, Raster, decode, encode, fit_within, orient, size_of
from mqttcam.imaging.rate_control import JpegRateControl
from mqttcam.imaging.resize import resize

DEFAULT_QUALITY = 85
"""JPEG quality, 1 to 100. At this quality, a JPEG from the source is passed through unchanged."""
_KEPT_PIXELS = 1 << 23
"""Of one frame's decoded pictures of several widths together; they are made again beyond that, and so is each that is
larger by itself."""
_NO_METADATA: Mapping[str, object] = {}


class SessionEnded(Exception):
    """The camera was closed or restarted meanwhile: nothing of this frame may be shown any more."""


class CaptureSession:
    """From one opening of a source to its end; shared by the frames of that time.

    Attributes:
        ended: set on the loop when the camera is switched off, restarted or stopped. From then on its frames give no
            picture, not even one that is being made at that moment.
    """

    __slots__ = ("ended",)

    def __init__(self) -> None:
        self.ended = False


_NO_SESSION = CaptureSession()


@dataclass(frozen=True, slots=True)
class PictureSpec:
    """The picture that a reader wants of a frame.

    Attributes:
        quality: JPEG quality, 1 to 100.
        max_width: in pixels; a wider frame is scaled down, its aspect ratio kept.
    """

    quality: int = DEFAULT_QUALITY
    max_width: int | None = None


@dataclass(slots=True)
class Picture:
    """One JPEG, independent of the frame it was made from; do not change it, as all readers share it.

    Attributes:
        seq: the frame's number, counted by its camera.
        ts_ns: when it was captured, Unix nanoseconds.
        width, height: in pixels, as the JPEG's header has them.
        quality: the requested JPEG quality.
    """

    jpeg: bytes
    seq: int
    ts_ns: int
    width: int
    height: int
    quality: int


class Frame:
    """One frame; valid in the capture thread until the source's next read.

    The JPEG of each specification is made for its first reader, and shared by all.

    Attributes:
        seq: its number; set by the capture.
        ts_ns: when it was captured, Unix nanoseconds.
        width, height: of its pictures in pixels, unless a smaller one is requested: the size of the frame as it came,
            or as its `adjustment` makes it.
        planes: Y, U and V as they came; `None` if the source gives JPEGs.
        jpeg: as the source gave it; `None` if it gives planes.
        metadata: the source's metadata of this frame, by libcamera's names.
        lores: the planes of a small picture of the same moment for analysis, if the source gives one as well.
        session: that of its capture; set by the capture.
    """

    __slots__ = (
        "_adjustment",
        "_copy",
        "_noted",
        "_pictures",
        "_rasters",
        "_size",
        "height",
        "jpeg",
        "lores",
        "metadata",
        "planes",
        "seq",
        "session",
        "ts_ns",
        "width",
    )  # fmt: skip

    def __init__(
        self,
        ts_ns: int,
        width: int,
        height: int,
        planes: Planes | None = None,
        jpeg: bytes | None = None,
        metadata: Mapping[str, object] = _NO_METADATA,
        lores: Planes | None = None,
    ) -> None:
        """Make a frame of either planes or a JPEG, of `width` x `height`."""
        self.seq = 0
        self.ts_ns = ts_ns
        self.width = width
        self.height = height
        self.planes = planes
        self.jpeg = jpeg
        self.metadata = metadata
        self.lores = lores
        self.session = _NO_SESSION
        self._size = (width, height)
        self._adjustment: Adjustment | None = None
        self._copy: Frame | None = None
        self._noted = UPRIGHT if jpeg is None else None
        self._pictures: dict[PictureSpec, Picture] = {}
        self._rasters: dict[tuple[int, int], Raster] = {}

    @property
    def adjustment(self) -> Adjustment | None:
        """What is still to be done to it; `None` if nothing is. Set by the capture, or by the source."""
        return self._adjustment

    @adjustment.setter
    def adjustment(self, adjustment: Adjustment | None) -> None:
        self._adjustment = adjustment
        self.width, self.height = self._size
        if adjustment is None:
            return
        seen = self._seen_size
        size = adjustment.size(*seen)
        if size == seen and adjustment.orientation == UPRIGHT:
            self._adjustment = None
        else:
            self.width, self.height = size

    def picture(self, spec: PictureSpec) -> Picture:
        """Return the frame as a JPEG.

        Raises:
            ValueError: the source's JPEG had to be decoded, and is broken.
            SessionEnded: the camera was closed meanwhile.
        """
        picture = self._pictures.get(spec)
        if picture is None:
            with memory_for(self._size[0] * self._size[1]):
                picture = self._pictures[spec] = self._make(spec)
        if self.session.ended:
            raise SessionEnded
        return picture

    def raster(self, max_width: int | None = None) -> Raster:
        """Return the frame's pixels, scaled down to `max_width`; without copying if nothing has to be done to them.

        Raises:
            ValueError: the source's JPEG is broken.
            SessionEnded: the camera was closed meanwhile.
        """
        narrow = max_width is None or self.width <= max_width
        if self.planes is not None and self._adjustment is None and narrow:
            return self.planes
        with memory_for(self._size[0] * self._size[1]):
            raster = self._raster(max_width)
        if self.session.ended:
            raise SessionEnded
        return raster

    def is_ready(self, spec: PictureSpec) -> bool:
        """Return whether `picture` has nothing to encode: it was made already, or is the source's JPEG."""
        return spec in self._pictures or self._passes_through(spec)

    def copy(self) -> Frame:
        """Return a copy that stays valid after the source's next read, for another thread; the same at each call."""
        if self._copy is None:
            planes = self.planes and contiguous_copy(self.planes)
            copy = self._copy = Frame(self.ts_ns, *self._size, planes, self.jpeg, self.metadata)
            copy.seq, copy.session = self.seq, self.session
            copy.adjustment = self._adjustment
            copy._pictures |= self._pictures
        return self._copy

    def _passes_through(self, spec: PictureSpec) -> bool:
        if self.jpeg is None or self._adjustment is not None or spec.quality != DEFAULT_QUALITY:
            return False
        return spec.max_width is None or self._seen_size[0] <= spec.max_width

    def _make(self, spec: PictureSpec) -> Picture:
        quality, max_width = spec.quality, spec.max_width
        if self.jpeg is not None and self._passes_through(spec):
            return Picture(self.jpeg, self.seq, self.ts_ns, self.width, self.height, quality)
        narrow = max_width is None or self.width <= max_width
        if self.planes is not None and self._adjustment is None and narrow:
            jpeg = encode(self.planes, quality)
            return Picture(jpeg, self.seq, self.ts_ns, self.width, self.height, quality)
        raster = self._raster(max_width)
        width, height = size_of(raster)
        return Picture(encode(raster, quality), self.seq, self.ts_ns, width, height, quality)

    @property
    def orientation(self) -> Orientation:
        """How the pixels as they came are turned and mirrored for its pictures."""
        adjustment = self._adjustment
        return (
            self._noted_orientation
            if adjustment is None
            else self._noted_orientation.then(adjustment.orientation)
        )

    @property
    def _noted_orientation(self) -> Orientation:
        """The orientation noted in its JPEG; looked up once."""
        if self._noted is None:
            self._noted = orientation(self.jpeg or b"")
        return self._noted

    @property
    def max_pixels(self) -> int:
        """The limit for decoding its JPEG, whose own size the source has checked already."""
        return max(MAX_PIXELS, self._size[0] * self._size[1])

    @property
    def _seen_size(self) -> tuple[int, int]:
        """The size of the frame as it came, turned upright."""
        return self._noted_orientation.size(*self._size)

    def _raster(self, max_width: int | None) -> Raster:
        """Return the pixels of its pictures of a width; they are made once for all qualities, if they are not many."""
        width, height = (self.width, self.height) if self._adjustment else self._seen_size
        size = fit_within(width, height, max_width or width, height)
        raster = self._rasters.get(size)
        if raster is None:
            raster = self._adjusted(*size)
            if (pixels := size[0] * size[1]) <= _KEPT_PIXELS:
                if pixels + sum(width * height for width, height in self._rasters) > _KEPT_PIXELS:
                    self._rasters.clear()
                self._rasters[size] = raster
        return raster

    def _adjusted(self, width: int, height: int) -> Raster:
        stored = self.orientation.size(width, height)
        raster: Raster
        raster = (
            self.planes if self.planes is not None else decode(self.jpeg or b"", *stored, self.max_pixels)
        )
        if size_of(raster) != stored:
            raster = resize(raster, *stored)
        return orient(raster, self.orientation)


def fit_picture(
    frame: Frame, spec: PictureSpec, max_bytes: int | None, rate_control: JpegRateControl
) -> Picture | None:
    """Return the frame as a JPEG of at most `max_bytes`; `None` if that is impossible.

    Raises:
        ValueError: the source's JPEG had to be decoded, and is broken.
        SessionEnded: the camera was closed meanwhile.
    """
    if max_bytes is None or (rate_control.step == 0 and len(frame.picture(spec).jpeg) <= max_bytes):
        return frame.picture(spec)

    def make(quality: int, max_width: int | None) -> Picture:
        widths = [width for width in (max_width, spec.max_width) if width is not None]
        return frame.picture(PictureSpec(quality, min(widths, default=None)))

    return rate_control.fit(make, spec.quality, min(frame.width, spec.max_width or frame.width), max_bytes)


def refit_picture(picture: Picture, spec: PictureSpec, max_bytes: int | None) -> Picture | None:
    """Return a finished picture in at most `spec.max_width` and `max_bytes`; `None` if that is impossible.

    A picture that complies is returned unchanged; any other is decoded and encoded again, which takes time.
    """
    narrow = spec.max_width is None or picture.width <= spec.max_width
    if narrow and (max_bytes is None or len(picture.jpeg) <= max_bytes):
        return picture
    frame = Frame(picture.ts_ns, picture.width, picture.height, jpeg=picture.jpeg)
    frame.seq = picture.seq
    return fit_picture(frame, spec, max_bytes, JpegRateControl())
