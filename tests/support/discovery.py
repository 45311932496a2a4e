"""Discovery payloads, read with their full names."""

from __future__ import annotations

import json
from typing import Any

from tests.support.rig import Rig

ABBREVIATIONS = {
    "avty": "availability",
    "avty_mode": "availability_mode",
    "cmd_t": "command_topic",
    "cmps": "components",
    "cu": "configuration_url",
    "def_ent_id": "default_entity_id",
    "dev": "device",
    "dev_cla": "device_class",
    "en": "enabled_by_default",
    "ent_cat": "entity_category",
    "ic": "icon",
    "ids": "identifiers",
    "img_t": "image_topic",
    "mdl": "model",
    "mf": "manufacturer",
    "o": "origin",
    "obj_id": "object_id",
    "ops": "options",
    "p": "platform",
    "stat_cla": "state_class",
    "stat_t": "state_topic",
    "sw": "sw_version",
    "t": "topic",
    "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement",
}
"""The abbreviations of Home Assistant that the tests look at."""


def full(payload: Any) -> Any:
    """Return a payload with its abbreviations expanded."""
    if isinstance(payload, dict):
        return {ABBREVIATIONS.get(key, key): full(value) for key, value in payload.items()}
    return [full(item) for item in payload] if isinstance(payload, list) else payload


def components(payload: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the entities of a device's payload by unique id."""
    return {entry["unique_id"]: entry for entry in full(payload)["components"].values()}


def component(rig: Rig, key: str, camera: str = "front") -> dict[str, Any]:
    """Return one entity of a camera as it was announced."""
    device = f"mqttcam_{rig.node.name}_{camera}"
    payload = rig.client.wait(f"homeassistant/device/{device}/config", lambda m: m.payload).json
    return components(payload)[f"{device}_{key}"]


def others_retained(node: str) -> dict[str, str]:
    """Retained messages that belong to others, although some of them refer to a node."""
    button = {"p": "button", "uniq_id": "mine", "cmd_t": f"mqttcam/{node}/front/cmd/snapshot"}
    device = {"dev": {"ids": "remote"}, "o": {"name": "a user's own"}, "cmps": {"a": button}}
    return {
        "homeassistant/device/other/config": "{}",
        "homeassistant/device/remote/config": json.dumps(device),
        "homeassistant/button/remote/config": json.dumps(button),
        "homeassistant/status": "offline",
        "mqttcam": "x",
        node: "x",
    }
