"""What a USB camera's buffers hold; the source itself is tested on real devices (tests/virtual_pi)."""

from __future__ import annotations

import io

import numpy as np
import pytest
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from mqttcam.camera.sources.v4l2.controls import camel_case
from mqttcam.camera.sources.v4l2.formats import PixelFormat
from mqttcam.camera.sources.v4l2.pixels import RAW, converter, read_jpeg
from mqttcam.imaging.huffman import STANDARD_TABLES
from mqttcam.imaging.raster import Plane, Planes, decode, encode
from tests.imaging.odd_jpegs import behind_start, picture, saved, segment, without
from tests.support.pictures import jpeg

TABLES = segment(0xC4, b"".join(STANDARD_TABLES[table] for table in sorted(STANDARD_TABLES)))


def test_whole_jpeg_is_passed_on_as_it_is() -> None:
    good = jpeg()
    assert read_jpeg(good).jpeg is good


@pytest.mark.parametrize("front", [b"", bytes(4), b"\xa8\x0a"])
@pytest.mark.parametrize("behind", [b"", bytes(65_536), b"\xff" * 512, jpeg()])
def test_what_a_driver_leaves_around_a_jpeg_is_cut_off(front: bytes, behind: bytes) -> None:
    good = jpeg()
    assert read_jpeg(front + good + behind).jpeg == good


