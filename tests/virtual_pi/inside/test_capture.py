"""Frames of libcamera's virtual cameras through the unmodified source."""

from __future__ import annotations

import time
from typing import Any

import libcamera
import numpy as np
import pytest
import simplejpeg

from mqttcam.camera.frame import Frame, PictureSpec
from mqttcam.camera.sources.picamera2 import PiCamera
from tests.virtual_pi.inside.cameras import LINES, OpenCamera, source_of


def held(source: PiCamera) -> Any:
    """Return picamera2's request of the newest frame."""
    assert source._running is not None
    return source._opened().requests.held


def frame_of(source: PiCamera) -> Frame:
    frame = source.read(2.0)
    assert frame is not None
    return frame


@pytest.mark.parametrize("size", ["640x480", "1280x720", "1920x1080"])
def test_frame_has_the_configured_size(opened: OpenCamera, size: str) -> None:
    source = opened(size=size)
    jpeg = frame_of(source).picture(PictureSpec()).jpeg
    height, width, _ = simplejpeg.decode_jpeg(jpeg).shape
    assert f"{width}x{height}" == size
    assert source.notes == []


def test_size_that_the_camera_lacks_is_adjusted_and_noted(opened: OpenCamera) -> None:
    source = opened(LINES, size="700x500")
    frame = frame_of(source)
    assert (frame.width, frame.height) == (800, 600)
    assert source.notes == ["the camera gives 800x600 instead of 700x500"]


def test_without_a_size_the_camera_gives_720p(opened: OpenCamera) -> None:
    frame = frame_of(opened(size=None))
    assert (frame.width, frame.height) == (1280, 720)


def test_planes_are_what_picamera2_itself_gives(opened: OpenCamera) -> None:
    source = opened()
    frame = frame_of(source)
    assert frame.planes is not None
    luma, u, v = frame.planes
    array = held(source).make_array("main")
    assert np.array_equal(luma, array[:480])
    chroma = array[480:].reshape(240, 640)
    assert np.array_equal(u, chroma[:, 0::2])
    assert np.array_equal(v, chroma[:, 1::2])
    assert len(np.unique(luma)) > 4, "the bars of the test pattern"


def test_luma_is_the_camera_s_own_memory_and_read_only(opened: OpenCamera) -> None:
    frame = frame_of(opened())
    assert frame.planes is not None
    assert not frame.planes[0].flags.owndata
    assert not frame.planes[0].flags.writeable


def test_picture_is_the_test_pattern(opened: OpenCamera) -> None:
    rgb = simplejpeg.decode_jpeg(frame_of(opened()).picture(PictureSpec(95)).jpeg).astype(int)
    bars = [tuple(rgb[100, 20 + bar * 80] > 128) for bar in range(8)]
    # White, yellow, cyan, green, magenta, red, blue, black.
    assert bars[0] == (True, True, True)
    assert len(set(bars)) == 8


_TURNED = [
    ({"rotation": 180}, "hvflip", -1, -1),
    ({"hflip": True}, "hflip", 1, -1),
    ({"vflip": True}, "vflip", -1, 1),
    ({"rotation": 180, "hflip": True}, "vflip", -1, 1),
]


@pytest.mark.parametrize(("turned", "transform"), [case[:2] for case in _TURNED])
def test_rotation_is_done_by_the_camera_if_it_can(
    opened: OpenCamera, turned: dict[str, Any], transform: str
) -> None:
    source = opened(**turned)
    assert transform in str(source._camera.camera_configuration()["transform"])
    frame = frame_of(source)
    assert frame.planes is not None
    assert np.array_equal(frame.planes[0], held(source).make_array("main")[:480])


@pytest.mark.parametrize(("turned", "rows", "columns"), [(case[0], *case[2:]) for case in _TURNED])
def test_rotation_is_done_here_if_the_camera_cannot(
    opened: OpenCamera, monkeypatch: pytest.MonkeyPatch, turned: dict[str, Any], rows: int, columns: int
) -> None:
    # Virtual cameras say that they turn, and do not; a sensor that cannot says so like this.
    monkeypatch.setattr("picamera2.utils.orientation_to_transform", lambda _: libcamera.Transform())
    source = opened(**turned)
    raster = frame_of(source).raster()
    assert isinstance(raster, tuple)
    plain = held(source).make_array("main")[:480]
    assert np.array_equal(raster[0], plain[::rows, ::columns])


