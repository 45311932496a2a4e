"""What a USB camera's buffers hold; the source itself is tested on real devices (tests/virtual_pi)."""

from __future__ import annotations

import numpy as np
import pytest
import simplejpeg

from mqttcam.camera.sources.v4l2.controls import camel_case
from mqttcam.camera.sources.v4l2.device import PixelFormat
from mqttcam.camera.sources.v4l2.pixels import planes_of, whole_jpeg
from tests.support.pictures import jpeg


def without_tables(picture: bytes) -> bytes:
    """A JPEG without its Huffman tables, as many webcams send it."""
    while 0 <= (at := picture.find(b"\xff\xc4")) < picture.find(b"\xff\xda"):
        length = int.from_bytes(picture[at + 2 : at + 4], "big")
        picture = picture[:at] + picture[at + 2 + length :]
    return picture


def test_whole_jpeg_is_passed_on_as_it_is() -> None:
    picture = jpeg()
    assert whole_jpeg(picture) is picture


def test_padding_after_the_end_is_cut_off() -> None:
    picture = jpeg()
    assert whole_jpeg(picture + bytes(100)) == picture


def test_tables_that_the_camera_left_out_are_put_in() -> None:
    picture = jpeg()
    bare = without_tables(picture)
    assert b"\xff\xc4" not in bare[:2000]
    whole = whole_jpeg(bare)
    assert whole is not None
    assert whole.count(b"\xff\xc4") == 1, "not every decoder has them at hand, as libjpeg-turbo does"
    assert np.array_equal(simplejpeg.decode_jpeg(whole), simplejpeg.decode_jpeg(picture))


@pytest.mark.parametrize("broken", [b"", b"\xff\xd8", jpeg()[:-40], b"\0" + jpeg()])
def test_cut_off_jpeg_is_none(broken: bytes) -> None:
    assert whole_jpeg(broken) is None


def pixels(fourcc: str, *, stride: int, full_range: bool = True) -> PixelFormat:
    return PixelFormat(fourcc, 4, 2, stride, 30, full_range)


def test_yuyv() -> None:
    rows = [[10, 1, 20, 2, 30, 3, 40, 4, 99, 99], [50, 5, 60, 6, 70, 7, 80, 8, 99, 99]]
    cut = planes_of(pixels("YUYV", stride=10))
    assert cut is not None
    y, u, v = cut(np.array(rows, np.uint8).reshape(-1))
    assert y.tolist() == [[10, 20, 30, 40], [50, 60, 70, 80]]
    assert (u.tolist(), v.tolist()) == ([[1, 3]], [[2, 4]])


@pytest.mark.parametrize(("fourcc", "chroma"), [("NV12", [1, 2, 3, 4]), ("YU12", [1, 3, 2, 4])])
def test_planar_formats(fourcc: str, chroma: list[int]) -> None:
    cut = planes_of(pixels(fourcc, stride=4))
    assert cut is not None
    y, u, v = cut(np.array([*range(8), *chroma], np.uint8))
    assert y.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert (u.tolist(), v.tolist()) == ([[1, 3]], [[2, 4]])


def test_limited_range_is_expanded() -> None:
    data = np.array([16, 235, 126, 0, 255, 16, 16, 16, 128, 16, 240, 128], np.uint8)
    cut = planes_of(pixels("YU12", stride=4, full_range=False))
    assert cut is not None
    y, u, v = cut(data)
    assert y[0].tolist() == [0, 255, 128, 0]
    assert y[1, 0] == 255
    assert (u.tolist(), v.tolist()) == ([[128, 0]], [[255, 128]])


def test_unknown_format() -> None:
    assert planes_of(pixels("GREY", stride=4)) is None


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("Brightness", "Brightness"),
        ("White Balance, Automatic", "WhiteBalanceAutomatic"),
        ("Exposure Time, Absolute", "ExposureTimeAbsolute"),
        ("LED1 Mode", "LED1Mode"),
        ("亮度", "Control980900"),
        ("3D Filter", "Control980900"),
    ],
)
def test_names_in_the_style_of_libcamera(name: str, ours: str) -> None:
    assert camel_case(name, 0x980900) == ours
