"""From the features of a source to what users see: raw controls, actions, readings, full resolution."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
import pytest

from mqttcam.camera.camera import Camera
from mqttcam.camera.control import Action, Control
from mqttcam.camera.frame import Frame
from mqttcam.camera.metadata_field import MetadataField
from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraStatus
from mqttcam.camera.still import Still
from mqttcam.camera.timing import Timing
from mqttcam.commands.catalogue import camera_commands
from mqttcam.commands.registry import Member
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.node import Node
from mqttcam.devices.store import Store, stored_controls
from mqttcam.home_assistant import Announcer
from mqttcam.home_assistant.discovery import camera_discovery
from mqttcam.mqtt.topics import Topics
from mqttcam.values import Choice, Number, Value, Vector
from tests.camera.broken import Broken, Hardware
from tests.gateway.test_camera import PublishedTopics, gateway_of
from tests.home_assistant.test_announcer import Wire, kept_message
from tests.support.devices import Recorder, camera_settings, opened
from tests.support.lamp import ask, refused
from tests.support.pictures import jpeg
from tests.support.waiting import until

GAIN = Control("ColourGain", Number(0, 8), 1.0)
GAINS = Control("ColourGains", Vector(Number(0, 8), 2), raw=True)
MODE = Control("AfMode", Choice(("Manual", "Auto")), "Manual")
FOCUS = Action("Autofocus", "AfTrigger", "Start", icon="mdi:image-filter-center-focus")
LUX = MetadataField("Lux", Number(0, 1e6, unit="lx"), 1, "illuminance")
STATE = MetadataField("AfState", Choice(("Idle", "Focused")), icon="mdi:camera", label="autofocus state")
LARGE = jpeg(640, 480)


class Focusing(Broken):
    """One of the names for gains ends the other, and autofocus changes the mode."""

    def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        super().apply(values)
        follows: dict[str, Value] = {}
        if "ColourGains" in values:
            follows["ColourGain"] = None
        if "AfTrigger" in values:
            follows["AfMode"] = "Auto"
        return {**values, **follows}


def still(*, raw: bool = False) -> Still:
    return Still(Frame(time.time_ns(), 640, 480, jpeg=LARGE), paused=True)


@pytest.fixture
def readings() -> dict[MetadataField, Value]:
    return {LUX: 400.5}


@pytest.fixture
def hardware(readings: dict[MetadataField, Value]) -> Hardware:
    return Hardware(controls=(GAIN, MODE, GAINS), actions=(FOCUS,), readings=readings, take_still=still)


@pytest.fixture
async def focusing(hardware: Hardware, store: Store) -> AsyncIterator[CameraDevice]:
    """A camera that has all of it, running."""
    settings = camera_settings(frame_rate=100)
    camera = Camera(
        "front", settings, make_source=lambda wake: hardware(wake, Focusing), timing=Timing(tick=0.02)
    )
    device = CameraDevice(camera, store)
    camera.start()
    await until(lambda: camera.status is CameraStatus.RUNNING)
    yield device
    await camera.stop()


def payload_of(device: CameraDevice) -> dict[str, Any]:
    return camera_discovery(device, Node("yard"), Topics("mqttcam", "yard")).payload()


# entities and discovery


async def test_a_raw_control_is_an_entity_that_is_disabled_by_default(focusing: CameraDevice) -> None:
    parts = payload_of(focusing)["cmps"]
    assert parts["colour_gains"]["en"] is False
    assert "en" not in parts["colour_gain"]
    assert state_of(camera_entities(focusing), focusing)["colour_gains"] is None
    assert (await ask(focusing, "set", b"[1.5, 2]", key="colour_gains"))["ok"] is True
    assert state_of(camera_entities(focusing), focusing)["colour_gains"] == [1.5, 2.0]


async def test_an_action_is_a_button_and_a_command(focusing: CameraDevice, hardware: Hardware) -> None:
    part = payload_of(focusing)["cmps"]["autofocus"]
    assert (part["p"], part["cmd_t"]) == ("button", "mqttcam/yard/front/cmd/autofocus")
    assert (part["ent_cat"], part["ic"]) == ("config", "mdi:image-filter-center-focus")
    assert "autofocus" in camera_commands(focusing)
    assert (await ask(focusing, "autofocus"))["ok"] is True
    assert hardware.applied == [{"AfTrigger": "Start"}]


async def test_a_reading_is_a_sensor_once_a_frame_has_it(
    focusing: CameraDevice, readings: dict[MetadataField, Value]
) -> None:
    await until(lambda: focusing.camera.readings.fields)
    part = payload_of(focusing)["cmps"]["measured_lux"]
    assert (part["p"], part["ent_cat"], part["dev_cla"]) == ("sensor", "diagnostic", "illuminance")
    assert (part["unit_of_meas"], part["stat_cla"], part["sug_dsp_prc"]) == ("lx", "measurement", 1)
    assert part["val_tpl"] == "{{ value_json.measured_lux | default(none) }}"
    assert state_of(camera_entities(focusing), focusing)["measured_lux"] == 400.5
    readings[STATE] = "Focused"
    await until(lambda: "measured_autofocus_state" in focusing.camera.readings.fields)
    part = payload_of(focusing)["cmps"]["measured_autofocus_state"]
    assert (part["dev_cla"], part["ops"]) == ("enum", ["Idle", "Focused"])
    assert not {"stat_cla", "unit_of_meas"} & set(part)


async def test_only_cameras_with_full_resolution_have_its_button(
    focusing: CameraDevice, device: CameraDevice
) -> None:
    part = payload_of(focusing)["cmps"]["full_snapshot"]
    assert part["cmd_t"] == "mqttcam/yard/front/cmd/snapshot"
    assert orjson.loads(part["pl_prs"]) == {"full_resolution": True}
    assert "full_snapshot" not in payload_of(opened(device))["cmps"]


async def test_controls_and_actions_with_names_of_ours_are_left_out(device: CameraDevice) -> None:
    opened(device, Control("Enabled", Number(0, 9), 1))
    device.camera.actions = {"snapshot": Action("Snapshot", "Snapshot", "Press")}
    keys = [entity.key for entity in camera_entities(device)]
    assert len(keys) == len(set(keys))
    parts = payload_of(device)["cmps"]
    assert (parts["enabled"]["p"], parts["snapshot"]["name"]) == ("switch", "Snapshot")
    assert camera_commands(device)["snapshot"].arguments


async def test_the_description_has_all_of_it(focusing: CameraDevice) -> None:
    described = Member(focusing, CommandRunner(focusing, camera_commands)).describe()
    entities = {entity.key: entity for entity in described.entities}
    assert entities["full_snapshot"].arguments == {"full_resolution": True}
    assert entities["colour_gains"].options["enabled_by_default"] is False
    commands = {command.name: command for command in described.commands}
    assert "autofocus" in commands
    assert "full_resolution" in commands["snapshot"].arguments
    assert "autofocus" in described.capabilities["commands"]  # type: ignore[operator]


async def test_readings_of_an_earlier_run_stay_until_frames_have_come(
    focusing: CameraDevice, readings: dict[MetadataField, Value]
) -> None:
    """Otherwise Home Assistant would forget the user's settings for them."""
    wire = Wire()
    announcer = Announcer(wire.publish, wire.call_later, Topics("mqttcam", "yard"), "ha", Node("yard"))
    kept = {"p": "sensor", "uniq_id": "mqttcam_yard_front_measured_lux", "stat_t": "x"}
    gone = {"p": "sensor", "uniq_id": "mqttcam_yard_front_measured_old", "stat_t": "x"}
    announcer.received("mqttcam_yard_front", kept_message(measured_lux=kept, measured_old=gone))
    focusing.camera.readings.complete = False
    focusing.camera.readings.fields = {}
    announcer.announce(focusing)
    assert wire.components["measured_lux"] == kept
    assert wire.components["measured_old"] == gone
    await until(lambda: focusing.camera.complete)
    announcer.announce(focusing)
    assert wire.components["measured_lux"]["unit_of_meas"] == "lx"
    assert wire.components["measured_old"] == {"p": "sensor"}


