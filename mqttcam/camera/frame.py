"""Frames as they come from a source, and pictures as they go to an output."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct

from mqttcam.camera.adjustment import Adjustment
from mqttcam.camera.frame_pixels import NO_METADATA, FramePixels
from mqttcam.imaging.i420 import contiguous_copy
from mqttcam.imaging.large import memory_for
from mqttcam.imaging.raster import Planes, Raster, encode, size_of
from mqttcam.imaging.rate_control import JpegRateControl
from mqttcam.imaging.text_overlay import erase

DEFAULT_QUALITY = 85
"""JPEG quality, 1 to 100. At this quality, a JPEG from the source is passed through unchanged."""


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


class PictureSpec(NamedTuple):
    """The picture that a reader wants of a frame.

    Attributes:
        quality: JPEG quality, 1 to 100.
        max_width: in pixels; a wider frame is scaled down, its aspect ratio kept.
    """

    quality: int = DEFAULT_QUALITY
    max_width: int | None = None


class Picture(Struct):
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


class Frame(FramePixels):
    """One frame; valid in the capture thread until the source's next read.

    The JPEG of each specification is made for its first reader, and shared by all.

    Attributes:
        session: that of its capture; set by the capture.
    """

    __slots__ = ("_copy", "_pictures", "session")

    def __init__(
        self,
        ts_ns: int,
        width: int,
        height: int,
        planes: Planes | None = None,
        jpeg: bytes | None = None,
        metadata: Mapping[str, object] = NO_METADATA,
        lores: Planes | None = None,
    ) -> None:
        super().__init__(ts_ns, width, height, planes, jpeg, metadata, lores)
        self.session = _NO_SESSION
        self._copy: Frame | None = None
        self._pictures: dict[PictureSpec, Picture] = {}

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
        if self._is_as_it_came(max_width) and self._overlay is None and (planes := self.planes) is not None:
            return planes
        with memory_for(self._size[0] * self._size[1]):
            raster = self._raster(max_width)
        if self.session.ended:
            raise SessionEnded
        return raster

    def is_ready(self, spec: PictureSpec) -> bool:
        """Return whether `picture` has nothing to encode: it was made already, or is the source's JPEG."""
        return spec in self._pictures or self._passes_through(spec)

    def copy(self) -> Frame:
        """Return a copy that stays valid after the source's next read, for other threads; the same at each call."""
        if self._copy is None:
            planes = self._planes and contiguous_copy(self._planes)
            copy = self._copy = Frame(self.ts_ns, *self._size, planes, self._jpeg, self.metadata)
            copy.seq, copy.session = self.seq, self.session
            copy.adjustment, copy.markings = self._adjustment, self._markings
            # Here, because several threads may use the copy at once.
            copy._masked = self._masked
            copy._black_out()
            copy._owns_planes, copy._lock = True, threading.Lock()
            copy._pictures |= self._pictures
        return self._copy

    def unscaled(self) -> Frame:
        """Return the frame at the size at which it came; itself if it is not scaled. For any thread if `copy` made it.

        Its pictures are turned, mirrored and marked as those of this one.
        """
        adjustment = self._adjustment
        if adjustment is None or (self.width, self.height) == adjustment.orientation.size(*self._seen_size):
            return self
        planes = self.planes and contiguous_copy(self.planes)
        whole = Frame(self.ts_ns, *self._size, planes, self._jpeg, self.metadata)
        whole.seq, whole.session = self.seq, self.session
        whole.adjustment, whole.markings = Adjustment(adjustment.orientation), self._markings
        whole._masked, whole._owns_planes, whole._lock = self._masked, True, threading.Lock()
        return whole

    def _passes_through(self, spec: PictureSpec) -> bool:
        if self._jpeg is None or self._adjustment is not None or self._markings is not None:
            return False
        if spec.quality != DEFAULT_QUALITY:
            return False
        return spec.max_width is None or self._seen_size[0] <= spec.max_width

    def _make(self, spec: PictureSpec) -> Picture:
        quality, max_width = spec.quality, spec.max_width
        if self._jpeg is not None and self._passes_through(spec):
            return Picture(self._jpeg, self.seq, self.ts_ns, self.width, self.height, quality)
        if self._is_as_it_came(max_width) and (planes := self._encodable_planes) is not None:
            jpeg = self._encode_as_it_came(planes, quality)
            return Picture(jpeg, self.seq, self.ts_ns, self.width, self.height, quality)
        raster = self._raster(max_width)
        width, height = size_of(raster)
        return Picture(encode(raster, quality), self.seq, self.ts_ns, width, height, quality)

    def _encode_as_it_came(self, planes: Planes, quality: int) -> bytes:
        if self._markings is None or (overlay := self._overlay) is None:
            return encode(planes, quality)
        drawn = overlay.draw(planes, self)
        try:
            return encode(planes, quality)
        finally:
            erase(drawn)


def fit_picture(
    frame: Frame, spec: PictureSpec, max_bytes: int | None, rate_control: JpegRateControl
) -> Picture | None:
    """Return the frame as a JPEG of at most `max_bytes`; `None` if that is impossible.

    Raises:
        ValueError: the source's JPEG had to be decoded, and is broken.
        SessionEnded: the camera was closed meanwhile.
    """
    if max_bytes is None or rate_control.step == 0:
        picture = frame.picture(spec)
        if max_bytes is None or len(picture.jpeg) <= max_bytes:
            return picture

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
