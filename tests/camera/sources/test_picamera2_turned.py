"""Windows, pan and tilt of a camera module whose picture is turned by a quarter: they are those that one sees."""

from __future__ import annotations

from itertools import product

import pytest

from mqttcam.camera.control import Control
from mqttcam.camera.sources.picamera2.turned import TurnedControls
from mqttcam.imaging.orientation import Orientation, rotation
from mqttcam.values import Number, Rectangle, Value

BOUNDS = (10, 20, 400, 300)
CROP = Control("ScalerCrop", Rectangle(BOUNDS, (64, 32), "scaler_crop"), BOUNDS)
WINDOW = (30, 50, 100, 60)
TURNED = [Orientation(True, *flips) for flips in product((False, True), repeat=2)]


@pytest.mark.parametrize("orientation", TURNED)
def test_a_window_is_where_it_is_shown(orientation: Orientation) -> None:
    controls = TurnedControls(orientation)
    (crop,) = controls.shown([CROP])
    assert crop.kind == Rectangle((20, 10, 300, 400), (32, 64), "scaler_crop")
    assert crop.default == (20, 10, 300, 400)
    shown = controls.to_shown({"ScalerCrop": WINDOW})["ScalerCrop"]
    assert isinstance(shown, tuple)
    x, y, width, height = shown
    corners = [
        orientation.point(((WINDOW[0] + dx - 10) / 400, (WINDOW[1] + dy - 20) / 300))
        for dx, dy in ((0, 0), (WINDOW[2], WINDOW[3]))
    ]
    left, top = min(one[0] for one in corners), min(one[1] for one in corners)
    assert ((x - 20) / 300, (y - 10) / 400) == pytest.approx((left, top))
    assert (width, height) == (60, 100)
    assert controls.to_camera({"ScalerCrop": shown}) == {"ScalerCrop": WINDOW}
    assert crop.kind.coerce(shown) == shown


@pytest.mark.parametrize("orientation", TURNED)
def test_pan_and_tilt_move_what_is_shown(orientation: Orientation) -> None:
    controls = TurnedControls(orientation)
    for camera in ({"Pan": 0.5}, {"Tilt": -0.25}, {"Pan": 0.5, "Tilt": -0.25, "Zoom": 2.0}):
        assert controls.to_camera(controls.to_shown(camera)) == camera
    shown = controls.to_shown({"Pan": 1.0, "Tilt": -1.0})
    x, y = orientation.point((1, 0))
    assert shown == {"Pan": 2 * x - 1, "Tilt": 2 * y - 1}


def test_clockwise() -> None:
    """The left of the camera's picture is the top of the one that is shown."""
    controls = TurnedControls(rotation(90))
    assert controls.to_shown({"Pan": -1.0}) == {"Tilt": -1.0}
    assert controls.to_camera({"Pan": 1.0}) == {"Tilt": -1.0}


@pytest.mark.parametrize("degrees", [0, 180])
def test_the_camera_sees_to_other_orientations_itself(degrees: int) -> None:
    controls = TurnedControls(rotation(degrees))
    assert controls.shown([CROP]) == (CROP,)
    values: dict[str, Value] = {"ScalerCrop": WINDOW, "Pan": 0.5, "Brightness": 0.0}
    assert controls.to_camera(values) == controls.to_shown(values) == values


def test_other_controls_are_left_as_they_are() -> None:
    controls = TurnedControls(rotation(90))
    brightness = Control("Brightness", Number(-1, 1), 0.0)
    assert controls.shown([brightness]) == (brightness,)
    assert controls.to_shown({"Brightness": 0.5, "ScalerCrop": None}) == {
        "Brightness": 0.5,
        "ScalerCrop": None,
    }
