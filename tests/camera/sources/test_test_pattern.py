"""The source `test_pattern`: it moves, it can be read, and its controls are seen."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import simplejpeg
from numpy.typing import NDArray

from mqttcam.camera.frame import Frame, PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources import attached, create
from mqttcam.camera.sources.test_pattern import BOUNCE, CONTROLS, TestPattern
from mqttcam.camera.wakeup import Wakeup
from mqttcam.imaging.patterns import PATTERNS
from mqttcam.imaging.text import glyph_mask
from mqttcam.settings import CameraSettings
from mqttcam.values import Rectangle

Grey = NDArray[np.uint8]
_NUMERALS = "0123456789:.-# "


def pattern(size: str = "640x480", **keys: Any) -> TestPattern:
    """An open test pattern, unpaced."""
    source = {"type": "test_pattern"} | keys.pop("source", {})
    settings = CameraSettings.model_validate({"source": source, "size": size, "frame_rate": "max"} | keys)
    made = create(settings, Wakeup())
    assert isinstance(made, TestPattern)
    made.open()
    return made


def frame(source: TestPattern) -> Frame:
    found = source.read(1)
    assert found is not None
    return found


def pixels(source: TestPattern) -> NDArray[np.uint8]:
    """As a person sees it: through a JPEG."""
    return np.asarray(simplejpeg.decode_jpeg(frame(source).picture(PictureSpec(85)).jpeg))


def luma(seen: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.asarray(seen @ np.array([0.299, 0.587, 0.114]))


def read(source: TestPattern, grey: Grey, line: int) -> str:
    """What stands on a line of the panel: for each place the character that it looks like most."""
    clock = source._clock
    scale = (clock._large, clock._small)[line]
    top = clock.top + clock._padding + (9 * clock._large if line else 0)
    left = clock._left + clock._padding - scale // 2
    text = ""
    while left + 6 * scale <= clock._columns.stop:
        place = grey[top : top + 9 * scale, left : left + 6 * scale].astype(int)
        text += min(_NUMERALS, key=lambda one: int(np.abs(place - glyph_mask(one, scale) * 200).sum()))
        left += 6 * scale
    return text.strip()


@pytest.mark.parametrize(
    "size", ["160x120", "320x240", "640x480", "1280x720", "1920x1080", "3840x2160", "720x1280"]
)
@pytest.mark.parametrize("name", ["bars", "gradient"])
def test_clock_and_counter_can_be_read(size: str, name: str) -> None:
    source = pattern(size, source={"pattern": name})
    for _ in range(12):
        last = frame(source)
    grey = simplejpeg.decode_jpeg(last.picture(PictureSpec(85)).jpeg, "GRAY")[:, :, 0]
    moment = time.localtime(last.ts_ns // 10**9)
    tenth = last.ts_ns // 10**8 % 10
    assert read(source, grey, 0) == time.strftime("%H:%M:%S.", moment) + str(tenth)
    assert read(source, grey, 1) == time.strftime("%Y-%m-%d #00000011", moment)


@pytest.mark.parametrize("size", ["16x16", "100x100", "16x2000", "2000x16", "98x74"])
def test_sizes_without_room_for_it(size: str) -> None:
    source = pattern(size)
    width, height = map(int, size.split("x"))
    assert pixels(source).shape == (height, width, 3)
    source.apply({"ShowClock": False, "Pattern": "checkerboard"})
    assert pixels(source).shape == (height, width, 3)


def test_it_moves_and_stands_still_at_speed_zero() -> None:
    source = pattern()
    source.apply({"ShowClock": False})
    before = pixels(source)
    source._drawn_at = time.monotonic() - 0.05
    assert (pixels(source) != before).any()
    source.apply({"Speed": 0.0})
    before = pixels(source)
    source._drawn_at = time.monotonic() - 0.05
    assert (pixels(source) == before).all()


def test_nothing_is_left_where_the_ball_was() -> None:
    source = pattern()
    source.apply({"ShowClock": False})
    background = [plane.copy() for plane in source._background]
    for _ in range(200):
        source._drawn_at = time.monotonic() - 0.05
        frame(source)
    source._ball.lift(source._canvas, source._background)
    for plane, behind in zip(source._canvas, background, strict=True):
        assert (plane == behind).all()


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("Brightness", 0.3, lambda before, after: after.mean() > before.mean() + 30),
        ("Brightness", -0.3, lambda before, after: after.mean() < before.mean() - 30),
        ("Contrast", 0.2, lambda before, after: luma(after).std() < luma(before).std() * 0.5),
        ("Contrast", 2.0, lambda before, after: luma(after).std() > luma(before).std() * 1.2),
        ("Saturation", 0.0, lambda before, after: np.ptp(after.astype(int), axis=2).max() <= 6),
        ("Pattern", "gradient", lambda before, after: np.abs(after.astype(int) - before).mean() > 20),
        ("ShowClock", False, lambda before, after: (after != before).any()),
    ],
)
def test_controls_are_seen(name: str, value: Any, seen: Any) -> None:
    source = pattern()
    source.apply({"Speed": 0.0})
    before = pixels(source)
    assert source.apply({name: value}) == {name: value}
    after = pixels(source)
    assert seen(before, after)
    default = next(control.default for control in CONTROLS if control.name == name)
    source.apply({name: default})
    assert np.abs(pixels(source).astype(int) - before).mean() < 3, "and it goes back"


def test_whatever_the_controls_say_the_clock_can_be_read() -> None:
    source = pattern()
    source.apply({"Brightness": 1.0, "Contrast": 2.0, "Saturation": 2.0})
    grey = simplejpeg.decode_jpeg(frame(source).picture(PictureSpec(85)).jpeg, "GRAY")[:, :, 0]
    assert read(source, grey, 1).endswith("#00000000")


def test_colour_bars_have_their_colours() -> None:
    source = pattern("1280x720")
    source.apply({"Speed": 0.0})
    frame(source)
    row = pixels(source)[40, 91::183]
    expected = [
        (191,) * 3,
        (191, 191, 0),
        (0, 191, 191),
        (0, 191, 0),
        (191, 0, 191),
        (191, 0, 0),
        (0, 0, 191),
    ]
    # The ball stands in the left or right upper corner at the start.
    assert np.abs(row[1:6].astype(int) - expected[1:6]).max() <= 4


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("flips", [{}, {"hflip": True}, {"vflip": True}, {"hflip": True, "vflip": True}])
def test_orientation(rotation: int, flips: dict[str, Any]) -> None:
    plain, turned = pattern(), pattern(rotation=rotation, **flips)
    for source in (plain, turned):
        source.apply({"Speed": 0.0, "ShowClock": False})
    expected = pixels(plain)
    expected = np.rot90(expected, -rotation // 90)
    if flips.get("hflip", False):
        expected = expected[:, ::-1]
    if flips.get("vflip", False):
        expected = expected[::-1]
    info = turned.open()
    assert (info.width, info.height) == expected.shape[1::-1]
    assert np.abs(pixels(turned).astype(int) - expected).mean() < 2


def test_pattern_to_start_with() -> None:
    assert set(PATTERNS) >= {"bars", "gradient", "checkerboard", "grey"}
    source = pattern(source={"pattern": "Gradient"})
    controls = {control.name: control.default for control in source.open().controls}
    assert controls["Pattern"] == "gradient", "any case"
    with pytest.raises(SourceError, match="'plaid' is not one of bars, gradient"):
        pattern(source={"pattern": "plaid"})


def test_it_is_always_attached() -> None:
    (found,) = [camera for camera in attached() if camera.id == "test_pattern"]
    assert found.source == {"type": "test_pattern"}
    assert [control.name for control in found.controls] == [control.name for control in CONTROLS]


def test_a_part_as_the_whole() -> None:
    source = pattern()
    source.apply({"Speed": 0.0})
    whole = pixels(source)
    assert source.apply({"ScalerCrop": (101, 201, 321, 121)}) == {"ScalerCrop": (100, 200, 320, 120)}
    part = pixels(source)
    assert part.shape == whole.shape
    expected = whole[200:320, 100:420].repeat(4, axis=0).repeat(2, axis=1)
    assert np.abs(part.astype(int) - expected).mean() < 6
    source.apply({"ScalerCrop": (0, 0, 640, 480)})
    assert np.abs(pixels(source).astype(int) - whole).mean() < 1


@pytest.mark.parametrize("keys", [{"hflip": True}, {"vflip": True}, {"rotation": 180}, {"rotation": 90}])
def test_a_part_is_counted_from_the_left_and_top_that_are_seen(keys: dict[str, Any]) -> None:
    source = pattern(**keys)
    source.apply({"Speed": 0.0, "ShowClock": False})
    shape = pixels(source).shape
    height, width = shape[0] // 4 // 2 * 2, shape[1] // 4 // 2 * 2
    corner = pixels(source)[:height, :width].reshape(-1, 3).mean(axis=0)
    source.apply({"ScalerCrop": (0, 0, width, height)})
    assert np.abs(pixels(source).reshape(-1, 3).mean(axis=0) - corner).max() < 3


def test_its_bounds_are_the_picture() -> None:
    kinds = {control.name: control.kind for control in pattern("320x240").open().controls}
    assert kinds["ScalerCrop"] == Rectangle((0, 0, 320, 240), (16, 16), "scaler_crop")


def test_the_ball_rests_at_speed_0_until_it_is_bounced() -> None:
    source = pattern(controls={})
    source.apply({"Speed": 0.0, "ShowClock": False})
    before = frame(source).copy().raster()
    assert (frame(source).copy().raster()[0] == before[0]).all()
    source.apply({BOUNCE.control: BOUNCE.value})
    end = time.monotonic() + 5
    while (frame(source).copy().raster()[0] == before[0]).all():
        assert time.monotonic() < end
