"""The planes and metadata of a completed request; pixels in planar 4:2:0 of JPEG's colour space are not copied."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from mqttcam.camera.source import SourceError
from mqttcam.imaging.limited_range import expand_chroma, expand_luma
from mqttcam.imaging.raster import Plane, Planes
from mqttcam.imaging.rgb import from_bt709, planes_of_rgb


class MappedPlanes:
    """The planes of one stream, buffer by buffer.

    The buffers are mapped a second time, so that a remaining view never keeps picamera2 from removing its own mapping.
    """

    def __init__(self, camera: Any, name: str, *, is_jpeg: bool = True, writable: bool = False) -> None:
        """Map the buffers of a configured camera.

        Args:
            camera: picamera2's.
            name: of the stream.
            is_jpeg: whether planes have the colour space of JPEG, whatever the camera reports; if not, they are
                converted.
            writable: allow drawing into the buffers, which the camera overwrites, as with picamera2's own MappedArray;
                otherwise no code can write into them. Nothing else may use their pixels meanwhile.

        Raises:
            SourceError: the stream's pixel format is not supported.
        """
        config = camera.camera_configuration()[name]
        self._name = name
        self._width, self._height = config["size"]
        self._stride = config["stride"]
        cut = _CUTS.get(config["format"])
        if cut is None:
            raise SourceError(
                f"the camera gives {config['format']}, which is not supported; USB cameras need type v4l2"
            )
        buffers = camera.allocator.buffers(camera.stream_map[name])
        self._cuts = {
            buffer: cut(_mapped(buffer, writable), self._width, self._height, self._stride)
            for buffer in buffers
        }
        space = camera.camera_configuration()["colour_space"]
        self._convert = None if is_jpeg or config["format"] in _RGB else _conversion(space)

    def planes(self, request: Any) -> Planes:
        """Return Y, U and V of a request; valid until it is released."""
        planes = self._cuts[request.request.buffers[request.stream_map[self._name]]]()
        return planes if self._convert is None else self._convert(planes)


def _mapped(buffer: Any, writable: bool) -> Plane:
    planes = buffer.planes
    length = max(plane.offset + plane.length for plane in planes)
    access = mmap.PROT_READ | mmap.PROT_WRITE if writable else mmap.PROT_READ
    return np.frombuffer(mmap.mmap(planes[0].fd, length, mmap.MAP_SHARED, access), np.uint8)


Cut = Callable[[Plane, int, int, int], Callable[[], Planes]]


def _planar(first: int) -> Cut:
    """For YUV420 (U is the first chroma plane) and YVU420: the planes are views."""

    def cut(data: Plane, width: int, height: int, stride: int) -> Callable[[], Planes]:
        luma, chroma = stride * height, stride // 2 * (height // 2)
        y = data[:luma].reshape(height, stride)[:, :width]
        halves = [
            data[luma + chroma * which : luma + chroma * (which + 1)].reshape(height // 2, stride // 2)[
                :, : width // 2
            ]
            for which in (first, 1 - first)
        ]
        planes = (y, halves[0], halves[1])
        return lambda: planes

    return cut


def _interleaved(first: int) -> Cut:
    """For NV12 (U comes first) and NV21: luma is a view, chroma is separated into two planes."""

    def cut(data: Plane, width: int, height: int, stride: int) -> Callable[[], Planes]:
        luma = stride * height
        y = data[:luma].reshape(height, stride)[:, :width]
        chroma = data[luma : luma + stride * (height // 2)].reshape(height // 2, stride)[:, :width]
        u, v = np.empty((2, height // 2, width // 2), np.uint8)

        def planes() -> Planes:
            np.copyto(u, chroma[:, first::2])
            np.copyto(v, chroma[:, 1 - first :: 2])
            return y, u, v

        return planes

    return cut


def _packed(size: int, red: int, green: int, blue: int) -> Cut:
    """For RGB: bytes per pixel, and the positions of the colours."""

    def cut(data: Plane, width: int, height: int, stride: int) -> Callable[[], Planes]:
        rows = data[: stride * height].reshape(height, stride)[:, : width * size]
        return lambda: planes_of_rgb(rows[:, red::size], rows[:, green::size], rows[:, blue::size])

    return cut


_RGB: dict[str, Cut] = {
    "RGB888": _packed(3, 2, 1, 0),
    "BGR888": _packed(3, 0, 1, 2),
    "XRGB8888": _packed(4, 2, 1, 0),
    "XBGR8888": _packed(4, 0, 1, 2),
}
"""libcamera names the colours from the last byte to the first."""
_CUTS: dict[str, Cut] = {
    "YUV420": _planar(0),
    "YVU420": _planar(1),
    "NV12": _interleaved(0),
    "NV21": _interleaved(1),
} | _RGB
FORMATS = tuple(_CUTS)
"""The formats that frames can be made of, by libcamera's names."""


def _conversion(colour_space: Any) -> Callable[[Planes], Planes] | None:
    """Return what converts planes of a colour space of libcamera's to that of JPEG; `None` if they have it."""
    is_limited = str(colour_space.range).endswith("Limited")
    is_bt709 = str(colour_space.ycbcrEncoding).endswith("Rec709")
    if not is_limited and not is_bt709:
        return None

    def convert(planes: Planes) -> Planes:
        y, u, v = planes
        if is_limited:
            y, u, v = expand_luma(y), expand_chroma(u), expand_chroma(v)
        return from_bt709(y, u, v) if is_bt709 else (y, u, v)

    return convert


class FrameMetadata(Mapping[str, object]):
    """libcamera's metadata of a frame, by name; converted to Python's types at the first access."""

    __slots__ = ("_named", "_raw")

    def __init__(self, raw: Mapping[Any, Any]) -> None:
        self._raw = raw
        self._named: dict[str, object] | None = None

    def __getitem__(self, name: str) -> object:
        return self._names()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._raw)

    def _names(self) -> dict[str, object]:
        if self._named is None:
            self._named = {control.name: python_value(value) for control, value in self._raw.items()}
        return self._named


def python_value(value: Any) -> Any:
    """Return a value with libcamera's rectangles and sizes as tuples; other values already have Python's types."""
    if hasattr(value, "to_tuple"):
        return value.to_tuple()
    if isinstance(value, list | tuple):
        return tuple(python_value(item) for item in value)
    return value
