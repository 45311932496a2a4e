"""Commands of cameras and of the node."""

from __future__ import annotations

import pytest

from tests.support.node import Camera
from tests.support.results import answers_to, check_error, check_ok
from tests.support.rig import Launch, Rig


def test_the_error_of_an_unknown_command_lists_the_known_ones(shared: Rig, front: Camera) -> None:
    error = check_error(
        front.command("snapshoot", {"request_id": 5}), "snapshoot", "unknown_command", request_id=5
    )
    assert "snapshot" in str(error["allowed"]) + error["message"]
    error = check_error(shared.node.command("rebot"), "rebot", "unknown_command")
    assert "restart" in str(error["allowed"]) + error["message"]


def test_a_command_that_the_camera_does_not_support(front: Camera) -> None:
    check_error(front.command("autofocus"), "autofocus", "not_supported", "unknown_command")


def test_the_error_of_an_unknown_key_names_the_most_similar_one(front: Camera) -> None:
    error = check_error(front.set({"brightnes": 0.1}), "set", "unknown_key", field="brightnes")
    assert "brightness" in str(error["allowed"]) + error["message"]
    error = check_error(front.set_value("patern", "x"), "set", "unknown_key", field="patern")
    assert "pattern" in str(error["allowed"]) + error["message"]


def test_restart_camera(shared: Rig, front: Camera) -> None:
    check_ok(front.command("restart_camera", {"request_id": "again"}), "restart_camera", "again")
    front.next_image()
    assert front.state()["enabled"] == "ON"


@pytest.mark.parametrize("payload", ["DEBUG", '{"level": "DEBUG"}'])
def test_log_level(shared: Rig, payload: str) -> None:
    check_ok(shared.node.command("log_level", payload), "log_level")
    check_ok(shared.node.command("log_level", "INFO"), "log_level")


def test_log_level_changes_the_log(shared: Rig, front: Camera) -> None:
    check_ok(shared.node.command("log_level", "ERROR"), "log_level")
    before = shared.daemon.log
    for level in ("WARNING", "ERROR"):
        check_ok(shared.node.command("log_level", level), "log_level")
    front.command("restart_camera")
    front.next_image()
    said = shared.daemon.log.removeprefix(before)
    check_ok(shared.node.command("log_level", "INFO"), "log_level")
    assert " INFO " not in said
    assert " INFO " in shared.daemon.log.removeprefix(before + said)


@pytest.mark.parametrize("payload", ["LOUD", "", "17", '{"level": 3}'])
def test_an_invalid_log_level_is_refused(shared: Rig, payload: str) -> None:
    error = check_error(
        shared.node.command("log_level", payload), "log_level", "invalid_value", "invalid_json"
    )
    assert "DEBUG" in str(error["allowed"])


def test_rediscover_publishes_discovery_again(shared: Rig) -> None:
    before = shared.discovery()
    since = shared.mark()
    check_ok(shared.node.command("rediscover", '{"request_id": "r"}'), "rediscover", "r")
    for topic, payload in before.items():
        assert shared.client.wait(topic, since=since).json == payload


def test_node_commands_are_answered_on_the_nodes_topic(shared: Rig) -> None:
    answers = answers_to(shared.client, shared.node.base, "cmd/rediscover", "")
    assert len(answers.to_sender) == 1
    assert answers.to_all == answers.to_sender


def test_restart_of_the_node(launch: Launch) -> None:
    rig = launch()
    rig.front.next_image()
    since = rig.mark()
    check_ok(rig.node.command("restart", {"request_id": "boot"}), "restart", "boot")
    gone = rig.node.wait_status("offline", since=since)
    rig.node.wait_online(since=gone.index)
    assert rig.daemon.alive
    rig.front.next_image()


def test_a_command_is_answered_once(shared: Rig, front: Camera) -> None:
    for topic, payload in (
        ("set", '{"brightness": 0.1}'),
        ("set", "no"),
        ("set/brightness", "0.2"),
        ("set/nothing", "0.2"),
        ("get", ""),
        ("cmd/snapshot", ""),
        ("cmd/nothing", ""),
        ("cmd/restart_camera", ""),
    ):
        answers = answers_to(shared.client, front.base, topic, payload)
        assert len(answers.to_sender) == 1, topic
        assert answers.to_all == answers.to_sender, topic


@pytest.mark.parametrize("count", [50, 200])
def test_a_burst_is_answered_one_by_one_and_in_order(shared: Rig, front: Camera, count: int) -> None:
    since = shared.mark()
    for number in range(count):
        patch = {"brightness": number / 1000, "request_id": number}
        shared.client.publish(front.topic("set"), patch, qos=0)
    results = [m.json for m in shared.client.wait_many(front.topic("result"), count, since=since)]
    assert sorted(r["request_id"] for r in results) == list(range(count))
    done = [r["request_id"] for r in results if r["ok"]]
    assert done == sorted(done)
    assert {r["error"]["code"] for r in results if not r["ok"]} <= {"busy"}
    assert len(done) == count or count > 50
    assert front.state()["brightness"] == done[-1] / 1000


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_commands_at_any_qos_are_answered_once(shared: Rig, front: Camera, qos: int) -> None:
    since = shared.mark()
    shared.client.publish(front.topic("cmd", "snapshot"), {"request_id": f"qos {qos}"}, qos=qos)
    shared.client.wait(front.topic("result"), lambda m: m.json["request_id"] == f"qos {qos}", since=since)
    front.state()
    results = [m.json["request_id"] for m in shared.client.on(front.topic("result"), since)]
    assert results.count(f"qos {qos}") == 1


@pytest.mark.parametrize("topic", ["set", "set/brightness", "get", "cmd/snapshot"])
def test_a_command_to_a_camera_that_does_not_exist_is_answered_with_the_most_similar_one(
    shared: Rig, topic: str
) -> None:
    since = shared.mark()
    shared.client.publish(shared.node.topic("frnt", topic), b'{"request_id": "lost"}')
    answers = shared.client.wait(shared.node.topic("result"), since=since)
    request_id = None if topic == "set/brightness" else "lost"
    command = topic.rpartition("/")[2] if topic.startswith("cmd") else topic.partition("/")[0]
    error = check_error(answers.json, command, "unknown_key", field="camera", request_id=request_id)
    assert "did you mean front?" in error["message"]
    assert "front" in error["allowed"]


@pytest.mark.parametrize("name", ["get", "set"])
def test_a_command_that_two_subscriptions_match_is_answered_once(shared: Rig, name: str) -> None:
    """`cmd/get` of the node looks like `get` of a camera `cmd`."""
    answers = answers_to(shared.client, shared.node.base, f"cmd/{name}", b'{"request_id": "one"}')
    assert len(answers.to_sender) == len(answers.to_all) == 1


def test_a_response_topic_with_a_wildcard_costs_only_the_answer_there(shared: Rig, front: Camera) -> None:
    before = shared.daemon.log
    since = shared.mark()
    topic = front.topic("set")
    shared.client.publish(topic, b'{"request_id": "wild"}', response_topic="a/+/#")
    shared.client.wait(front.topic("result"), lambda m: m.json["request_id"] == "wild", since=since)
    assert "cannot publish" not in shared.daemon.log.removeprefix(before)
