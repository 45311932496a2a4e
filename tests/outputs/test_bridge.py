"""Pictures that are kept in case that motion begins, while the camera is switched off."""

from __future__ import annotations

from typing import Any, cast

from mqttcam.camera.frame import CaptureSession, Frame, PictureSpec
from mqttcam.camera.hub import Hub
from mqttcam.outputs.bridge import Bridge
from mqttcam.outputs.output import CameraFeed
from mqttcam.outputs.pictures_before import PicturesBefore
from mqttcam.outputs.queue import FrameQueue, QueuedMessage
from mqttcam.settings.kafka import KafkaSettings
from tests.support.pictures import jpeg


class SwitchedOff(PicturesBefore):
    """The camera is switched off just before a picture is added, which is made already."""

    session = CaptureSession()

    def add(self, picture: QueuedMessage) -> None:
        self.session.ended = True
        self.clear()
        super().add(picture)


def test_a_picture_that_is_made_while_the_camera_is_switched_off_is_not_kept() -> None:
    before = SwitchedOff(60, 10, 1_000_000)
    keys = {"brokers": "127.0.0.1:9", "topic": "frames", "on_motion": True, "before": 10}
    feed = CameraFeed("cam", cast("Any", None), Hub(), PictureSpec, lambda: None)
    bridge = Bridge(
        "kafka",
        feed,
        KafkaSettings.model_validate(keys),
        FrameQueue(10, 1_000_000, None),
        cast("Any", None),
        before=before,
    )
    frame = Frame(1, 64, 48, jpeg=jpeg(64, 48))
    frame.session = before.session
    bridge.deliver(frame)
    assert len(before) == 0
    assert len(bridge.queue) == 0
