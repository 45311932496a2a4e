"""When discovery messages are published, and which entities they remove."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from mqttcam.camera.control import Control
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.node import Node
from mqttcam.home_assistant import Announcer
from mqttcam.mqtt.topics import Topics
from mqttcam.values import Choice, Number
from tests.support.devices import opened

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
        due, self.later = self.later, []
        for callback in due:
            callback()

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


def kept_message(**components: dict[str, str]) -> bytes:
    """A discovery message of an earlier run."""
    return orjson.dumps({"dev": {"ids": ["x"]}, "o": {"name": "mqttcam"}, "cmps": components})


async def test_every_control_is_an_entity(announcer: Announcer, wire: Wire, device: CameraDevice) -> None:
    announcer.announce(opened(device, BRIGHTNESS, AWB))
    assert wire.sent[-1][0] == TOPIC
    assert wire.components["brightness"]["p"] == "number"
    assert wire.components["awb_mode"]["ops"] == ["Auto", "Daylight"]


async def test_an_entity_that_no_longer_exists_is_removed(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
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


async def test_controls_stay_until_the_camera_was_opened(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
    kept = {"p": "number", "uniq_id": "mqttcam_yard_front_brightness", "cmd_t": "x"}
    announcer.received("mqttcam_yard_front", kept_message(brightness=kept))
    announcer.announce(device)
    assert wire.components["brightness"] == kept
    announcer.announce(opened(device))
    assert wire.components["brightness"] == {"p": "number"}


async def test_an_echo_of_its_own_message_changes_nothing(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
    announcer.announce(opened(device, BRIGHTNESS))
    announcer.received("mqttcam_yard_front", orjson.dumps(wire.sent[-1][1]))
    assert len(wire.sent) == 1


async def test_a_deleted_device_is_not_announced_until_rediscover(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
    announcer.announce(opened(device, BRIGHTNESS))
    announcer.received("mqttcam_yard_front", b"")
    announcer.announce(device)
    assert len(wire.sent) == 1
    announcer.forget_deletions()
    announcer.announce(device)
    assert len(wire.sent) == 2


async def test_an_entity_whose_platform_changes_is_removed_first(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
    announcer.announce(opened(device, BRIGHTNESS))
    announcer.announce(opened(device, Control("Brightness", Choice(("Low", "High")), "Low")))
    assert wire.components["brightness"] == {"p": "number"}
    wire.run_later()
    assert wire.components["brightness"]["p"] == "select"


@pytest.mark.parametrize("garbage", [b"\xff", b"[]", b"{}", b'{"cmps": 3}', b'{"cmps": {"a": 1}}', b"null"])
async def test_an_invalid_message_is_ignored(
    announcer: Announcer, wire: Wire, device: CameraDevice, garbage: bytes
) -> None:
    announcer.announce(opened(device, BRIGHTNESS))
    announcer.received("mqttcam_yard_front", garbage)
    announcer.announce(device)
    assert "brightness" in wire.components


async def test_a_removed_camera_leaves_no_message(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
    announcer.announce(opened(device, BRIGHTNESS))
    announcer.remove("front")
    assert wire.sent[-1] == (TOPIC, None)


async def test_a_later_step_is_not_published_after_a_new_announcement(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
    announcer.announce(opened(device, BRIGHTNESS, AWB))
    announcer.announce(opened(device, BRIGHTNESS))
    announcer.announce(opened(device, BRIGHTNESS, AWB))
    wire.run_later()
    assert "awb_mode" in wire.components


@pytest.mark.parametrize("how", ["removed", "deleted"])
async def test_a_later_step_is_not_published_after_the_camera_was_removed(
    announcer: Announcer, wire: Wire, device: CameraDevice, how: str
) -> None:
    announcer.announce(opened(device, BRIGHTNESS, AWB))
    announcer.announce(opened(device, BRIGHTNESS))
    if how == "removed":
        announcer.remove("front")
    else:
        announcer.received("mqttcam_yard_front", b"")
    before = len(wire.sent)
    wire.run_later()
    assert len(wire.sent) == before


async def test_a_camera_that_is_added_again_is_announced_though_it_was_deleted(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
    announcer.received("mqttcam_yard_front", b"")
    announcer.remove("front")
    announcer.announce(opened(device, BRIGHTNESS))
    assert "brightness" in wire.components


async def test_two_nodes_with_the_same_id_do_not_overwrite_each_other_for_ever(
    announcer: Announcer, wire: Wire, device: CameraDevice, caplog: pytest.LogCaptureFixture
) -> None:
    announcer.announce(opened(device, BRIGHTNESS))
    theirs = kept_message(
        af_mode={"p": "select", "uniq_id": "x", "cmd_t": "mqttcam/yard_front/a/set/af_mode"}
    )
    for _ in range(3):
        announcer.received("mqttcam_yard_front", theirs, live=True)
    assert len(wire.sent) == 1
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1


NODE = "mqttcam_yard"


def links(wire: Wire, since: int) -> list[bool]:
    """Whether each message of the camera since then has a link to the node."""
    return ["via_device" in message["dev"] for topic, message in wire.sent[since:] if topic == TOPIC]


async def test_rediscover_links_the_cameras_to_a_node_that_was_deleted(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
    announcer.announce_node()
    announcer.announce(opened(device, BRIGHTNESS))
    announcer.received(NODE, b"", live=True)
    before = len(wire.sent)
    announcer.forget_deletions()
    announcer.announce_node()
    announcer.announce(device)
    wire.run_later()
    assert links(wire, before) == [False, True], "Home Assistant acts on a message that differs"
    announcer.announce(device)
    assert links(wire, before) == [False, True, True]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("was_there", [False, True])
async def test_a_start_links_the_cameras_to_a_node_that_was_deleted_meanwhile(
    announcer: Announcer, wire: Wire, device: CameraDevice, was_there: bool, late: bool
) -> None:
    announcer.announce_node()
    node = orjson.dumps(wire.sent[-1][1])
    announcer.announce(opened(device, BRIGHTNESS))
    camera = orjson.dumps(wire.sent[-1][1])
    if was_there:
        announcer.received(NODE, node)
    if late:
        wire.run_later()
    for _ in range(2):  # at each connect
        announcer.received("mqttcam_yard_front", camera)
    wire.run_later()
    wire.run_later()
    assert links(wire, 0) == ([True] if was_there else [True, False, True])


async def test_a_first_start_publishes_each_device_once(
    announcer: Announcer, wire: Wire, device: CameraDevice
) -> None:
    announcer.announce_node()
    announcer.announce(opened(device, BRIGHTNESS))
    for topic, message in tuple(wire.sent):
        announcer.received(topic.split("/")[2], orjson.dumps(message), live=True)
    wire.run_later()
    assert len(wire.sent) == 2
