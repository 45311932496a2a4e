"""The state of a camera and the health of the node are published, whatever else fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from mqttcam.camera.control import Control
from mqttcam.camera.status import CameraStatus
from mqttcam.commands.catalogue import camera_commands
from mqttcam.commands.registry import DeviceRegistry
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.health import Health
from mqttcam.devices.node import Node
from mqttcam.gateway.camera import CameraGateway
from mqttcam.gateway.connect_image import ConnectImage
from mqttcam.gateway.gateway import MqttGateway
from mqttcam.gateway.image_check import ImageCheck
from mqttcam.gateway.image_stream import ImageStream
from mqttcam.gateway.latest_pictures import LatestPictures
from mqttcam.gateway.node import EarlierRun, NodeTiming, earlier_run
from mqttcam.gateway.snapshots import SnapshotPublisher
from mqttcam.mqtt.connection import Connection
from mqttcam.mqtt.topics import Topics
from mqttcam.settings import HomeAssistantSettings, MqttSettings
from mqttcam.values import Switch
from tests.support.devices import MakeDevice, opened
from tests.support.waiting import PATIENCE, until


class PublishedTopics:
    """A connection that keeps each topic that was published to, and its last level.

    Attributes:
        topics: below that of the camera.
        full: whether the next messages are dropped.
    """

    connected = True

    def __init__(self) -> None:
        self.topics: list[str] = []
        self.sent: list[str] = []
        self.full = False

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> bool:
        assert (qos, retain) == (1, True)
        if not self.full:
            self.topics.append(topic.removeprefix("mqttcam/yard/front/"))
            self.sent.append(topic.rpartition("/")[2])
        return not self.full

    def on_connected(self, _hook: Callable[[], None]) -> None:
        """It is always connected."""

    def remove_hooks(self, *_hooks: Callable[[], None]) -> None:
        """There are none."""


class ImageInFlight:
    """A stream of images, one of which is in flight.

    Attributes:
        requested: how often an image was requested.
    """

    dropped = max_bytes = 0
    on_idle: Callable[[], None] | None = None
    requested = 0

    def request(self) -> None:
        self.requested += 1

    def configure(self, *settings: object, **more: object) -> None:
        pass

    def discard(self, on_idle: Callable[[], None]) -> None:
        self.on_idle = on_idle

    def close(self) -> None:
        pass


def gateway_of(
    device: CameraDevice,
    connection: PublishedTopics,
    on_new_capabilities: Callable[[], None] = lambda: None,
    images: ImageInFlight | None = None,
) -> CameraGateway:
    pictures = images or ImageInFlight()
    return CameraGateway(
        device,
        CommandRunner(device, camera_commands),
        cast("Connection", connection),
        Topics("mqttcam", "yard").camera("front"),
        None,
        on_new_capabilities,
        images=cast("ImageStream", pictures),
        connect_image=cast("ConnectImage", pictures),
        image_check=cast("ImageCheck", pictures),
        snapshots=cast("SnapshotPublisher", pictures),
        motion_images=cast("LatestPictures", pictures),
        detection_images={},
        series_images={},
        retry_after=0,
    )


async def test_a_state_that_could_not_be_published_is_published_later(device: CameraDevice) -> None:
    connection = PublishedTopics()
    gateway = gateway_of(opened(device), connection)
    connection.full = True
    device.changed()
    await asyncio.sleep(0)
    assert connection.sent == []
    connection.full = False
    await until(lambda: len(connection.sent) >= 2)
    assert connection.sent == ["state", "availability"]
    gateway.close(offline=True)


async def test_pictures_are_cleared_when_the_camera_is_switched_off_and_again_after_one_in_flight(
    device: CameraDevice,
) -> None:
    connection, images = PublishedTopics(), ImageInFlight()
    opened(device)
    gateway = gateway_of(device, connection, images=images)
    device.changed()
    assert images.on_idle is None, "the camera is on"
    device.camera.set_enabled(False)
    assert images.on_idle is not None
    await asyncio.sleep(0)
    assert connection.sent == ["image", "snapshot", "state", "availability"]
    images.on_idle()
    assert connection.sent[4:] == ["image", "snapshot"]
    gateway.publish()
    assert connection.sent[6:] == ["state", "availability"], "once is enough"
    gateway.announce()
    assert connection.sent[8:] == ["image", "snapshot", "state", "availability"], "at each connect, too"
    connection.sent.clear()
    images.requested = 0
    device.camera.set_enabled(True)
    images.on_idle()
    assert connection.sent == [], "the camera is on again"
    assert images.requested == 1, "subscribers get an image soon, whatever the image rate"
    gateway.close(offline=True)


async def test_pictures_of_an_earlier_process_are_cleared_if_the_camera_is_off_from_the_start(
    make_device: MakeDevice,
) -> None:
    connection = PublishedTopics()
    gateway = gateway_of(make_device(enabled=False), connection)
    gateway.announce()
    assert connection.sent == ["image", "snapshot", "state", "availability"]
    gateway.publish()
    assert connection.sent[4:] == ["state", "availability"]
    gateway.close(offline=True)


async def test_pictures_of_a_camera_that_is_on_are_not_cleared_at_a_connect(device: CameraDevice) -> None:
    connection = PublishedTopics()
    gateway = gateway_of(opened(device), connection)
    gateway.announce()
    assert connection.sent == ["state", "availability"]
    gateway.close(offline=True)


async def test_the_picture_of_motion_is_cleared_like_the_others(make_device: MakeDevice) -> None:
    device, connection, images = opened(make_device(motion=True)), PublishedTopics(), ImageInFlight()
    gateway = gateway_of(device, connection, images=images)
    device.camera.set_enabled(False)
    await asyncio.sleep(0)
    assert connection.topics == ["image", "motion/image", "snapshot", "state", "availability"]
    assert images.on_idle is not None
    images.on_idle()
    assert connection.topics[5:] == ["image", "motion/image", "snapshot"]
    gateway.close(offline=True)
    connection.topics.clear()
    again = gateway_of(make_device(motion=True, enabled=False), connection)
    again.announce()
    assert connection.topics == ["image", "motion/image", "snapshot", "state", "availability"]
    again.close(offline=True)


async def test_pictures_that_could_not_be_cleared_are_cleared_later(device: CameraDevice) -> None:
    connection = PublishedTopics()
    gateway = gateway_of(opened(device), connection)
    connection.full = True
    device.camera.set_enabled(False)
    await asyncio.sleep(0)
    connection.full = False
    await until(lambda: len(connection.sent) >= 4)
    assert connection.sent == ["image", "snapshot", "state", "availability"]
    gateway.close(offline=True)


async def test_a_camera_that_fails_before_it_was_ever_open_is_announced(device: CameraDevice) -> None:
    announced: list[CameraStatus] = []
    connection = PublishedTopics()
    gateway = gateway_of(device, connection, lambda: announced.append(device.camera.status))
    device.changed()
    await asyncio.sleep(0)
    assert (announced, connection.sent) == ([], ["availability"])
    for status in (CameraStatus.FAILED, CameraStatus.STARTING, CameraStatus.FAILED):
        device.camera.status = status
        device.changed()
        await asyncio.sleep(0)
    assert announced == [CameraStatus.FAILED]
    assert "state" in connection.sent
    gateway.close(offline=True)


async def test_a_discovery_that_fails_does_not_stop_the_state(
    device: CameraDevice, caplog: pytest.LogCaptureFixture
) -> None:
    connection, shapes = PublishedTopics(), 0

    def on_new_capabilities() -> None:
        nonlocal shapes
        shapes += 1
        raise RuntimeError("a bug")

    gateway = gateway_of(device, connection, on_new_capabilities)
    opened(device, Control("Night", Switch(), False))
    device.changed()
    device.changed()
    await asyncio.sleep(0)
    assert shapes == 1
    assert "a bug" in caplog.text
    device.changed()
    await asyncio.sleep(0)
    assert connection.sent == ["state", "availability"]
    gateway.close(offline=False)
    device.changed()
    await asyncio.sleep(0)
    assert connection.sent[2:] == []


async def test_health_is_reported_again_after_a_report_that_failed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reports, third = 0, asyncio.Event()

    def report(_health: Health) -> dict[str, Any]:
        nonlocal reports
        reports += 1
        if reports == 3:
            third.set()
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(Health, "report", report)
    settings = MqttSettings(host="127.0.0.1", port=9)
    registry = DeviceRegistry(Node("yard"))
    gateway = MqttGateway(settings, HomeAssistantSettings(), registry, "x", timing=NodeTiming(0, 0))
    gateway.start()
    async with asyncio.timeout(PATIENCE):
        await third.wait()
    await gateway.stop()
    assert "Too many open files" in caplog.text


@pytest.mark.parametrize("info", [b"", b"\xff", b"3", b"[]", b"{}", b'{"cameras": 3}', b'{"cameras": ["a"]}'])
def test_garbage_in_info_names_no_cameras(info: bytes) -> None:
    assert earlier_run(info) == EarlierRun()


def test_only_valid_ids_are_taken_from_info() -> None:
    info = b'{"cameras": {"front": 1, "../x": 1, "a/b": 1, "#": 1, "": 1, "Front": 1, "a\\u0000": 1}}'
    assert earlier_run(info).cameras == {"front"}


@pytest.mark.parametrize("prefix", ["3", '"a/#"', '"+"', '"\\u0000"', "null", "[]"])
def test_a_prefix_in_info_that_is_no_topic_is_ignored(prefix: str) -> None:
    info = f'{{"cameras": {{"front": {{"image_retain": true}}}}, "discovery_prefix": {prefix}}}'.encode()
    assert earlier_run(info) == EarlierRun(frozenset(["front"]), frozenset(["front"]))


def test_info_says_of_which_cameras_the_broker_keeps_pictures() -> None:
    info = (
        b'{"cameras": {"a": {"image_retain": true}, "b": {"motion_image": true}, "c": {"motion_image": 1}}}'
    )
    earlier = earlier_run(info)
    assert (earlier.retained_images, earlier.motion_images) == (frozenset("a"), frozenset("b"))


def test_names_in_info_that_are_no_ids_are_ignored() -> None:
    info = (
        b'{"cameras": {"a": {"detection_images": [1, null, {}, "+", "car"], "series_images": [[], "yard"]}}}'
    )
    earlier = earlier_run(info)
    assert earlier.detection_images == {"a": frozenset(["car"])}
    assert earlier.series_images == {"a": frozenset(["yard"])}
