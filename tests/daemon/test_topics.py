"""Every topic: its payload, QoS and retain flag."""

from __future__ import annotations

import json
import time

import pytest

import mqttcam
from tests.support.broker import Mosquitto
from tests.support.node import Camera
from tests.support.pictures import size_of
from tests.support.rig import Rig

STATE_KEYS = {
    "enabled",
    "image_fps",
    "image_quality",
    "brightness",
    "contrast",
    "saturation",
    "pattern",
    "fps",
    "frame_age",
    "dropped_frames",
    "resolution",
    "restarts",
    "last_error",
}


@pytest.mark.parametrize(
    ("topic", "qos", "retain"),
    [
        ("status", 1, True),
        ("info", 1, True),
        ("health", 0, True),
        ("result", 1, False),
        ("front/availability", 1, True),
        ("front/state", 1, True),
        ("front/image", 0, False),
        ("front/image/meta", 1, False),
        ("front/snapshot", 1, False),
        ("front/snapshot/meta", 1, False),
        ("front/result", 1, False),
    ],
)
def test_qos_and_retain_flag_of_each_topic(
    shared: Rig, broker: Mosquitto, topic: str, qos: int, retain: bool
) -> None:
    if topic == "result":
        shared.node.command("rediscover")
    if topic.startswith("front/snapshot") or topic == "front/result":
        shared.front.command("snapshot")
    message = shared.client.wait(shared.node.topic(topic))
    assert (message.qos, message.retain) == (qos, retain)
    assert all((m.qos, m.retain) == (qos, retain) for m in shared.client.on(message.topic))


def test_the_retained_topics_of_a_node(shared: Rig) -> None:
    shared.client.wait(shared.node.topic("health"))
    held = {topic.removeprefix(shared.node.base + "/") for topic in shared.retained()}
    assert held == {"status", "info", "health", "front/availability", "front/state"} | (held & {"state"})


def test_status_and_availability_are_online(shared: Rig) -> None:
    shared.front.wait_availability("online")
    held = shared.retained()
    assert held[shared.node.topic("status")].text == "online"
    assert held[shared.front.topic("availability")].text == "online"


def test_status_and_availability_have_two_payloads_only(shared: Rig) -> None:
    for topic in (shared.node.topic("status"), shared.front.topic("availability")):
        assert {m.text for m in shared.client.on(topic)} <= {"online", "offline"}


def test_info_has_version_cameras_capabilities_and_limits(shared: Rig) -> None:
    info = shared.retained()[shared.node.topic("info")].json
    assert info["version"] == mqttcam.__version__
    assert "front" in json.dumps(info["cameras"])
    assert "brightness" in json.dumps(info["cameras"])
    assert "2000000" in json.dumps(info), "the packet size in force is a limit"
    keys = info["cameras"]["front"]["keys"]
    assert (keys["brightness"]["min"], keys["brightness"]["max"]) == (-1, 1)
    assert keys["dropped_frames"] == {"type": "integer", "settable": False}, "a reading has no limits"


def test_health_is_published_at_once_and_names_each_camera(shared: Rig) -> None:
    health = shared.client.wait(shared.node.topic("health")).json
    assert isinstance(health, dict)
    text = json.dumps(health)
    for word in ("memory", "reconnects", "front", "fps", "restarts"):
        assert word in text
    assert "temperature" in text


def test_state_has_every_key_in_every_message(shared: Rig, front: Camera) -> None:
    front.set({"enabled": "OFF"})
    front.set({"enabled": "ON"})
    front.state()
    messages = shared.client.on(front.topic("state"))
    assert all(set(m.json) >= STATE_KEYS for m in messages), messages
    keys = {frozenset(m.json) for m in messages if m.json["fps"] is not None}
    assert len(keys) == 1, "the same keys in all of them"


def test_state_values_have_their_kinds(front: Camera) -> None:
    state = front.state()
    assert state["enabled"] == "ON"
    assert state["image_fps"] == 5
    assert state["image_quality"] == 80
    assert isinstance(state["brightness"], int | float)
    assert isinstance(state["pattern"], str)
    assert "320x240" in state["resolution"]
    assert state["last_error"] is None


def test_each_picture_is_followed_by_its_meta(shared: Rig, front: Camera) -> None:
    since = shared.mark()
    metas = shared.client.wait_many(front.topic("image", "meta"), 5, since=since)
    images = [m for m in shared.client.on(front.topic("image")) if m.index > since]
    sequence = [json_meta["seq"] for json_meta in (m.json for m in metas)]
    assert sequence == sorted(set(sequence))
    for meta_message in metas[1:]:
        image = max((m for m in images if m.index < meta_message.index), key=lambda m: m.index)
        meta = meta_message.json
        assert set(meta) >= {"seq", "ts", "width", "height", "bytes", "quality", "trigger"}
        assert meta["bytes"] == len(image.payload)
        assert (meta["width"], meta["height"]) == size_of(image.payload) == (320, 240)
        assert meta["quality"] == 80
        assert isinstance(meta["trigger"], str)
        assert image.user["seq"] == str(meta["seq"])
        assert abs(int(image.user["ts"]) / 1e9 - meta["ts"]) < 1e-3
        assert image.content_type == "image/jpeg"


def test_ts_is_the_time_of_capture(front: Camera) -> None:
    before = time.time()
    image, meta = front.next_image()
    assert before - 5 < meta["ts"] <= time.time()
    assert isinstance(meta["ts"], float)
    assert len(image.user["ts"]) >= 19, "nanoseconds"


def test_successive_pictures_differ(front: Camera) -> None:
    first, _ = front.next_image()
    second, _ = front.next_image()
    assert first.payload != second.payload


def test_diagnostics_change(shared: Rig, front: Camera) -> None:
    def moving(fps: object) -> bool:
        return isinstance(fps, int | float) and fps > 2

    found = shared.client.wait(front.topic("state"), lambda m: moving(m.json["fps"])).json
    assert found["frame_age"] is None or 0 <= found["frame_age"] < 60
