"""Detections of a camera that is switched off and on."""

from __future__ import annotations

from mqttcam.camera.frame import Picture
from mqttcam.camera.status import CameraStatus
from tests.support.cameras import running
from tests.support.devices import MakeDevice, Recorder
from tests.support.waiting import until

PERSON = b'{"detections": [{"label": "person", "box": [0.1, 0.1, 0.9, 0.9]}]}'


class Pictures(Recorder):
    """Records pictures with detections."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, Picture]] = []

    def detection_picture(self, label: str, picture: Picture) -> None:
        self.found.append((label, picture))


async def test_a_camera_that_is_switched_off_at_once_has_pictures_again(make_device: MakeDevice) -> None:
    """The picture that would have been made is dropped before it is begun."""
    device, observer = make_device(detections={"labels": ["person"]}), Pictures()
    device.attach(observer)
    device.camera.start()
    try:
        await running(device.camera)
        assert device.detections is not None
        device.detections.receive(PERSON)
        device.camera.set_enabled(False)
        assert device.camera.status is CameraStatus.OFF
        assert device.detections.count("person") is None
        device.camera.set_enabled(True)
        await running(device.camera)
        assert not observer.found
        device.detections.receive(PERSON)
        await until(lambda: observer.found, "a picture")
    finally:
        await device.stop()
