"""What goes out over MQTT goes on, whatever fails beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

import mqttcam.gateway.camera
import mqttcam.gateway.node
from mqttcam.camera.control import Control
from mqttcam.commands.catalogue import CAMERA_COMMANDS
from mqttcam.commands.registry import DeviceRegistry
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.health import Health
from mqttcam.devices.node import Node
from mqttcam.gateway.camera import CameraGateway
from mqttcam.gateway.node import MqttGateway
from mqttcam.gateway.pictures import PicturePublisher
from mqttcam.mqtt.connection import Connection
from mqttcam.mqtt.topics import Topics
from mqttcam.settings import HomeAssistantSettings, MqttSettings
from mqttcam.values import Switch
from tests.support.devices import MakeDevice, opened


class Wire:
    """A connection that keeps what is published."""

    connected = True

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.full = False

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> bool:
        assert (qos, retain) == (1, True)
        if not self.full:
            self.sent.append(topic.rpartition("/")[2])
        return not self.full


class Pictures:
    """A publisher of none."""

    dropped = max_bytes = 0
    arrived: Callable[[], None] | None = None

    def configure(self, *settings: object, **more: object) -> None:
        """Nothing to configure."""

    def withdraw(self, then: Callable[[], None]) -> None:
        """As with one that is under way."""
        self.arrived = then

    def close(self) -> None:
        """Nothing to close."""


def endpoint_of(device: CameraDevice, wire: Wire, on_new_shape: Callable[[], None]) -> CameraGateway:
    return CameraGateway(
        device,
        CommandRunner(device, CAMERA_COMMANDS),
        cast("Connection", wire),
        cast("PicturePublisher", Pictures()),
        Topics("mqttcam", "yard").camera("front"),
        None,
        on_new_shape,
    )


async def test_a_state_that_could_not_be_sent_is_sent_later(
    device: CameraDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqttcam.gateway.camera, "_AGAIN", 0)
    wire = Wire()
    endpoint = endpoint_of(opened(device), wire, lambda: None)
    wire.full = True
    device.changed()
    await asyncio.sleep(0)
    wire.full = False
    async with asyncio.timeout(10):
        while len(wire.sent) < 2:
            await asyncio.sleep(0)
    assert wire.sent == ["availability", "state"]
    endpoint.close(for_good=False)


async def test_a_picture_that_came_in_after_the_camera_was_switched_off_is_emptied_at_once(
    make_device: MakeDevice,
) -> None:
    device, wire = opened(make_device(image={"retain": True})), Wire()
    endpoint = endpoint_of(device, wire, lambda: None)
    pictures = cast("Pictures", endpoint.pictures)
    device.changed()
    assert pictures.arrived is None, "it gives pictures"
    device.camera.set_enabled(False)
    assert pictures.arrived is not None
    await asyncio.sleep(0)
    assert wire.sent == ["availability", "image", "state"]
    pictures.arrived()
    assert wire.sent[3:] == ["image"]
    device.camera.set_enabled(True)
    pictures.arrived()
    assert wire.sent[4:] == [], "there are new ones"
    endpoint.close(for_good=False)


async def test_a_discovery_that_fails_does_not_end_the_state(
    device: CameraDevice, caplog: pytest.LogCaptureFixture
) -> None:
    wire, shapes = Wire(), 0

    def on_new_shape() -> None:
        nonlocal shapes
        shapes += 1
        raise RuntimeError("a bug")

    endpoint = endpoint_of(device, wire, on_new_shape)
    opened(device, Control("Night", Switch(), False))
    device.changed()
    device.changed()
    await asyncio.sleep(0)
    assert shapes == 1
    assert "a bug" in caplog.text
    device.changed()
    await asyncio.sleep(0)
    assert wire.sent == ["availability", "state"]
    endpoint.close(for_good=True)
    assert wire.sent[2:] == ["availability", "state", "image"]
    device.changed()
    await asyncio.sleep(0)
    assert len(wire.sent) == 5


async def test_a_health_report_that_fails_is_not_the_last_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(mqttcam.gateway.node, "_FIRST_HEALTH", 0)
    monkeypatch.setattr(mqttcam.gateway.node, "HEALTH_INTERVAL", 0)
    reports, third = 0, asyncio.Event()

    def report(_health: Health) -> dict[str, Any]:
        nonlocal reports
        reports += 1
        if reports == 3:
            third.set()
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(Health, "report", report)
    settings = MqttSettings(host="127.0.0.1", port=9)
    gateway = MqttGateway(settings, HomeAssistantSettings(), DeviceRegistry(Node("yard")), "x")
    gateway.start()
    async with asyncio.timeout(10):
        await third.wait()
    await gateway.stop()
    assert "Too many open files" in caplog.text


@pytest.mark.parametrize("info", [b"", b"\xff", b"3", b"[]", b"{}", b'{"cameras": 3}', b'{"cameras": ["a"]}'])
def test_garbage_on_info(info: bytes) -> None:
    assert mqttcam.gateway.node._camera_ids(info) == set()


def test_only_ids_are_taken_from_info() -> None:
    info = b'{"cameras": {"front": 1, "../x": 1, "a/b": 1, "#": 1, "": 1, "Front": 1, "a\\u0000": 1}}'
    assert mqttcam.gateway.node._camera_ids(info) == {"front"}
