"""Discovery messages: the keys of each platform, ids and names."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mqttcam.camera.control import Control
from mqttcam.camera.metadata_field import MetadataField
from mqttcam.camera.source import SourceInfo
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.machine import Machine
from mqttcam.devices.node import Node
from mqttcam.home_assistant.discovery import (
    camera_discovery,
    camera_object_id,
    discovery_messages,
    node_discovery,
    node_object_id,
    slugify,
)
from mqttcam.mqtt.topics import Topics
from mqttcam.values import Choice, Number, Rectangle, Switch, Text, Vector
from tests.support.devices import MakeDevice, opened

TOPICS = Topics("mqttcam", "yard")
HERE = "mqttcam/yard/front"
CONTROLS = (
    Control("Brightness", Number(-1, 1), 0.0),
    Control("AwbMode", Choice(("Auto", "Daylight")), "Auto"),
    Control("AeEnable", Switch(), True),
    Control("ColourGains", Vector(Number(0, 32), 2), None),
    Control("ScalerCrop", Rectangle((0, 0, 640, 480), view="scaler_crop"), (0, 0, 640, 480)),
    Control("Label", Text(300), "x"),
    Control("ExposureTime", Number(1, 10**6, integer=True, unit="µs"), 100, icon="mdi:camera-timer"),
)
ENTITY_ID = re.compile(r"[a-z_]+\.[a-z0-9]+(_[a-z0-9]+)*")


def payload_of(device: CameraDevice, node: str = "yard") -> dict[str, Any]:
    return camera_discovery(device, Node(node), Topics("mqttcam", node)).payload()


@pytest.fixture
async def components(device: CameraDevice) -> dict[str, Any]:
    """Those of a camera with a control of each kind."""
    found: dict[str, Any] = payload_of(opened(device, *CONTROLS))["cmps"]
    return found


def test_the_device_of_a_camera(components: dict[str, Any], device: CameraDevice) -> None:
    payload = payload_of(device)
    assert payload["dev"]["ids"] in ("mqttcam_yard_front", ["mqttcam_yard_front"])
    assert (payload["dev"]["name"], payload["dev"]["mdl"]) == ("Front", "Test")
    assert payload["dev"]["via_device"] == "mqttcam_yard"
    assert payload["avty_mode"] == "all"
    assert [one["t"] for one in payload["avty"]] == ["mqttcam/yard/status", f"{HERE}/availability"]
    assert payload["o"]["name"] == "mqttcam"


def test_ids(components: dict[str, Any]) -> None:
    for key, part in components.items():
        assert part["uniq_id"] == f"mqttcam_yard_front_{key}"
        assert ENTITY_ID.fullmatch(part["def_ent_id"])
        assert part["def_ent_id"].startswith(f"{part['p']}.front")
        assert "object_id" not in part
        assert "obj_id" not in part


def test_pictures(components: dict[str, Any]) -> None:
    assert (components["camera"]["p"], components["camera"]["t"]) == ("camera", f"{HERE}/image")
    assert components["camera"]["name"] is None
    assert components["last_snapshot"]["img_t"] == f"{HERE}/snapshot"
    assert components["last_snapshot"]["cont_type"] == "image/jpeg"


async def test_every_declared_entity_follows_from_its_declaration(make_device: MakeDevice) -> None:
    device = opened(make_device(motion=True), *CONTROLS)
    components = payload_of(device)["cmps"]
    topics = {key: f"{HERE}/{key}" for key in ("state", "image", "snapshot", "event")}
    topics["motion_image"] = f"{HERE}/motion/image"
    state = state_of(camera_entities(device), device)
    for entity in camera_entities(device):
        part = components[entity.key]
        read_from = part.get("stat_t") or part.get("img_t") or part.get("t")
        assert read_from == (None if entity.platform == "button" else topics[entity.topic])
        assert (entity.key in state) is (entity.kind is not None)
        assert part.get("cmd_t") == (
            f"{HERE}/set/{entity.key}"
            if entity.settable
            else entity.command and f"{HERE}/cmd/{entity.command}"
        )


def test_number(components: dict[str, Any]) -> None:
    part = components["exposure_time"]
    assert part["p"] == "number"
    assert (part["cmd_t"], part["stat_t"]) == (f"{HERE}/set/exposure_time", f"{HERE}/state")
    assert (part["min"], part["max"], part["unit_of_meas"]) == (1, 10**6, "\u03bcs")
    assert part["dev_cla"] == "duration"
    assert (part["ent_cat"], part["ic"], part["mode"]) == ("config", "mdi:camera-timer", "box")
    assert part["val_tpl"] == "{{ value_json.exposure_time | default(none) }}"
    assert (components["brightness"]["min"], components["brightness"]["max"]) == (-1, 1)
    assert components["brightness"]["step"] == 0.01


def test_select(components: dict[str, Any]) -> None:
    part = components["awb_mode"]
    assert (part["p"], part["ops"], part["cmd_t"]) == ("select", ["Auto", "Daylight"], f"{HERE}/set/awb_mode")
    assert "cmd_tpl" not in part


@pytest.mark.parametrize("none", ["None", "none", "NONE"])
async def test_an_option_that_home_assistant_takes_for_unknown_is_renamed(
    device: CameraDevice, none: str
) -> None:
    part = payload_of(opened(device, Control("ColorFX", Choice((none, "Sepia")), none)))["cmps"]["color_fx"]
    assert part["ops"] == [f"({none})", "Sepia"]
    value = "value_json.color_fx | default(none)"
    assert part["val_tpl"] == f"{{{{ {{'{none}': '({none})'}}.get({value}, {value}) }}}}"
    assert part["cmd_tpl"] == f"{{{{ {{'({none})': '{none}'}}.get(value, value) }}}}"


async def test_options_are_in_words(device: CameraDevice) -> None:
    control = Control("NoiseReductionMode", Choice(("Off", "HighQuality")), "Off")
    part = payload_of(opened(device, control))["cmps"][control.key]
    assert part["ops"] == ["Off", "High quality"]
    assert "{'HighQuality': 'High quality'}" in part["val_tpl"]
    assert part["cmd_tpl"] == "{{ {'High quality': 'HighQuality'}.get(value, value) }}"


async def test_an_entity_id_stays_when_a_name_is_improved(device: CameraDevice) -> None:
    parts = payload_of(opened(device, Control("AeEnable", Switch(), True)))["cmps"]
    ids = {
        "enabled": ("Camera", "switch.front_enabled"),
        "fps": ("Measured frame rate", "sensor.front_frame_rate"),
        "ae_enable": ("Auto exposure", "switch.front_ae_enable"),
    }
    for key, (name, entity_id) in ids.items():
        assert (parts[key]["name"], parts[key]["def_ent_id"]) == (name, entity_id)


async def test_devices_have_manufacturer_model_version_and_area(make_device: MakeDevice) -> None:
    device = make_device(suggested_area="Garden")
    device.camera.info = SourceInfo("C920", 320, 240, 10, manufacturer="Logitech", hw_version="0.11")
    camera = payload_of(device)["dev"]
    assert (camera["mf"], camera["mdl"], camera["hw"], camera["sa"]) == (
        "Logitech", "C920", "0.11", "Garden",
    )  # fmt: skip
    machine = Machine("Raspberry Pi", "Raspberry Pi 5 Model B", "1.0")
    node = node_discovery(Node("yard", machine=machine, suggested_area="Garage"), TOPICS).payload()["dev"]
    assert (node["mf"], node["mdl"], node["hw"], node["sa"]) == (
        "Raspberry Pi", "Raspberry Pi 5 Model B", "1.0", "Garage",
    )  # fmt: skip
    unknown = node_discovery(Node("yard", machine=Machine()), TOPICS).payload()["dev"]
    assert (unknown["mf"], unknown["mdl"]) == ("mqttcam", "Camera node")
    assert not {"hw", "sa"} & set(unknown)


async def test_a_sensor_has_no_command(device: CameraDevice) -> None:
    reading = MetadataField("AfState", Choice(("None", "Scanning")))
    opened(device).camera.readings.fields = {reading.key: reading}
    part = payload_of(device)["cmps"][reading.key]
    assert part["ops"] == ["(None)", "Scanning"]
    assert "cmd_tpl" not in part


def test_switch(components: dict[str, Any]) -> None:
    part = components["ae_enable"]
    assert (part["p"], part["cmd_t"], part["stat_t"]) == ("switch", f"{HERE}/set/ae_enable", f"{HERE}/state")
    assert "pl_on" not in part


def test_text(components: dict[str, Any]) -> None:
    assert (components["label"]["p"], components["label"].get("max", 255)) == ("text", 255)
    for key in ("colour_gains", "scaler_crop"):
        assert components[key]["p"] == "text"
        template = "{{ '' if value_json.KEY | default(none) is none else value_json.KEY | to_json }}"
        assert components[key]["val_tpl"] == template.replace("KEY", key)


def test_button(components: dict[str, Any]) -> None:
    part = components["snapshot"]
    assert (part["p"], part["cmd_t"]) == ("button", f"{HERE}/cmd/snapshot")
    assert "stat_t" not in part
    assert components["restart_camera"]["ent_cat"] == "config"


def test_sensor(components: dict[str, Any]) -> None:
    part = components["fps"]
    assert (part["p"], part["stat_t"], part["unit_of_meas"]) == ("sensor", f"{HERE}/state", "fps")
    assert part["ent_cat"] == "diagnostic"
    assert not {"cmd_t", "min", "max"} & set(part)


def test_the_node() -> None:
    payload = node_discovery(Node("yard"), TOPICS).payload()
    parts = payload["cmps"]
    assert "via_device" not in payload["dev"]
    assert "avty" not in payload
    assert parts["status"]["p"] == "binary_sensor"
    assert parts["status"]["stat_t"] == "mqttcam/yard/status"
    assert (parts["status"]["pl_on"], parts["status"]["pl_off"]) == ("online", "offline")
    assert "avty" not in parts["status"]
    for key, part in parts.items():
        assert part["uniq_id"] == f"mqttcam_yard_{key}"
        assert key == "status" or [one["t"] for one in part["avty"]] == ["mqttcam/yard/status"]
    assert parts["log_level"]["cmd_t"] == "mqttcam/yard/cmd/log_level"
    assert parts["log_level"]["stat_t"] == "mqttcam/yard/health"
    assert parts["restart"]["cmd_t"] == "mqttcam/yard/cmd/restart"


async def test_the_node_comes_first(device: CameraDevice) -> None:
    assert list(discovery_messages(Node("yard"), [device], TOPICS, "ha")) == [
        "ha/device/mqttcam_yard/config",
        "ha/device/mqttcam_yard_front/config",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Front door", "front_door"),
        ("  Où est-il ? ", "ou_est_il"),
        ("Überwachung", "uberwachung"),
        ("玄関", ""),
        ("前 door", "door"),
        ("Дверь", ""),
        ("_-_", ""),
        ("A__B", "a_b"),
        ("2nd", "2nd"),
        ("🚪", ""),
    ],
)
def test_slug(name: str, expected: str) -> None:
    assert slugify(name) == expected


@pytest.mark.parametrize("name", ["玄関", "Дверь", "🚪", "Front-door", "x" * 100, "_"])
@pytest.mark.parametrize(
    ("node", "camera"), [("pi-garden", "front"), ("pi", "front-door"), ("-", "_"), ("a_", "_b")]
)
async def test_any_name_has_entity_ids(make_device: MakeDevice, name: str, node: str, camera: str) -> None:
    payload = payload_of(opened(make_device(camera, name=name), *CONTROLS), node)
    assert payload["dev"]["name"] == name
    for part in payload["cmps"].values():
        assert ENTITY_ID.fullmatch(part["def_ent_id"])
    for part in node_discovery(Node(node), Topics("mqttcam", node)).payload()["cmps"].values():
        assert ENTITY_ID.fullmatch(part["def_ent_id"])


def test_object_ids() -> None:
    assert node_object_id("pi-garden") == "mqttcam_pi-garden"
    assert camera_object_id("pi-garden", "front") == "mqttcam_pi-garden_front"


@pytest.mark.parametrize(
    "control",
    [
        Control("Fixed", Number(3, 3)),
        Control("Tiny", Number(0, 0.0001)),
        Control("Endless", Number(0, float("inf"))),
        Control("Empty", Choice(())),
        Control("Twice", Choice(("a", "a"))),
        Control("Odd", Switch(), icon="camera"),
    ],
)
async def test_a_control_that_home_assistant_does_not_accept_is_left_out_alone(
    device: CameraDevice, control: Control, caplog: pytest.LogCaptureFixture
) -> None:
    parts = payload_of(opened(device, control, *CONTROLS))["cmps"]
    assert control.key not in parts
    assert {"camera", "brightness", "awb_mode"} < set(parts)
    assert control.key in caplog.text


@pytest.mark.parametrize("rate", [0.01, 0.05, 1, 240, "max"])
async def test_image_fps_of_any_frame_rate(make_device: MakeDevice, rate: object) -> None:
    part = payload_of(make_device(frame_rate=rate))["cmps"]["image_fps"]
    assert 0 < part["step"] <= part["max"]


async def test_a_camera_that_has_not_been_opened(device: CameraDevice) -> None:
    payload = payload_of(device)
    assert "mdl" not in payload["dev"]
    assert "camera" in payload["cmps"]
