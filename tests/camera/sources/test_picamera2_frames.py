"""Planes of each pixel format and colour space that a Pi camera can give; a virtual one only gives NV12."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2.frames import FORMATS, MappedPlanes
from mqttcam.settings.sources.picamera2 import PixelFormat

_WIDTH, _HEIGHT = 8, 4
_RED = (76, 85, 255)
"""Y, U and V of pure red in JPEG's colour space."""
_JPEG, _BT601, _BT709 = ("Full", "Rec601"), ("Limited", "Rec601"), ("Limited", "Rec709")


@dataclass(frozen=True)
class Configured:
    """A substitute for a configured picamera2 with one buffer, in which a picture is."""

    format: str
    data: bytes
    stride: int
    space: tuple[str, str]
    descriptor: int

    def camera_configuration(self) -> dict[str, Any]:
        main = {"format": self.format, "size": (_WIDTH, _HEIGHT), "stride": self.stride}
        space = SimpleNamespace(
            range=f"Range.{self.space[0]}", ycbcrEncoding=f"YcbcrEncoding.{self.space[1]}"
        )
        return {"main": main, "colour_space": space}

    @property
    def stream_map(self) -> dict[str, str]:
        return {"main": "the stream"}

    @property
    def allocator(self) -> Any:
        plane = SimpleNamespace(fd=self.descriptor, offset=0, length=len(self.data))
        buffer = _Buffer((plane,))
        return SimpleNamespace(buffers=lambda _stream: [buffer])


@dataclass(frozen=True)
class _Buffer:
    planes: tuple[Any, ...]

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return True


@pytest.fixture
def memory() -> Iterator[int]:
    descriptor = os.memfd_create("frames")
    yield descriptor
    os.close(descriptor)


def planes_of(
    memory: int,
    format_: str,
    rows: NDArray[np.uint8],
    space: tuple[str, str] = _JPEG,
    *,
    is_jpeg: bool = True,
) -> list[set[int]]:
    """The different values in each plane of a picture, whose rows may be longer than the picture."""
    data = rows.tobytes()
    os.pwrite(memory, data, 0)
    camera = Configured(format_, data, rows.shape[1], space, memory)
    planes = MappedPlanes(camera, "main", is_jpeg=is_jpeg)
    buffers = {"the stream": _Buffer(())}
    request = SimpleNamespace(stream_map=camera.stream_map, request=SimpleNamespace(buffers=buffers))
    return [set(plane.ravel().tolist()) for plane in planes.planes(request)]


def test_every_format_of_the_settings_can_be_read() -> None:
    assert get_args(get_args(PixelFormat)[0]) == FORMATS


@pytest.mark.parametrize(
    ("format_", "pixel"),
    [
        ("RGB888", (0, 0, 255)),
        ("BGR888", (255, 0, 0)),
        ("XRGB8888", (0, 0, 255, 9)),
        ("XBGR8888", (255, 0, 0, 9)),
    ],
)
def test_rgb_is_converted(memory: int, format_: str, pixel: tuple[int, ...]) -> None:
    rows = np.full((_HEIGHT, _WIDTH * len(pixel) + 16), 99, np.uint8)  # rows are padded to a multiple of 32
    rows[:, : _WIDTH * len(pixel)] = np.tile(np.array(pixel, np.uint8), _WIDTH)
    found = planes_of(memory, format_, rows, _BT709, is_jpeg=False)
    assert [len(values) for values in found] == [1, 1, 1]
    assert [values.pop() for values in found] == pytest.approx(_RED, abs=1)


@pytest.mark.parametrize(
    ("space", "red"),
    [(_JPEG, _RED), (_BT601, (81, 90, 240)), (_BT709, (63, 102, 240))],
)
@pytest.mark.parametrize("format_", ["YUV420", "YVU420", "NV12", "NV21"])
def test_other_colour_spaces_are_converted(
    memory: int, format_: str, space: tuple[str, str], red: tuple[int, int, int]
) -> None:
    y, u, v = red
    if format_ in ("YVU420", "NV21"):
        u, v = v, u
    rows = np.full((_HEIGHT * 3 // 2, _WIDTH), y, np.uint8)
    if format_.startswith("NV"):
        rows[_HEIGHT:] = np.tile(np.array((u, v), np.uint8), _WIDTH // 2)
    else:
        rows[_HEIGHT : _HEIGHT + _HEIGHT // 4], rows[_HEIGHT + _HEIGHT // 4 :] = u, v
    found = planes_of(memory, format_, rows, space, is_jpeg=False)
    assert [len(values) for values in found] == [1, 1, 1]
    assert [values.pop() for values in found] == pytest.approx(_RED, abs=2)


def test_planes_for_jpeg_are_taken_as_they_are(memory: int) -> None:
    rows = np.full((_HEIGHT * 3 // 2, _WIDTH), 235, np.uint8)
    assert planes_of(memory, "YUV420", rows, _BT709) == [{235}, {235}, {235}]


def test_any_other_format_is_an_error(memory: int) -> None:
    with pytest.raises(SourceError, match="MJPEG, which is not supported"):
        planes_of(memory, "MJPEG", np.zeros((_HEIGHT, _WIDTH), np.uint8))
