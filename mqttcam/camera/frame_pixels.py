"""The pixels of a frame, from what its source gave to what its pictures are made of."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from mqttcam.camera.adjustment import Adjustment
from mqttcam.camera.markings import Markings
from mqttcam.camera.overlay import Overlay
from mqttcam.imaging.exif import orientation
from mqttcam.imaging.i420 import contiguous_copy, writable
from mqttcam.imaging.limits import MAX_PIXELS
from mqttcam.imaging.orientation import UPRIGHT, Orientation
from mqttcam.imaging.privacy_mask import PrivacyMask
from mqttcam.imaging.raster import Plane, Planes, Raster, decode, decode_luma, fit_within, orient, size_of
from mqttcam.imaging.resize import resize

_KEPT_PIXELS = 1 << 23
"""Of one frame's decoded pictures of several widths together; they are made again beyond that, and so is each that is
larger by itself."""
_NOTHING = nullcontext()
NO_METADATA: Mapping[str, object] = {}


class FramePixels:
    """The pixels of one frame: blacked out, scaled, turned and mirrored only when they are used.

    Nothing outside this class sees pixels that are to be blacked out.

    Attributes:
        seq: its number; set by the capture.
        ts_ns: when it was captured, Unix nanoseconds.
        width, height: of its pictures in pixels, unless a smaller one is requested: the size of the frame as it came,
            or as its `adjustment` makes it.
        metadata: the source's metadata of this frame, by libcamera's names.
    """

    __slots__ = (
        "_adjustment",
        "_jpeg",
        "_lock",
        "_lores",
        "_markings",
        "_masked",
        "_noted",
        "_overlaid",
        "_owns_planes",
        "_planes",
        "_rasters",
        "_size",
        "height",
        "metadata",
        "seq",
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
        metadata: Mapping[str, object] = NO_METADATA,
        lores: Planes | None = None,
    ) -> None:
        """Make a frame of either planes or a JPEG, of `width` x `height`.

        Args:
            lores: the planes of a small picture of the same moment for analysis, if the source gives one as well.
        """
        self.seq = 0
        self.ts_ns = ts_ns
        self.width = width
        self.height = height
        self.metadata = metadata
        self._planes = planes
        self._jpeg = jpeg
        self._lores = lores
        self._size = (width, height)
        self._adjustment: Adjustment | None = None
        self._markings: Markings | None = None
        self._masked = self._overlaid = self._owns_planes = False
        self._lock: AbstractContextManager[object] = _NOTHING
        self._noted = UPRIGHT if jpeg is None else None
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
        if self._noted is UPRIGHT and adjustment.keeps(*self._size):
            self._adjustment = None
            return
        seen = self._seen_size
        size = adjustment.size(*seen)
        if size == seen and adjustment.orientation == UPRIGHT:
            self._adjustment = None
        else:
            self.width, self.height = size

    @property
    def markings(self) -> Markings | None:
        """What is drawn into it; `None` if nothing is. Set by the capture, or by the source, after `adjustment`."""
        return self._markings

    @markings.setter
    def markings(self, markings: Markings | None) -> None:
        self._markings = markings
        if markings is not None and self._adjustment is None:
            self.width, self.height = self._seen_size  # its JPEG is not passed through, but encoded upright

    @property
    def planes(self) -> Planes | None:
        """Y, U and V as they came, blacked out as `markings` say; `None` if the source gives JPEGs."""
        if self._markings is not None and not self._masked:
            self._black_out()
        return self._planes

    @property
    def lores(self) -> Planes | None:
        """As `planes`, of a small picture of the same moment for analysis, if the source gives one as well."""
        if not self._masked:
            self._black_out()
        return self._lores

    @property
    def jpeg(self) -> bytes | None:
        """The JPEG as the source gave it; `None` if it gives planes, or if something is to be blacked out."""
        return self._jpeg if self._privacy is None else None

    @property
    def orientation(self) -> Orientation:
        """How the pixels as they came are turned and mirrored for its pictures."""
        noted, adjustment = self._noted_orientation, self._adjustment
        return noted if adjustment is None else noted.then(adjustment.orientation)

    @property
    def max_pixels(self) -> int:
        """The limit for decoding its JPEG, whose own size the source has checked already."""
        return max(MAX_PIXELS, self._size[0] * self._size[1])

    def luma(self, min_width: int) -> Plane:
        """Return its luma for analysis, in the `orientation` in which it came; valid as long as its planes.

        Args:
            min_width: in pixels; a JPEG is scaled down while decoding to no less than this.

        Raises:
            ValueError: the source's JPEG is broken.
        """
        # If the camera gives a small picture for analysis, the large one is not touched.
        planes = self.lores or self.planes
        if planes is not None:
            return planes[0]
        luma = decode_luma(self._jpeg or b"", min_width, self.max_pixels)
        if (privacy := self._privacy) is not None:
            privacy.black_out_luma(luma, self.orientation)
        return luma

    @property
    def _privacy(self) -> PrivacyMask | None:
        return None if self._markings is None else self._markings.privacy

    @property
    def _overlay(self) -> Overlay | None:
        return None if self._markings is None else self._markings.overlay

    @property
    def _noted_orientation(self) -> Orientation:
        """The orientation noted in its JPEG; looked up once."""
        if self._noted is None:
            self._noted = orientation(self._jpeg or b"")
        return self._noted

    @property
    def _seen_size(self) -> tuple[int, int]:
        """The size of the frame as it came, turned upright."""
        return self._noted_orientation.size(*self._size)

    def _is_as_it_came(self, max_width: int | None) -> bool:
        """Return whether its pictures of a width have the size and the orientation of its pixels."""
        return self._adjustment is None and (max_width is None or self.width <= max_width)

    @property
    def _encodable_planes(self) -> Planes | None:
        """Its planes, if an overlay can be drawn into them for as long as they are encoded."""
        planes = self.planes
        if planes is None or self._markings is None or self._overlay is None:
            return planes
        if self._owns_planes:
            return None
        self._planes = writable(planes)
        return self._planes

    def _black_out(self) -> None:
        """Black out its planes, in their own memory if it can be written to: the next frame overwrites them anyway."""
        if self._masked or (privacy := self._privacy) is None:
            return
        if self._lores is not None:
            if not self._lores[0].flags.writeable:
                self._lores = contiguous_copy(self._lores)
            privacy.black_out(self._lores, self.orientation)
        if self._planes is not None:
            self._planes = writable(self._planes)
            privacy.black_out(self._planes, self.orientation)
        self._masked = True

    def _raster(self, max_width: int | None) -> Raster:
        """Return the pixels of its pictures of a width; they are made once for all qualities, if they are not many."""
        width, height = (self.width, self.height) if self._adjustment else self._seen_size
        with self._lock:
            return self._kept((width, height), fit_within(width, height, max_width or width, height))

    def _kept(self, whole: tuple[int, int], size: tuple[int, int]) -> Raster:
        """Return the pixels of its pictures of a size.

        Args:
            whole: its own size.
        """
        raster = self._rasters.get(size)
        if raster is None:
            if self._overlay is None:
                raster = self._adjusted(*size)
            elif size == whole:
                raster = self._with_overlay(self._overlay, self._adjusted(*size))
            else:
                # Whatever its size, a picture is the whole one, smaller.
                raster = resize(self._kept(whole, whole), *size)
            if (pixels := size[0] * size[1]) <= _KEPT_PIXELS:
                if pixels + sum(width * height for width, height in self._rasters) > _KEPT_PIXELS:
                    self._rasters.clear()
                self._rasters[size] = raster
        return raster

    def _with_overlay(self, overlay: Overlay, raster: Raster) -> Raster:
        borrowed = (
            isinstance(raster, tuple)
            and self._planes is not None
            and np.may_share_memory(raster[0], self._planes[0])
        )
        if isinstance(raster, tuple) and borrowed and not self._owns_planes:
            raster = contiguous_copy(raster)
        elif borrowed and self._overlaid:
            return raster
        overlay.draw(raster, self)
        self._overlaid |= borrowed
        return raster

    def _adjusted(self, width: int, height: int) -> Raster:
        stored = self.orientation.size(width, height)
        raster: Raster | None = self.planes
        if raster is None:
            raster = decode(self._jpeg or b"", *stored, self.max_pixels)
            if (privacy := self._privacy) is not None:
                privacy.black_out(raster, self.orientation)
        if size_of(raster) != stored:
            raster = resize(raster, *stored)
        return orient(raster, self.orientation)
