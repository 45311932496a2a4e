"""Whether every entity is right at the end: on the broker, on the page, and after setting it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from tests.soak.setting import BASE, NODE, Setting
from tests.support.client import Client, Message, retained
from tests.support.node import Node

_QUALITY = 77


def wrong_entities(setting: Setting) -> list[str]:
    """Set a value of each camera, and return what does not match afterwards."""
    cameras = list(setting.configuration()["cameras"])
    found = []
    with Client(setting.broker, f"{BASE}/#") as client:
        node = Node(client, NODE)
        for name in cameras:
            result = node.camera(name).set({"image_quality": _QUALITY, "enabled": "ON"})
            if not result["ok"]:
                found.append(f"{name}: set: {result['error']}")
        steady = {name: _steady(setting, name) for name in cameras}
        states = {name: node.camera(name).state() for name in cameras}
    for name in cameras:
        found += _differences(name, states[name], steady[name])
    return [*found, *_retained_mistakes(setting, cameras)]


def _steady(setting: Setting, camera: str) -> dict[str, object]:
    """Return the values on the page; a value that changes by itself is left out, but its key stays, as None."""
    first = setting.get(f"/api/cameras/{camera}/state")
    time.sleep(1)
    second = setting.get(f"/api/cameras/{camera}/state")
    return {key: (value if second.get(key) == value else None) for key, value in first.items()}


def _differences(camera: str, mqtt: dict[str, object], page: dict[str, object]) -> Iterator[str]:
    if mqtt.keys() != page.keys():
        yield f"{camera}: keys differ between MQTT and page: {sorted(mqtt.keys() ^ page.keys())}"
    if mqtt.get("image_quality") != _QUALITY:
        yield f"{camera}: image_quality is {mqtt.get('image_quality')}, set was {_QUALITY}"
    if mqtt.get("enabled") != "ON":
        yield f"{camera}: enabled is {mqtt.get('enabled')}"
    for key, value in page.items():
        changes = isinstance(mqtt.get(key), int | float) and key != "image_quality"
        if value is not None and not changes and mqtt.get(key) != value:
            yield f"{camera}: {key} is {mqtt.get(key)!r} on MQTT and {value!r} on the page"


def _retained_mistakes(setting: Setting, cameras: list[str]) -> Iterator[str]:
    held: dict[str, Message] = retained(setting.broker, f"{BASE}/#", "homeassistant/#")
    expected = {f"{BASE}/status": "online"} | {f"{BASE}/{name}/availability": "online" for name in cameras}
    for topic, value in expected.items():
        if (message := held.get(topic)) is None or message.text != value:
            yield f"{topic}: {message.text if message else 'nothing'}, expected: {value}"
    for topic in [f"{BASE}/info", f"{BASE}/health", *(f"{BASE}/{name}/state" for name in cameras)]:
        if topic not in held:
            yield f"{topic}: nothing is retained"
    for device in [NODE, *(f"{NODE}_{name}" for name in cameras)]:
        topic = f"homeassistant/device/mqttcam_{device}/config"
        if topic not in held or not (json.loads(held[topic].payload).keys() & {"cmps", "components"}):
            yield f"{topic}: no discovery"
    for topic in held:
        if "/added/" in topic or topic.endswith("_added/config"):
            yield f"{topic}: left behind by a camera that was removed"
