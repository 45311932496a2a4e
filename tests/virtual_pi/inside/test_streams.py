"""The configurations of stream and photo on the real picamera2; what virtual cameras do not offer is noted."""

from __future__ import annotations

import pytest

from mqttcam.camera.frame import Frame
from mqttcam.camera.sources.picamera2 import attached
from tests.virtual_pi.inside.cameras import BARS, OpenCamera, settings_of, source_of


def test_what_is_not_offered_is_noted_and_the_camera_gives_frames(opened: OpenCamera) -> None:
    source = opened(format="RGB888", sensor_mode="9999x999:8", raw={"format": "SRGGB12"})
    assert source.notes == [
        "source.format: the camera has no RGB888, only NV12; it uses NV12",
        "source.sensor_mode: the camera has no 9999x999:8, only its own",
        "source.raw.format: the camera has no SRGGB12, only its own",
    ]
    frame = source.read(2)
    assert frame is not None
    assert (frame.width, frame.height) == (640, 480)


def test_photo_has_its_own_size_and_the_stream_keeps_its_own(opened: OpenCamera) -> None:
    source = opened(size="640x480", photo={"size": "1280x720", "buffers": 2})
    assert source.notes == []
    assert source.read(2) is not None
    still = source.take_still().frame
    assert (still.width, still.height) == (1280, 720)
    frame = source.read(2)
    assert frame is not None
    assert frame.width == 640


def test_another_colour_space_is_converted_in_frames_and_photos(opened: OpenCamera) -> None:
    """A virtual camera paints in limited range, and reports ITU-R BT.709."""
    source = opened()
    assert 16 <= darkest(source.read(2)) < 40
    assert darkest(source.take_still().frame) >= 16
    source.close()
    source = opened(colour_space="Rec709", photo={"colour_space": "Rec709"})
    assert source.notes == []
    assert darkest(source.read(2)) < 16
    assert darkest(source.take_still().frame) < 16
    assert darkest(source.read(2)) < 16


def darkest(frame: Frame | None) -> int:
    """The smallest luma of a frame."""
    assert frame is not None
    raster = frame.raster()
    assert isinstance(raster, tuple)
    return int(raster[0].min())


def test_description_names_what_is_configured() -> None:
    source = source_of(BARS, buffers=3)
    try:
        details = source.open().details
    finally:
        source.close()
    assert details["format"] == "NV12"
    assert details["formats"] == ["NV12"]
    assert details["buffers"] == 3
    assert details["sensor_mode"] is None
    assert details["sensor_modes"] == {}
    properties = details["properties"]
    assert isinstance(properties, dict)
    assert properties["Model"] == "virtual-bars"


def test_list_of_cameras_has_their_properties() -> None:
    listed = {camera.id: camera.details for camera in attached()}
    assert listed[BARS]["formats"] == ["NV12"]
    assert isinstance(properties := listed[BARS]["properties"], dict)
    assert properties["PipelineHandler"] == "virtual"


def test_settings_of_photos_apply_to_an_open_camera(
    opened: OpenCamera, caplog: pytest.LogCaptureFixture
) -> None:
    source = opened(size="640x480")
    before, after = (
        settings_of(BARS),
        settings_of(BARS, photo={"size": "1280x720"}, raw={"format": "SRGGB12"}),
    )
    assert before.opening == after.opening
    assert before.opening != settings_of(BARS, buffers=3).opening
    source.configure(after)
    assert "source.raw.format: the camera has no SRGGB12" in caplog.text
    still = source.take_still().frame
    assert (still.width, still.height) == (1280, 720)
    assert source.read(2) is not None