async def test_new_readings_are_announced_once_and_new_values_are_not(
    focusing: CameraDevice, readings: dict[MetadataField, Value]
) -> None:
    shapes = 0

    def count() -> None:
        nonlocal shapes
        shapes += 1

    await until(lambda: focusing.camera.complete)
    connection = PublishedTopics()
    gateway = gateway_of(focusing, connection, count)
    for value in (1.0, 2.0, 3.0):
        readings[LUX] = value
        await until(lambda: focusing.camera.readings.values["measured_lux"] == readings[LUX])
    await asyncio.sleep(0)
    assert shapes == 0
    assert connection.sent.count("state") == 3
    readings[STATE] = "Idle"
    await until(lambda: shapes)
    del readings[STATE]
    await until(lambda: "measured_autofocus_state" not in focusing.camera.readings.values)
    await asyncio.sleep(0)
    assert shapes == 1
    assert state_of(camera_entities(focusing), focusing)["measured_autofocus_state"] is None
    gateway.close(offline=True)


# commands


async def test_consequences_of_a_value_are_returned_and_stored(focusing: CameraDevice, store: Store) -> None:
    await ask(focusing, "set", {"colour_gain": 2})
    answer = await ask(focusing, "set", {"colour_gains": [1, 2]})
    assert answer["changed"] == {"colour_gains": [1.0, 2.0], "colour_gain": None}
    kept = stored_controls(store, "front", focusing.settings)
    assert list(kept.items()) == [("colour_gains", [1.0, 2.0]), ("colour_gain", None)]


