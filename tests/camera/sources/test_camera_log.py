"""The log lines of sources name the camera, whichever of its threads writes them."""

from __future__ import annotations

import logging
import time

import pytest

from mqttcam.camera.camera import Camera
from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source, SourceError, SourceInfo
from mqttcam.camera.sources._receiver import PictureReceiver
from mqttcam.camera.sources.url.http_connection import PeerConnection
from mqttcam.camera.sources.url.reader_thread import Frames, ReaderThread
from mqttcam.camera.sources.url.reconnecting import Reconnecting
from mqttcam.camera.sources.url.stream_video import StreamVideo
from mqttcam.settings import CameraSettings
from tests.support.pictures import jpeg
from tests.support.waiting import until

JPEG = jpeg(64, 48)


def connection() -> Frames:
    yield Frame(time.time_ns(), 64, 48, jpeg=JPEG)
    raise SourceError("cam: connection reset")


class Unreliable(Source):
    """Receives a message without a picture, and then frames whose connections fail."""

    def open(self) -> SourceInfo:
        PictureReceiver("garden/image", 10, 10_000).frame(b"no picture")

        def frames(peer: PeerConnection) -> Frames:
            return Reconnecting("cam", peer, 60, StreamVideo(lambda: 0.0))(connection)

        self._thread = ReaderThread(frames, "cam", "cam")
        return SourceInfo("unreliable", 64, 48, 0.0)

    def read(self, timeout: float) -> Frame | None:
        return self._thread.next(timeout)

    def close(self) -> None:
        self._thread.close()


async def test_lines_of_the_capture_thread_and_of_a_reader_thread_name_the_camera(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = CameraSettings.model_validate({"source": {"type": "test_pattern"}})
    camera = Camera("front", settings, make_source=lambda _wakeup: Unreliable())
    camera.start()
    failed = "camera front: cam: connection reset; connecting again"
    await until(lambda: failed in caplog.messages, "the failure")
    await camera.stop()
    skipped = "camera front: garden/image: a message (10 bytes): not a usable picture"
    assert any(line.startswith(skipped) for line in caplog.messages)


def test_other_threads_have_no_camera(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    camera_logger("mqttcam.test").info("no USB cameras: %s", "none")
    assert caplog.messages == ["no USB cameras: none"]
