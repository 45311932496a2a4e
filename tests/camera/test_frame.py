"""From a frame to pictures: passed through where possible, otherwise encoded once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import simplejpeg

from mqttcam.camera import frame as frames
from mqttcam.camera import frame_pixels as pixels
from mqttcam.camera.adjustment import Adjustment
from mqttcam.camera.frame import (
    DEFAULT_QUALITY,
    CaptureSession,
    Frame,
    PictureSpec,
    SessionEnded,
    fit_picture,
)
from mqttcam.camera.frame_pixels import _KEPT_PIXELS
from mqttcam.imaging import raster
from mqttcam.imaging.orientation import Orientation, rotation
from mqttcam.imaging.rate_control import JpegRateControl
from tests.camera.broken import grey_planes
from tests.imaging.photos import noted, quarters
from tests.support.pictures import jpeg, size_of


def jpeg_frame(data: bytes) -> Frame:
    height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    return Frame(1, width, height, jpeg=data)


def test_jpeg_is_passed_through_byte_for_byte() -> None:
    data = jpeg(64, 48)
    frame = jpeg_frame(data)
    frame.seq = 7
    picture = frame.picture(PictureSpec())
    assert picture.jpeg is data
    assert (picture.seq, picture.ts_ns, picture.width, picture.height) == (7, 1, 64, 48)
    assert picture.quality == DEFAULT_QUALITY
    assert frame.picture(PictureSpec(max_width=64)).jpeg is data, "it is no wider"


@pytest.mark.parametrize(
    "adjustment", [Adjustment(), Adjustment(width=64, height=48), Adjustment(width=640, height=480)]
)
def test_jpeg_of_the_configured_size_is_passed_through(adjustment: Adjustment) -> None:
    data = jpeg(64, 48)
    frame = jpeg_frame(data)
    frame.adjustment = adjustment
    assert frame.picture(PictureSpec()).jpeg is data


def test_jpeg_is_encoded_again_for_another_quality_or_width() -> None:
    data = jpeg(64, 48)
    low = jpeg_frame(data).picture(PictureSpec(quality=20))
    assert len(low.jpeg) < len(data)
    assert size_of(low.jpeg) == (64, 48)
    small = jpeg_frame(data).picture(PictureSpec(max_width=30))
    assert size_of(small.jpeg) == (small.width, small.height) == (30, 22)


def test_each_picture_is_made_once_and_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real: dict[str, Callable[..., Any]] = {"decode": raster.decode, "encode": raster.encode}

    def counted(name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            calls.append(name)
            return real[name](*arguments)

        return call

    for module, name in ((frames, "encode"), (pixels, "decode")):
        monkeypatch.setattr(module, name, counted(name))
    frame = jpeg_frame(jpeg(64, 48))
    pictures = [frame.picture(PictureSpec(quality)) for quality in (50, 50, 30, 85)]
    assert pictures[0] is pictures[1]
    assert calls == ["decode", "encode", "encode"]


@pytest.mark.parametrize("kind", ["planes", "jpeg"])
@pytest.mark.parametrize(
    ("hflip", "vflip", "expected"),
    [(False, False, "0123"), (True, False, "1032"), (False, True, "2301"), (True, True, "3210")],
)
def test_flips(kind: str, hflip: bool, vflip: bool, expected: str) -> None:
    data, planes = quarters(64, 48)
    frame = jpeg_frame(data) if kind == "jpeg" else Frame(1, 64, 48, planes=planes)
    frame.adjustment = Adjustment(Orientation(False, hflip, vflip))
    assert seen(frame.picture(PictureSpec()).jpeg) == expected


@pytest.mark.parametrize("kind", ["planes", "jpeg"])
@pytest.mark.parametrize(("degrees", "expected"), [(90, "2031"), (180, "3210"), (270, "1302")])
def test_rotation_comes_after_the_size(kind: str, degrees: int, expected: str) -> None:
    data, planes = quarters(64, 48)
    frame = jpeg_frame(data) if kind == "jpeg" else Frame(1, 64, 48, planes=planes)
    frame.adjustment = Adjustment(rotation(degrees), width=32, height=24)
    size = (32, 24) if degrees == 180 else (24, 32)
    for spec in (PictureSpec(), PictureSpec(50)):
        picture = frame.copy().picture(spec)
        assert (picture.width, picture.height) == (frame.width, frame.height) == size
        assert size_of(picture.jpeg) == size
        assert seen(picture.jpeg) == expected
    assert size_of(frame.picture(PictureSpec(max_width=16)).jpeg)[0] == 16


def seen(data: bytes) -> str:
    """Return which quarter is where, row by row; each quarter has its own grey."""
    grey = simplejpeg.decode_jpeg(data, "GRAY")[:, :, 0]
    height, width = grey.shape
    spots = [grey[height * r // 4, width * c // 4] for r in (1, 3) for c in (1, 3)]
    return "".join(str(round((int(spot) - 40) / 50)) for spot in spots)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_kept_or_applied(orientation: int) -> None:
    data = noted(quarters(64, 48)[0], orientation)
    frame = jpeg_frame(data)
    assert frame.picture(PictureSpec()).jpeg is data, "viewers turn it themselves"
    made = frame.picture(PictureSpec(quality=90))
    sideways = orientation >= 5
    assert (made.width, made.height) == ((48, 64) if sideways else (64, 48))
    expected = ["0123", "1032", "3210", "2301", "0213", "2031", "3120", "1302"][orientation - 1]
    assert seen(made.jpeg) == expected
    frame = jpeg_frame(data)
    frame.adjustment = Adjustment(rotation(180), width=32, height=32)
    small = frame.picture(PictureSpec())
    assert (small.width, small.height) == (frame.width, frame.height) == ((24, 32) if sideways else (32, 24))
    assert seen(small.jpeg) == expected[::-1]


def test_width_of_a_portrait_is_that_of_the_upright_picture() -> None:
    data = noted(jpeg(320, 240), 6)
    assert jpeg_frame(data).picture(PictureSpec(max_width=240)).jpeg is data
    small = jpeg_frame(data).picture(PictureSpec(max_width=120))
    assert (small.width, small.height) == (120, 160)


@pytest.mark.parametrize("kind", ["planes", "jpeg"])
def test_size_is_fitted_and_never_larger(kind: str) -> None:
    def frame() -> Frame:
        return (
            jpeg_frame(jpeg(320, 240)) if kind == "jpeg" else Frame(1, 320, 240, planes=grey_planes(320, 240))
        )

    one = frame()
    one.adjustment = Adjustment(width=160, height=90)
    assert size_of(one.picture(PictureSpec()).jpeg) == (one.width, one.height) == (120, 90)
    assert size_of(one.picture(PictureSpec(max_width=60)).jpeg) == (60, 44)
    one = frame()
    one.adjustment = Adjustment(width=1920, height=1080)
    assert size_of(one.picture(PictureSpec()).jpeg) == (320, 240)
    one.adjustment = None
    assert (one.width, one.height) == (320, 240)


def test_odd_sides_of_a_jpeg_are_kept() -> None:
    made = jpeg_frame(jpeg(65, 49)).picture(PictureSpec(quality=50))
    assert size_of(made.jpeg) == (65, 49)


def test_frame_of_an_ended_session_gives_no_picture() -> None:
    frame = Frame(1, 64, 48, planes=grey_planes())
    frame.session = CaptureSession()
    frame.picture(PictureSpec())
    frame.session.ended = True
    for quality in (85, 50):
        with pytest.raises(SessionEnded):
            frame.picture(PictureSpec(quality))


def test_fitting_starts_from_the_size_of_its_pictures() -> None:
    y, u, v = grey_planes(1280, 720)
    frame = Frame(1, 1280, 720, planes=(np.random.default_rng(1).integers(0, 255, y.shape, np.uint8), u, v))
    frame.adjustment = Adjustment(width=320, height=180)
    full = len(frame.picture(PictureSpec()).jpeg)
    rate_control = JpegRateControl()
    picture = fit_picture(frame, PictureSpec(), full // 6, rate_control)
    assert picture is not None
    assert len(picture.jpeg) <= full // 6
    assert picture.width < 320
    assert len(frame._pictures) <= 4, "few encodings for it"


def test_many_widths_of_a_large_frame_take_no_more_memory_than_a_few() -> None:
    """Each viewer may request a different width."""
    large = jpeg(4000, 3000, noise=0)
    frame = Frame(0, 4000, 3000, jpeg=large)
    for width in range(1400, 3000, 200):
        assert frame.picture(PictureSpec(max_width=width)).width == width
    assert sum(width * height for width, height in frame._rasters) <= _KEPT_PIXELS
