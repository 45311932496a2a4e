"""Failures that picamera2's users have reported."""

from __future__ import annotations

import time
from typing import Any

import libcamera
import pytest
from picamera2 import Picamera2

from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2 import PiCamera
from tests.virtual_pi.inside import bridge
from tests.virtual_pi.inside.cameras import LINES, OpenCamera, source_of

_FRAME = 640 * 480 * 3 // 2


def read_on(source: PiCamera) -> None:
    """Read frames until the failure occurs, which is when the next buffer is given back."""
    for _ in range(10):
        source.read(0.2)


def test_exception_in_a_callback_ends_the_read_with_its_reason(opened: OpenCamera) -> None:
    source = opened()

    def fail(_: object) -> None:
        raise ValueError("a bad callback")

    source._camera.pre_callback = fail
    with pytest.raises(SourceError, match="a bad callback") as failure:
        source.read(2)
    source.close()
    assert failure.value.__cause__ is not None, "it holds the request until here; see `kept`"
    assert opened().read(2) is not None, "closing and opening helps"


def test_wrong_control_value_that_reaches_libcamera_ends_the_read(opened: OpenCamera) -> None:
    with bridge.offering(bridge.module_3()):
        source = opened()
        source._camera.set_controls({"ExposureTime": "long"})
        with pytest.raises(SourceError, match="Unable to cast") as failure:
            read_on(source)
        source.close()
        assert failure.value.__cause__ is not None, "it holds the request until here; see `kept`"
        assert opened().read(2) is not None


def test_close_survives_a_frame_buffer_that_libcamera_does_not_take_back(opened: OpenCamera) -> None:
    with bridge.offering(bridge.module_3()):
        for _ in range(20):
            source = opened()
            assert source.read(2) is not None
            source._camera.set_controls({"ExposureTime": "long"})
            source.close()


def kept(source: PiCamera) -> Any:
    """Return the request of the next frame without giving it back to the camera.

    Whoever calls this has to hold it: libcamera's virtual cameras still look at a request that they have given out, and
    crash where Python has taken it away.
    """
    assert source.read(2) is not None
    assert source._running is not None
    source._opened().requests.held.acquire()
    return source._opened().requests.held


def test_requests_that_never_come_back_stall_the_camera_and_not_the_reader(opened: OpenCamera) -> None:
    source = opened(buffers=3)
    held = [kept(source) for _ in range(3)]
    start = time.monotonic()
    assert source.read(0.3) is None
    assert 0.2 < time.monotonic() - start < 30
    for request in held:
        request.release()
    assert source.read(2) is not None, "frames come again"


def test_stream_is_started_again_with_its_buffers_and_controls(
    opened: OpenCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bridge.offering({libcamera.controls.Brightness: bridge.info(-1.0, 1.0, 0.0)}):
        source = opened(frame_rate=20)
        source.apply({"Brightness": 0.5})
        told: list[dict[str, object]] = []
        start = Picamera2.start_

        def spy(self: Picamera2) -> None:
            told.append(self.controls.make_dict())
            start(self)

        monkeypatch.setattr(Picamera2, "start_", spy)
        monkeypatch.setattr(Picamera2, "configure_", None)
        for _ in range(3):
            source.restart_stream()
            for _ in range(6):
                frame = source.read(2)
                assert frame is not None
                assert len(frame.picture(PictureSpec()).jpeg) > 1000
        assert told == [{"FrameDurationLimits": (50000, 50000), "Brightness": 0.5}] * 3


def test_stream_whose_requests_never_come_back_is_started_again(opened: OpenCamera) -> None:
    source = opened(buffers=2)
    held = [kept(source) for _ in range(2)]
    assert source.read(0.2) is None
    source.restart_stream()
    assert source.read(2) is not None
    assert len(held) == 2


def test_camera_that_stopped_by_itself_fails_and_can_be_reopened(opened: OpenCamera) -> None:
    source = opened()
    assert source.read(2) is not None
    source._camera.camera.stop()
    with pytest.raises(SourceError, match="does not take a frame buffer back"):
        read_on(source)
    source.close()
    assert opened().read(2) is not None


def test_closing_a_stalled_camera_is_bounded_in_time(opened: OpenCamera) -> None:
    source = opened(buffers=2)
    held = [kept(source) for _ in range(2)]
    assert source.read(0.1) is None
    start = time.monotonic()
    source.close()
    assert time.monotonic() - start < 30
    assert len(held) == 2


@pytest.mark.parametrize(("room", "buffers"), [(4, 4), (3, 3), (2, 2)])
def test_fewer_buffers_are_used_if_memory_is_short(opened: OpenCamera, room: int, buffers: int) -> None:
    with bridge.memory(room * _FRAME):
        source = opened()
    assert source.read(2) is not None
    assert source._camera.camera_configuration()["buffer_count"] == buffers
    said = [f"too little camera memory (CMA): {buffers} buffers of 640x480 instead of 4 of 640x480"]
    assert source.notes == (said if buffers < 4 else [])


def test_smaller_size_is_used_if_memory_is_shorter_still() -> None:
    source = source_of(size="1280x720")
    with bridge.memory(2 * 960 * 540 * 3 // 2):
        info = source.open()
    try:
        assert source.read(2) is not None
        assert (info.width, info.height) == (960, 540)
        assert source.notes == [
            "too little camera memory (CMA): 2 buffers of 960x540 instead of 4 of 1280x720"
        ]
    finally:
        source.close()


def test_without_any_memory_opening_fails_with_the_reason(opened: OpenCamera) -> None:
    with bridge.memory(1000), pytest.raises(SourceError, match="Cannot allocate memory"):
        source_of().open()
    assert opened().read(2) is not None, "nothing was left open"


def test_memory_that_runs_out_at_the_start(opened: OpenCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    start = Picamera2.start
    refused: list[bool] = []

    def fails_once(self: Picamera2, **more: Any) -> None:
        if not refused:
            refused.append(True)
            raise RuntimeError("Failed to start camera: Cannot allocate memory")
        start(self, **more)

    monkeypatch.setattr(Picamera2, "start", fails_once)
    source = opened()
    assert source.read(2) is not None
    assert source.notes == ["too little camera memory (CMA): 3 buffers of 640x480 instead of 4 of 640x480"]


def test_other_failures_are_reported_by_their_innermost_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Picamera2, *_: object) -> None:
        try:
            raise OSError("i2c write failed")
        except OSError as error:
            raise RuntimeError("Camera __init__ sequence did not complete.") from error

    monkeypatch.setattr(Picamera2, "configure", fails)
    with pytest.raises(SourceError, match=r"^i2c write failed$"):
        source_of().open()


def test_unsupported_pixel_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Picamera2._update_stream_config

    def packed(self: Picamera2, stream: dict[str, Any], got: Any) -> None:
        original(self, stream, got)
        stream["format"] = "YUYV"

    monkeypatch.setattr(Picamera2, "_update_stream_config", packed)
    with pytest.raises(SourceError, match="YUYV"):
        source_of(LINES).open()
