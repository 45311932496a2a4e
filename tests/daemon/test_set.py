"""`set`, `set/<key>` and `get`, with their results and the state after them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.discovery import component
from tests.support.node import Camera
from tests.support.pictures import brightness_of
from tests.support.results import check_error, check_ok
from tests.support.rig import Rig


def test_patch_is_applied_answered_and_in_the_state(shared: Rig, front: Camera) -> None:
    since = shared.mark()
    result = front.set({"brightness": 0.2, "image_quality": 71, "request_id": "x"})
    assert check_ok(result, "set", "x") == {"brightness": 0.2, "image_quality": 71}
    front.wait_state(since=since, brightness=0.2, image_quality=71)


def test_result_goes_to_the_result_topic_too(shared: Rig, front: Camera) -> None:
    since = shared.mark()
    answer = front.set({"brightness": 0.1, "request_id": "both"})
    public = shared.client.wait(front.topic("result"), lambda m: m.json["request_id"] == "both", since=since)
    assert public.json == answer


def test_without_a_response_topic_the_result_goes_to_the_result_topic_only(
    shared: Rig, front: Camera
) -> None:
    since = shared.mark()
    shared.client.publish(front.topic("set"), {"brightness": 0.15, "request_id": "plain"})
    found = shared.client.wait(front.topic("result"), lambda m: m.json["request_id"] == "plain", since=since)
    assert check_ok(found.json, "set", "plain") == {"brightness": 0.15}


def test_response_topic_of_the_sender_and_its_correlation_data(shared: Rig, front: Camera) -> None:
    topic = "elsewhere/of/mine"
    shared.client.subscribe(topic)
    since = shared.mark()
    odd = bytes(range(256))
    shared.client.publish(front.topic("set", "brightness"), "0.25", response_topic=topic, correlation=odd)
    answer = shared.client.wait(topic, since=since)
    assert answer.correlation == odd
    assert not answer.retain
    assert check_ok(answer.json, "set") == {"brightness": 0.25}


def test_response_topic_without_correlation_data(shared: Rig, front: Camera) -> None:
    topic = "elsewhere/bare"
    shared.client.subscribe(topic)
    since = shared.mark()
    shared.client.publish(front.topic("get"), "", response_topic=topic)
    assert shared.client.wait(topic, since=since).correlation is None


@pytest.mark.parametrize(
    "topic", ["a/+/b", "#", "$SYS/broker/uptime", "x" * 60_000, "mqttcam/yard/front/get"]
)
def test_an_invalid_response_topic_is_ignored(shared: Rig, front: Camera, topic: str) -> None:
    since = shared.mark()
    shared.client.publish(front.topic("get"), {"request_id": "odd"}, response_topic=topic)
    shared.client.wait(front.topic("result"), lambda m: m.json["request_id"] == "odd", since=since)
    assert front.state()["enabled"] == "ON"
    assert "Traceback" not in shared.daemon.log


def test_one_plain_value(shared: Rig, front: Camera) -> None:
    since = shared.mark()
    assert check_ok(front.set_value("brightness", "0.3"), "set") == {"brightness": 0.3}
    front.wait_state(since=since, brightness=0.3)


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        ("OFF", "OFF"),
        ("ON", "ON"),
        ("off", "OFF"),
        ("on", "ON"),
        ("false", "OFF"),
        ("true", "ON"),
        ("0", "OFF"),
        ("1", "ON"),
        (False, "OFF"),
        (True, "ON"),
        (0, "OFF"),
        (1, "ON"),
    ],
)
def test_switches_take_many_forms_and_report_one(
    shared: Rig, front: Camera, value: str | int, normal: str
) -> None:
    other = "ON" if normal == "OFF" else "OFF"
    front.set({"enabled": other})
    since = shared.mark()
    text = isinstance(value, str)
    result = front.set_value("enabled", str(value)) if text else front.set({"enabled": value})
    assert check_ok(result, "set") == {"enabled": normal}
    front.wait_state(since=since, enabled=normal)


def test_a_choice_by_its_name(shared: Rig, front: Camera) -> None:
    entry = component(shared, "pattern")
    options = entry["options"]
    assert len(options) > 1
    for option in (options[-1], options[0]):
        since = shared.mark()
        assert check_ok(front.set_value("pattern", option), "set") == {"pattern": option}
        front.wait_state(since=since, pattern=option)


def test_numbers_as_text_and_as_json(front: Camera) -> None:
    assert check_ok(front.set({"image_quality": 60}), "set") == {"image_quality": 60}
    assert check_ok(front.set_value("image_quality", "61"), "set") == {"image_quality": 61}
    assert check_ok(front.set_value("image_quality", "62.0"), "set") == {"image_quality": 62}


def test_the_limits_of_a_number_are_allowed(shared: Rig, front: Camera) -> None:
    entry = component(shared, "brightness")
    for limit in (entry["min"], entry["max"]):
        assert check_ok(front.set({"brightness": limit}), "set") == {"brightness": limit}
    error = check_error(
        front.set({"brightness": entry["max"] + 0.01}), "set", "invalid_value", field="brightness"
    )
    assert error["allowed"]
    check_ok(front.set({"brightness": 0}), "set")


def test_a_control_changes_the_picture(shared: Rig, front: Camera) -> None:
    entry = component(shared, "brightness")
    means = []
    for limit in (entry["min"], entry["max"]):
        check_ok(front.set({"brightness": limit}), "set")
        front.next_image()
        means.append(brightness_of(front.next_image()[0].payload))
    check_ok(front.set({"brightness": 0}), "set")
    assert means[1] > means[0] + 20


@pytest.mark.parametrize(
    ("patch", "code", "field"),
    [
        ({"brightness": 0.31, "contrast": 1e9}, "invalid_value", "contrast"),
        ({"contrast": "a lot", "brightness": 0.31}, "invalid_value", "contrast"),
        ({"brightness": 0.31, "enabled": "maybe"}, "invalid_value", "enabled"),
        ({"brightness": 0.31, "no_such_thing": 1}, "unknown_key", "no_such_thing"),
        ({"enabled": "OFF", "brightness": 0.31, "image_fps": -1}, "invalid_value", "image_fps"),
    ],
)
def test_a_patch_with_an_error_changes_nothing(
    front: Camera, patch: dict[str, Any], code: str, field: str
) -> None:
    check_ok(front.set({"brightness": 0.05}), "set")
    before = front.state()
    check_error(front.set({**patch, "request_id": "half"}), "set", code, field=field, request_id="half")
    after = front.state()
    for key in ("brightness", "contrast", "enabled", "image_fps"):
        assert after[key] == before[key]


def test_get_publishes_the_state_again(shared: Rig, front: Camera) -> None:
    for payload in ("", "anything", '{"request_id": "again"}', b"\xff"):
        since = shared.mark()
        result = shared.client.request(front.topic("get"), payload)
        check_ok(result, "get", "again" if "again" in str(payload) else None)
        shared.client.wait(front.topic("state"), since=since)


def test_read_only_values_cannot_be_set(front: Camera) -> None:
    for key in ("fps", "frame_age", "resolution", "last_error"):
        check_error(front.set({key: 1}), "set", "unknown_key", "not_supported", "invalid_value", field=key)