HEADERS = {
    "none": b"",
    "AVI1": segment(0xE0, b"AVI1\0" + bytes(9)),
    "restart interval": segment(0xDD, b"\0\0"),
    "markers in a comment": segment(0xFE, b"x\xff\xc4\xff\xday"),
    "5 kB": segment(0xE1, bytes(5000)),
    "H.264": segment(0xE4, np.random.default_rng(1).bytes(60_000)) * 2,
}


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("restarts", [False, True])
def test_tables_that_the_camera_left_out_are_put_in(header: str, restarts: bool) -> None:
    """Not every decoder has them at hand, as libjpeg-turbo does."""
    good = jpeg()
    if restarts:
        with Image.open(io.BytesIO(good)) as image:
            good = saved(image, restart_marker_blocks=4)
    bare = behind_start(without(good, 0xC4), HEADERS[header])
    whole = read_jpeg(bare).jpeg
    assert whole is not None
    assert whole.replace(TABLES, b"") == bare
    assert whole.index(TABLES) + len(TABLES) == whole.rindex(b"\xff\xda")
    assert np.array_equal(simplejpeg.decode_jpeg(whole), simplejpeg.decode_jpeg(good))


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (b"", "empty"),
        (b"\xff\xd8", "cut off"),
        (jpeg()[:-400], "the end of the JPEG is missing"),
        (jpeg()[:5000] + jpeg(), "the end of the JPEG is missing"),
        (behind_start(jpeg(), segment(0xE1, jpeg(64, 48)))[:5000], "the end of the JPEG is missing|cut off"),
    ],
)
def test_incomplete_jpeg_is_refused(broken: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_jpeg(broken)


def pixels(fourcc: str, *, stride: int, full_range: bool | None = True) -> PixelFormat:
    return PixelFormat(fourcc, 4, 2, stride, 30, full_range)


def convert(format_: PixelFormat, data: Plane) -> Planes:
    found = converter(format_)
    assert found is not None
    assert len(data) >= found.length
    return found.convert(data)


def test_yuyv() -> None:
    rows = [[10, 1, 20, 2, 30, 3, 40, 4, 99, 99], [50, 5, 60, 6, 70, 7, 80, 8, 99, 99]]
    y, u, v = convert(pixels("YUYV", stride=10), np.array(rows, np.uint8).reshape(-1))
    assert y.tolist() == [[10, 20, 30, 40], [50, 60, 70, 80]]
    assert (u.tolist(), v.tolist()) == ([[1, 3]], [[2, 4]])


@pytest.mark.parametrize(("fourcc", "chroma"), [("NV12", [1, 2, 3, 4]), ("YU12", [1, 3, 2, 4])])
def test_planar_formats(fourcc: str, chroma: list[int]) -> None:
    y, u, v = convert(pixels(fourcc, stride=4), np.array([*range(8), *chroma], np.uint8))
    assert y.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert (u.tolist(), v.tolist()) == ([[1, 3]], [[2, 4]])


def test_limited_range_is_expanded() -> None:
    data = np.array([16, 235, 126, 0, 255, 16, 16, 16, 128, 16, 240, 128], np.uint8)
    y, u, v = convert(pixels("YU12", stride=4, full_range=False), data)
    assert y[0].tolist() == [0, 255, 128, 0]
    assert y[1, 0] == 255
    assert (u.tolist(), v.tolist()) == ([[128, 0]], [[255, 128]])


def test_range_that_is_not_reported() -> None:
    """Full for RGB, limited for video, and full for luma alone from a USB camera."""
    grey = np.full(8, 16, np.uint8)
    for driver, expected in (("uvcvideo", 16), ("vivid", 0)):
        found = converter(pixels("GREY", stride=4, full_range=None), driver)
        assert found is not None
        assert (found.convert(grey)[0] == expected).all()
    assert (convert(pixels("YU12", stride=4, full_range=None), np.full(12, 16, np.uint8))[0] == 0).all()
    assert (convert(pixels("RGB3", stride=12, full_range=None), np.full(24, 16, np.uint8))[0] == 16).all()


REFERENCE = {
    "YUYV": "yuyv422", "UYVY": "uyvy422", "YVYU": "yvyu422", "NV12": "nv12", "NV21": "nv21", "NV16": "nv16",
    "YU12": "yuv420p", "422P": "yuv422p",
    "RGB3": "rgb24", "BGR3": "bgr24", "XR24": "bgr0", "AR24": "bgra", "BGR4": "bgr0", "XB24": "rgb0",
    "AB24": "rgba", "BX24": "0rgb", "BA24": "argb", "RGB4": "0rgb",
    "GREY": "gray", "Y16 ": "gray16le", "Y12 ": "gray12le", "Y10 ": "gray10le",
}  # fmt: skip
"""FFmpeg's names of the formats."""


VIDEO = ("YUYV", "UYVY", "YVYU", "VYUY", "NV12", "NV21", "NV16", "NV61", "YU12", "YV12", "422P")
"""Formats that may have a limited range or the colours of BT.709; FFmpeg knows no others of luma alone, or RGB."""


@pytest.mark.parametrize(
    ("fourcc", "is_full", "is_bt709"),
    [(one, True, False) for one in RAW]
    + [(one, *others) for one in VIDEO for others in ((False, False), (False, True), (True, True))],
)
def test_colours_against_ffmpeg(fourcc: str, is_full: bool, is_bt709: bool) -> None:
    """The same picture in every format, range and colour space, converted by FFmpeg, has the same colours."""
    av = pytest.importorskip("av")
    width, height = 64, 48
    seen = np.asarray(picture(width, height).resize((8, 6)).resize((width, height), Image.Resampling.BICUBIC))
    other = {"VYUY": "UYVY", "NV61": "NV16", "YV12": "YU12", "Y14 ": "Y16 "}.get(fourcc, fourcc)
    frame = av.VideoFrame.from_ndarray(seen, "rgb24").reformat(
        format=REFERENCE[other],
        dst_colorspace="ITU709" if is_bt709 else "ITU601",
        dst_color_range="JPEG" if is_full else "MPEG",
    )
    planes = [np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size) for plane in frame.planes]
    if fourcc == "VYUY":
        planes = [planes[0].reshape(-1, 4)[:, [2, 1, 0, 3]].reshape(planes[0].shape)]
    elif fourcc == "NV61":
        planes[1] = planes[1].reshape(-1, 2)[:, ::-1].reshape(planes[1].shape)
    elif fourcc == "YV12":
        planes = [planes[0], planes[2], planes[1]]
    elif fourcc == "Y14 ":
        planes = [(planes[0].copy().view("<u2") >> 2).view(np.uint8)]
    format_ = PixelFormat(fourcc, width, height, planes[0].shape[1], 30, is_full, is_bt709)
    got = decode(encode(convert(format_, np.concatenate([plane.reshape(-1) for plane in planes])), 98))
    expected = seen if other not in ("GREY", "Y16 ", "Y12 ", "Y10 ") else np.repeat(_luma(seen), 3, 2)
    assert np.abs(got[..., :3].astype(int) - expected).mean() < 4
    assert np.abs(got[4:-4, 4:-4, :3].astype(int) - expected[4:-4, 4:-4]).max() < 40


def _luma(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    luma: NDArray[np.float64] = (rgb @ np.array((0.299, 0.587, 0.114)))[..., None]
    return luma


@pytest.mark.parametrize("fourcc", RAW)
@pytest.mark.parametrize(("width", "height"), [(2, 2), (6, 3), (642, 361)])
def test_odd_sizes_and_buffers_of_the_least_length(fourcc: str, width: int, height: int) -> None:
    found = converter(PixelFormat(fourcc, width, height, 0, 30, None))
    assert found is not None
    y, u, v = found.convert(np.zeros(found.length, np.uint8))
    assert y.shape == (height, width)
    assert u.shape == v.shape == ((height + 1) // 2, width // 2)
    assert decode(encode((y, u, v), 85)).shape == (height, width, 4)
    with pytest.raises(ValueError, match="reshape"):
        found.convert(np.zeros(found.length - 1, np.uint8))


@pytest.mark.parametrize("fourcc", ["MJPG", "H264", "HEVC", "BA81", "NV24"])
def test_unknown_format(fourcc: str) -> None:
    assert converter(pixels(fourcc, stride=4)) is None


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