@pytest.mark.parametrize("rotation", [90, 270])
def test_quarter_turn(opened: OpenCamera, rotation: int) -> None:
    source = opened(rotation=rotation)
    frame = frame_of(source)
    raster = frame.raster()
    assert isinstance(raster, tuple)
    plain = held(source).make_array("main")[:480]
    assert np.array_equal(raster[0], np.rot90(plain, -rotation // 90))
    picture = frame.picture(PictureSpec())
    assert (frame.width, frame.height) == (picture.width, picture.height) == (480, 640)
    assert source.notes == []
    still = source.take_still().frame.picture(PictureSpec(90))
    height, width, _ = simplejpeg.decode_jpeg(still.jpeg).shape
    assert (width, height) == (still.width, still.height) == (1080, 1920)


def test_quarter_turn_is_announced() -> None:
    source = source_of(rotation=90)
    try:
        info = source.open()
    finally:
        source.close()
    assert (info.width, info.height) == (480, 640)


def test_what_a_privacy_mask_hides_is_black_in_both_streams(opened: OpenCamera) -> None:
    corner = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
    frame = frame_of(opened(size="1280x720", lores_size=(640, 480), privacy=[{"points": corner}]))
    assert frame.planes is not None
    assert frame.lores is not None
    for luma, blue, _ in (frame.planes, frame.lores):
        middle = luma.shape[1] // 2
        assert luma[:, :middle].max() == 0
        assert luma[:, middle + 8 :].max() > 100
        assert (blue[:, : middle // 2] == 128).all()


def test_a_mask_and_text_are_drawn_into_the_camera_s_own_memory(opened: OpenCamera) -> None:
    corner = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
    source = opened(privacy=[{"points": corner}], overlay={"background": "white", "size": 10})
    for _ in range(8):  # more than there are buffers
        frame = frame_of(source)
        assert frame.planes is not None
        shown = simplejpeg.decode_jpeg(frame.picture(PictureSpec(95)).jpeg, "GRAY")[..., 0]
        memory = held(source).make_array("main")[:480]
        assert np.array_equal(frame.planes[0], memory)
        assert memory[:, :320].max() == 0, "black, and without the text, for motion detection"
        assert memory[:, 340:].max() > 100
        assert shown[:380, :312].max() < 12
        assert shown[400:, :312].max() > 100, "the text"


def test_small_stream_beside_the_main_one(opened: OpenCamera) -> None:
    source = opened(size="1280x720", lores_size=(640, 480))
    frame = frame_of(source)
    assert frame.width == 1280
    assert frame.lores is not None
    assert [plane.shape for plane in frame.lores] == [(480, 640), (240, 320), (240, 320)]


def test_metadata_by_libcamera_s_names(opened: OpenCamera) -> None:
    frame = frame_of(opened())
    assert list(frame.metadata) == ["SensorTimestamp"]
    assert isinstance(frame.metadata["SensorTimestamp"], int)
    assert frame.lores is None


def test_metadata_can_be_read_after_the_frame_is_gone(opened: OpenCamera) -> None:
    source = opened()
    frame = frame_of(source)
    source.read(2.0)
    assert "SensorTimestamp" in frame.metadata


def test_capture_time_is_unix_time_and_grows(opened: OpenCamera) -> None:
    source = opened()
    times = [frame_of(source).ts_ns for _ in range(20)]
    assert times == sorted(times)
    assert abs(times[-1] - time.time_ns()) < 1e9


def test_every_frame_is_given_back(opened: OpenCamera) -> None:
    source = opened(buffers=2)
    for _ in range(50):
        frame_of(source)


def test_info_names_the_camera() -> None:
    source = source_of(LINES, size=None)
    try:
        info = source.open()
    finally:
        source.close()
    assert (info.model, info.serial, info.width, info.height) == ("virtual-lines", "Virtual1", 800, 600)
    assert info.frame_rate == 10, "all that this camera can, whatever was asked for"
