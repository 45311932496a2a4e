"""Broken and hostile commands: each is answered with its error, and nothing else happens."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.client import Client, retained
from tests.support.node import Camera
from tests.support.results import answers_to, check_error, check_ok
from tests.support.rig import Launch, Rig


@pytest.fixture(autouse=True)
def _nothing_else_happened(shared: Rig, front: Camera) -> Iterator[None]:
    """After each test, the values are unchanged, and the process is the same and healthy."""
    check_ok(front.set({"brightness": 0.11, "contrast": 1, "image_quality": 80}), "set")
    pid = shared.daemon.pid
    yield
    state = front.state()
    assert (state["brightness"], state["enabled"], state["image_quality"]) == (0.11, "ON", 80)
    assert shared.daemon.alive
    assert shared.daemon.pid == pid
    assert "Traceback" not in shared.daemon.log
    front.next_image()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b" ",
        b"{",
        b'{"brightness": }',
        b'{"brightness": 0.2',
        b"{'brightness': 0.2}",
        b'{"brightness": 0.2}}',
        b"\x00",
        b"\xff\xfe\x00",
        b'{"brightness": "\xff"}',
        '{"brightness": 0.2}'.encode("utf-16"),
        b"[" * 30_000,
        b'{"brightness":' * 2_000,
        b"[" * 10_000 + b"]" * 10_000,
    ],
    ids=lambda payload: repr(payload[:20]),
)
def test_set_takes_only_json_objects(front: Camera, payload: bytes) -> None:
    check_error(front.set(payload), "set", "invalid_json", "invalid_value")


@pytest.mark.parametrize("size", [100_000, 1_000_000])
def test_json_that_is_nested_too_deeply_is_refused(front: Camera, size: int) -> None:
    check_error(front.set(b"[" * size), "set", "invalid_json", "too_large")


@pytest.mark.parametrize("payload", ["[]", "null", "1", '"brightness"', "true", '[{"brightness": 0.2}]'])
def test_set_refuses_json_other_than_objects(front: Camera, payload: str) -> None:
    check_error(front.set(payload), "set", "invalid_json", "invalid_value")


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "-1e999",
        "1" + "0" * 400,
        "9" * 5000,
        "18446744073709551616",
        "1e308",
        "null",
        '""',
        '"much"',
        '"NaN"',
        '"inf"',
        '"1e999"',
        "[0.2]",
        '{"value": 0.2}',
        "[]",
    ],
    ids=lambda value: value[:20],
)
def test_json_values_that_are_not_numbers_in_range_are_refused(front: Camera, value: str) -> None:
    result = front.set(f'{{"brightness": {value}}}')
    error = check_error(result, "set", "invalid_value", "invalid_json")
    if error["code"] == "invalid_value":
        assert error["field"] == "brightness"
        assert error["allowed"] is not None


@pytest.mark.parametrize("value", ["true", "false"])
def test_a_number_refuses_booleans(front: Camera, value: str) -> None:
    check_error(front.set(f'{{"brightness": {value}}}'), "set", "invalid_value", field="brightness")


@pytest.mark.parametrize(
    "value", ["NaN", "nan", "inf", "-inf", "1e999", "", " ", "0,2", "0x10", "1_0", "9" * 5000]
)
def test_plain_values_that_are_not_finite_numbers_are_refused(front: Camera, value: str) -> None:
    check_error(front.set_value("brightness", value), "set", "invalid_value", field="brightness")


@pytest.mark.parametrize("value", [b"\xff", b"\x00", b"\xc3\x28", b"0.2\xff"])
def test_plain_values_that_are_not_utf_8_are_refused(front: Camera, value: bytes) -> None:
    check_error(front.set_value("brightness", value), "set", "invalid_value", "invalid_json")


def test_the_error_of_a_choice_lists_the_choices(front: Camera) -> None:
    error = check_error(front.set({"pattern": "no such pattern"}), "set", "invalid_value", field="pattern")
    assert isinstance(error["allowed"], list)
    assert len(error["allowed"]) > 1


def test_an_error_does_not_repeat_a_huge_value(front: Camera) -> None:
    result = front.set({"pattern": "x" * 100_000})
    check_error(result, "set", "invalid_value", "too_large")
    assert len(json.dumps(result)) < 10_000


@pytest.mark.parametrize(
    "key", ["__class__", "a b", "ünï", "$SYS", "%23", "BRIGHTNESS", "x" * 1000, "", "request_id"]
)
def test_unknown_keys_are_refused(shared: Rig, front: Camera, key: str) -> None:
    check_error(shared.client.request(f"{front.topic('set')}/{key}", "0.2"), "set", "unknown_key")


@pytest.mark.parametrize("name", ["__init__", "a b", "ünï", "$SYS", "%23", "SNAPSHOT!", "x" * 1000, ""])
def test_unknown_commands_are_refused(shared: Rig, front: Camera, name: str) -> None:
    for device in (front.base, shared.node.base):
        result = shared.client.request(f"{device}/cmd/{name}", "")
        check_error(result, result["command"], "unknown_command")


def test_the_last_of_duplicate_keys_is_set(shared: Rig, front: Camera) -> None:
    answers = answers_to(shared.client, front.base, "set", '{"brightness": 0.21, "brightness": 0.22}')
    assert len(answers.to_sender) == 1
    assert check_ok(answers.to_sender[0], "set")["brightness"] == 0.22
    check_ok(front.set({"brightness": 0.11}), "set")


@pytest.mark.parametrize("topic", ["set", "set/brightness", "cmd/snapshot", "get"])
def test_ten_megabytes(shared: Rig, front: Camera, topic: str) -> None:
    memory = shared.daemon.pss
    result = shared.client.request(front.topic(topic), b'{"brightness": "' + b"x" * 10_000_000 + b'"}')
    check_error(result, topic.removeprefix("cmd/").partition("/")[0], "too_large")
    assert len(json.dumps(result)) < 10_000
    assert shared.daemon.pss < memory + 60_000_000


def test_many_keys(front: Camera) -> None:
    patch = {f"key_{number}": number for number in range(20_000)}
    result = front.set(patch)
    check_error(result, "set", "unknown_key", "too_large")
    assert len(json.dumps(result)) < 10_000


@pytest.mark.parametrize("request_id", ["a-1", 7, 1.5, True, 1e40, "x" * 256, "ünï", None])
def test_the_request_id_is_returned_unchanged(front: Camera, request_id: object) -> None:
    result = front.set({"image_quality": 80, "request_id": request_id})
    check_ok(result, "set", request_id)


@pytest.mark.parametrize("request_id", [["a"], {"b": 1}, "x" * 257, "x" * 20_000])
def test_an_invalid_request_id_is_refused_and_not_repeated(front: Camera, request_id: object) -> None:
    result = front.set({"image_quality": 80, "request_id": request_id})
    check_error(result, "set", "invalid_value", field="request_id", request_id=None)
    assert len(json.dumps(result)) < 1000


def test_an_empty_patch_is_answered(shared: Rig, front: Camera) -> None:
    for payload in ("{}", '{"request_id": "empty"}'):
        answers = answers_to(shared.client, front.base, "set", payload)
        assert len(answers.to_sender) == 1


class TestRetained:
    """A command left on the broker is refused, cleared, and never carried out."""

    def test_found_at_the_start(self, launch: Launch, shared: Rig) -> None:
        with Client(shared.broker, "mqttcam/kept/#") as before:
            for topic, payload in (
                ("front/set", '{"brightness": 0.44, "request_id": "old"}'),
                ("front/set/brightness", "0.44"),
                ("front/cmd/snapshot", "PRESS"),
                ("front/cmd/restart_camera", "PRESS"),
                ("cmd/restart", "PRESS"),
            ):
                before.publish(f"mqttcam/kept/{topic}", payload, retain=True)
            rig = launch(node="kept")
            rig.front.next_image()
            results = [m.json for m in rig.client.on(rig.front.topic("result"))]
            assert sorted(r["command"] for r in results) == ["restart_camera", "set", "set", "snapshot"]
            for result in results:
                check_error(result, result["command"], "retained", request_id=result["request_id"])
            assert {r["request_id"] for r in results} == {"old", None}
            check_error(rig.client.wait(rig.node.topic("result")).json, "restart", "retained")
            assert rig.front.state()["brightness"] != 0.44
            assert not [topic for topic in rig.retained() if "/set" in topic or "/cmd/" in topic]
            assert not rig.client.on(rig.front.topic("snapshot"))

    def test_sent_to_a_running_daemon(self, shared: Rig, front: Camera) -> None:
        for topic, payload in (("set", '{"brightness": 0.11}'), ("cmd/snapshot", "PRESS")):
            since = shared.mark()
            result = shared.client.request(front.topic(topic), payload, retain=True)
            assert result["ok"] or result["error"]["code"] == "retained"
            front.state()
            answers = [
                m for m in shared.client.on(front.topic("result"), since) if m.json["command"] != "get"
            ]
            assert len(answers) == 1, "clearing it is not a command"
            shared.client.publish(front.topic(topic), b"", retain=True)
            front.state()
            shared.client.publish(front.topic("get"), {"request_id": f"after {topic}"})

    def test_a_retained_one_is_gone_after_the_next_start(self, launch: Launch) -> None:
        rig = launch()
        rig.client.publish(rig.front.topic("set"), '{"brightness": 0.4}', retain=True)
        rig.client.wait(rig.front.topic("result"))
        since = rig.mark()
        rig.daemon.restart()
        rig.node.wait_online(since=since)
        rig.front.state()
        assert rig.front.topic("set") not in retained(rig.broker, f"{rig.node.base}/#")


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff",
        b"[]",
        b'{"cameras": 7}',
        b'{"cameras": {"a/#": {}, "+": {}, "": {}, "x/../y": {}}}',
        b"[" * 50_000,
    ],
    ids=["no text", "a list", "a number", "wildcards", "deep"],
)
def test_garbage_retained_on_its_topics_is_harmless(launch: Launch, shared: Rig, payload: bytes) -> None:
    with Client(shared.broker) as before:
        for topic in ("mqttcam/used/info", "mqttcam/used/front/state", "mqttcam/used/front/availability"):
            before.publish(topic, payload, retain=True)
        for device in ("mqttcam_used", "mqttcam_used_front", "mqttcam_used_gone"):
            before.publish(f"homeassistant/device/{device}/config", payload, retain=True)
    rig = launch(node="used")
    rig.front.next_image()
    rig.client.wait(rig.node.topic("info"), lambda m: b'"version"' in m.payload)
    assert rig.front.state()["enabled"] == "ON"
    assert "Traceback" not in rig.daemon.log