async def test_consequences_of_an_action_are_stored_and_the_action_is_not(
    focusing: CameraDevice, store: Store
) -> None:
    await ask(focusing, "autofocus")
    assert stored_controls(store, "front", focusing.settings) == {"af_mode": "Auto"}


async def test_controls_are_stored_in_the_order_of_their_last_change(
    focusing: CameraDevice, store: Store
) -> None:
    for patch in ({"af_mode": "Auto"}, {"colour_gain": 2}, {"af_mode": "Manual"}):
        await ask(focusing, "set", patch)
    assert list(stored_controls(store, "front", focusing.settings)) == ["colour_gain", "af_mode"]


async def test_autofocus_of_a_camera_that_cannot(running: CameraDevice) -> None:
    error = await refused(running, "autofocus")
    assert (error["code"], error["message"]) == ("not_supported", "this camera cannot focus")
    assert "autofocus" not in error["allowed"]
    assert (await refused(running, "cancel_autofocus"))["code"] == "unknown_command"


async def test_autofocus_of_a_camera_that_is_not_open(device: CameraDevice) -> None:
    assert (await refused(device, "autofocus"))["code"] == "unavailable"
    assert (await refused(Node("yard"), "autofocus"))["code"] == "unknown_command"


@pytest.mark.parametrize("asked", [True, "true", "ON", 1])
async def test_a_full_snapshot_is_delivered_to_observers(focusing: CameraDevice, asked: object) -> None:
    observer = Recorder()
    focusing.attach(observer)
    assert (await ask(focusing, "snapshot", {"full_resolution": asked, "request_id": "x"}))["ok"] is True
    assert (await ask(focusing, "snapshot", {"full_resolution": False}))["ok"] is True
    assert [(picture.width, request_id) for picture, request_id in observer.snapshots] == [
        (640, "x"),
        (64, None),
    ]


async def test_a_full_snapshot_fits_the_limit(focusing: CameraDevice) -> None:
    observer = Recorder()
    observer.max_snapshot_bytes = len(LARGE) // 2
    focusing.attach(observer)
    await ask(focusing, "snapshot", {"full_resolution": True})
    ((picture, _request_id),) = observer.snapshots
    assert len(picture.jpeg) <= len(LARGE) // 2


async def test_a_full_snapshot_of_a_camera_that_cannot(running: CameraDevice) -> None:
    error = await refused(running, "snapshot", {"full_resolution": True})
    assert error["code"] == "not_supported"
    assert (await refused(running, "snapshot", {"full_resolution": "maybe"}))["code"] == "invalid_value"


async def test_one_full_snapshot_at_a_time(focusing: CameraDevice, hardware: Hardware) -> None:
    first = asyncio.create_task(ask(focusing, "snapshot", {"full_resolution": True}))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (await refused(focusing, "snapshot", {"full_resolution": True}))["code"] == "busy"
    assert (await first)["ok"] is True


async def test_a_full_snapshot_that_fails_has_the_reason(focusing: CameraDevice, hardware: Hardware) -> None:
    def fail(*, raw: bool) -> Still:
        raise SourceError("too little camera memory for a full picture")

    hardware.attributes["take_still"] = fail
    await focusing.camera.restart()
    error = await refused(focusing, "snapshot", {"full_resolution": True})
    assert (error["code"], error["message"]) == ("unavailable", "too little camera memory for a full picture")
    assert (await ask(focusing, "snapshot"))["ok"] is True
