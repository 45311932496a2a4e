"""The life of discovery messages: what is gone, what was deleted, what is not known yet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from mqttcam.app import build_device
from mqttcam.camera.camera import CameraStatus
from mqttcam.camera.control import Control
from mqttcam.camera.source import SourceInfo
from mqttcam.devices import CameraDevice
from mqttcam.home_assistant import Announcer
from mqttcam.mqtt.topics import Topics
from mqttcam.node import Node
from mqttcam.settings import CameraSettings
from mqttcam.store import Store
from mqttcam.values import Choice, Number

TOPIC = "homeassistant/device/mqttcam_yard_front/config"
BRIGHTNESS = Control("Brightness", Number(-1, 1), 0.0)
AWB = Control("AwbMode", Choice(("Auto", "Daylight")), "Auto")


class Wire:
    """What the announcer publishes, and what it does later."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.later: list[Callable[[], None]] = []

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
        assert (qos, retain) == (1, True)
        self.sent.append((topic, orjson.loads(payload) if payload else None))

    def call_later(self, _delay: float, callback: Callable[[], None]) -> None:
        self.later.append(callback)

    def run_later(self) -> None:
        for callback in self.later:
            callback()
        self.later.clear()

    @property
    def components(self) -> dict[str, Any]:
        """Those of the message sent last."""
        found: dict[str, Any] = self.sent[-1][1]["cmps"]
        return found


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def announcer(wire: Wire) -> Announcer:
    return Announcer(wire.publish, wire.call_later, Topics("mqttcam", "yard"), "homeassistant", Node("yard"))


@pytest.fixture
async def device(tmp_path: Path) -> CameraDevice:
    settings = CameraSettings.model_validate({"name": "Front", "source": {"type": "test_pattern"}})
    return build_device("front", settings, Store(tmp_path / "values.json"))


def opened(device: CameraDevice, *controls: Control) -> CameraDevice:
    """The camera as it is once its source has told its controls."""
    device.camera.info = SourceInfo("Test", 320, 240, 10, controls)
    device.camera.controls = {control.key: control for control in controls}
    device.camera.status = CameraStatus.RUNNING
    return device


def kept_message(**components: dict[str, str]) -> bytes:
    """A discovery message of an earlier run."""
    return orjson.dumps({"dev": {"ids": ["x"]}, "o": {"name": "mqttcam"}, "cmps": components})


async def test_every_control_is_an_entity(announcer: Announcer, wire: Wire, device: CameraDevice) -> None:
    announcer.announce(opened(device, BRIGHTNESS, AWB))
    assert wire.sent[-1][0] == TOPIC
    assert wire.components["brightness"]["p"] == "number"
    assert wire.components["awb_mode"]["ops"] == ["Auto", "Daylight"]


async def test_an_entity_that_is_gone_is_removed(announcer: Announcer, wire: Wire, device: CameraDevice) -> None:
    announcer.announce(opened(device, BRIGHTNESS, AWB))
    announcer.announce(opened(device, BRIGHTNESS))
    assert wire.components["awb_mode"] == {"p": "select"}
    wire.run_later()
    assert "awb_mode" not in wire.components


async def test_an_entity_of_an_earlier_run_is_removed(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
    announcer.announce(opened(device, BRIGHTNESS))
    announcer.received(
        "mqttcam_yard_front", kept_message(af_mode={"p": "select", "uniq_id": "mqttcam_yard_front_af_mode"})
    )
    assert wire.components["af_mode"] == {"p": "select"}
    wire.run_later()
    assert "af_mode" not in wire.components


async def test_controls_stay_while_a_camera_was_not_opened(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
    kept = {"p": "number", "uniq_id": "mqttcam_yard_front_brightness", "cmd_t": "x"}
    announcer.received("mqttcam_yard_front", kept_message(brightness=kept))
    announcer.announce(device)
    assert wire.components["brightness"] == kept
    announcer.announce(opened(device))
    assert wire.components["brightness"] == {"p": "number"}


async def test_its_own_message_coming_back_changes_nothing(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
    announcer.announce(opened(device, BRIGHTNESS))
    announcer.received("mqttcam_yard_front", orjson.dumps(wire.sent[-1][1]))
    assert len(wire.sent) == 1


async def test_a_deleted_device_stays_away_until_it_is_wanted_again(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
    announcer.announce(opened(device, BRIGHTNESS))
    announcer.received("mqttcam_yard_front", b"")
    announcer.announce(device)
    assert len(wire.sent) == 1
    announcer.forget_deletions()
    announcer.announce(device)
    assert len(wire.sent) == 2


async def test_a_key_that_changes_its_platform_goes_first(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
    announcer.announce(opened(device, BRIGHTNESS))
    announcer.announce(opened(device, Control("Brightness", Choice(("Low", "High")), "Low")))
    assert wire.components["brightness"] == {"p": "number"}
    wire.run_later()
    assert wire.components["brightness"]["p"] == "select"


@pytest.mark.parametrize("garbage", [b"\xff", b"[]", b"{}", b'{"cmps": 3}', b'{"cmps": {"a": 1}}', b"null"])
async def test_garbage_on_its_topic_is_passed_over(
    announcer: Announcer, wire: Wire, device: CameraDevice, garbage: bytes
) -> None:
    announcer.announce(opened(device, BRIGHTNESS))
    announcer.received("mqttcam_yard_front", garbage)
    announcer.announce(device)
    assert "brightness" in wire.components


async def test_a_camera_that_is_removed_leaves_nothing(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
    announcer.announce(opened(device, BRIGHTNESS))
    announcer.remove("front")
    assert wire.sent[-1] == (TOPIC, None)
