"""Motion on MQTT: the state, the event, the switch and the threshold."""

from __future__ import annotations

import socket
import struct
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.client import Message
from tests.support.daemon import pattern_camera
from tests.support.node import Camera
from tests.support.pictures import jpeg
from tests.support.results import check_error, check_ok
from tests.support.rig import Launch, Rig

KEYS = {"motion", "motion_detection", "motion_threshold"}
PICTURE_WITHIN = 3.0
"""Seconds from an event to its picture on MQTT, on a busy machine; a free one needs some hundredths."""


@pytest.fixture(scope="module")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A ball that bounces; a picture that never changes; and a camera that nobody watches for motion."""
    still = tmp_path_factory.mktemp("still") / "still.jpg"
    still.write_bytes(jpeg())
    return {
        "front": pattern_camera(motion={"clear_after": 1}),
        "still": pattern_camera(source={"type": "file", "path": str(still)}, motion=True),
        "plain": pattern_camera(),
    }


@pytest.fixture
def moving(front: Camera) -> Camera:
    """The camera with the ball, which moves and is seen."""
    check_ok(front.set({"speed": 1, "motion_detection": "ON", "motion_threshold": 0.5}), "set")
    front.wait_state(motion="ON", since=_before_last_state(front))
    return front


def _next_event(camera: Camera, since: int, event_type: str = "motion") -> Message:
    topic = camera.topic("event")
    return camera.client.wait(topic, lambda one: one.json["event_type"] == event_type, since=since)


def _before_last_state(camera: Camera) -> int:
    return camera.client.on(camera.topic("state"))[-1].index


def test_motion_is_in_the_state_and_one_event(shared: Rig) -> None:
    front = shared.front
    event = _next_event(front, 0)
    front.wait_state(motion="ON", since=event.index)
    assert (event.qos, event.retain) == (1, False)
    said = event.json
    assert set(said) == {"event_type", "id", "ts", "seq", "score", "box", "zone"}
    assert said["event_type"] == "motion"
    assert said["zone"] is None
    assert abs(time.time() - said["ts"]) < 60
    assert 0.5 <= said["score"] < 10
    box = said["box"]
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 1
    assert 0 <= box["y"] <= box["y"] + box["height"] <= 1
    assert not shared.retained(front.topic("event"))


def test_motion_ends_and_begins_again(moving: Camera) -> None:
    client = moving.client
    since = client.mark()
    check_ok(moving.set({"speed": 0}), "set")
    moving.wait_state(since=since, motion="OFF")
    (end,) = client.on(moving.topic("event"), since=since)
    assert (end.qos, end.retain) == (1, False)
    said = end.json
    assert set(said) == {"event_type", "id", "ts", "seconds", "score", "zones", "picture", "clip"}
    assert said["event_type"] == "motion_end"
    assert said["seconds"] >= 0
    assert (said["zones"], said["picture"], said["clip"]) == ([], None, None)
    since = client.mark()
    check_ok(moving.set({"speed": 1}), "set")
    moving.wait_state(since=since, motion="ON")
    (begin,) = client.on(moving.topic("event"), since=since)
    assert begin.json["id"] != said["id"]


def test_the_event_has_a_picture(moving: Camera) -> None:
    client, topic = moving.client, moving.topic("motion/image")
    since = client.mark()
    check_ok(moving.set({"speed": 0}), "set")
    moving.wait_state(since=since, motion="OFF")
    since = client.mark()
    check_ok(moving.set({"speed": 1}), "set")
    event = _next_event(moving, since)
    picture = client.wait(topic, since=since)
    assert picture.payload.startswith(b"\xff\xd8")
    assert (picture.qos, picture.content_type) == (1, "image/jpeg")
    assert picture.user["seq"] == str(event.json["seq"]), "of the frame with which motion has begun"
    assert picture.at - event.at <= PICTURE_WITHIN


def test_motion_is_unknown_as_soon_as_the_camera_is_off(moving: Camera) -> None:
    since = moving.client.mark()
    check_ok(moving.set({"enabled": "OFF"}), "set")
    assert moving.wait_state(since=since, enabled="OFF")["motion"] is None
    (end,) = moving.client.on(moving.topic("event"), since=since)
    assert end.json["event_type"] == "motion_end"
    cleared = moving.client.wait(moving.topic("motion/image"), since=since)
    assert cleared.payload == b""
    since = moving.client.mark()
    check_ok(moving.set({"enabled": "ON"}), "set")
    states = moving.client.wait_many(moving.topic("state"), 1, since=since)
    assert states[0].json["motion"] is None
    moving.wait_state(since=since, motion="ON")


def test_detection_can_be_turned_off_and_on(moving: Camera) -> None:
    client = moving.client
    since = client.mark()
    assert check_ok(moving.set_value("motion_detection", "OFF"), "set") == {"motion_detection": "OFF"}
    assert moving.wait_state(since=since, motion_detection="OFF")["motion"] is None
    moving.next_image()
    assert [one.json["event_type"] for one in client.on(moving.topic("event"), since)] == ["motion_end"]
    since = client.mark()
    check_ok(moving.set_value("motion_detection", "ON"), "set")
    client.wait(moving.topic("event"), since=since)


def test_motion_below_the_threshold_is_ignored(moving: Camera) -> None:
    client = moving.client
    check_ok(moving.set({"motion_threshold": 50}), "set")
    since = client.mark()
    moving.wait_state(since=since, motion="OFF", motion_threshold=50)
    types = [one.json["event_type"] for one in client.on(moving.topic("event"), since)]
    assert types in ([], ["motion_end"])
    error = check_error(moving.set({"motion_threshold": 0}), "set", "invalid_value")
    assert error["allowed"] == {"min": 0.1, "max": 50}


def test_a_still_picture_has_no_motion(shared: Rig) -> None:
    still = shared.node.camera("still")
    still.wait_state(motion="OFF")
    assert not shared.client.on(still.topic("event"))


def test_a_camera_without_motion_detection_has_none_of_its_entities(shared: Rig) -> None:
    assert not KEYS & set(shared.node.camera("plain").state())
    (payload,) = [found for topic, found in shared.discovery().items() if topic.endswith("plain/config")]
    assert not [key for key in payload["cmps"] if "motion" in key]


def test_motion_settings_survive_a_restart(launch: Launch) -> None:
    rig = launch(cameras={"front": pattern_camera(motion=True)})
    check_ok(rig.front.set({"motion_detection": "OFF", "motion_threshold": 2.5}), "set")
    since = rig.mark()
    rig.daemon.restart()
    rig.node.wait_online(since=since)
    rig.front.wait_state(since=since, motion_detection="OFF", motion_threshold=2.5, motion=None)


def test_no_event_and_no_picture_is_left_behind(launch: Launch) -> None:
    rig = launch(cameras={"front": pattern_camera(motion={"clear_after": 30})})
    front, client = rig.front, rig.client
    begin = _next_event(front, 0)
    client.wait(front.topic("motion/image"))
    since = rig.mark()
    rig.daemon.stop()
    end = _next_event(front, since, "motion_end")
    assert end.json["id"] == begin.json["id"]
    assert end.index < rig.node.wait_status("offline", since=since).index
    assert rig.retained(front.topic("motion/image")), "it stays for new subscribers"

    since = rig.mark()
    rig.daemon.start()
    _next_event(front, since)
    rig.daemon.kill()
    rig.node.wait_status("offline", since=since)
    since = rig.mark()
    rig.daemon.start()
    states = client.wait_many(front.topic("state"), 1, since=since)
    assert states[0].json["motion"] is None, "no motion is left of the run that was killed"

    check_ok(front.set({"enabled": "OFF"}), "set")
    client.wait(front.topic("motion/image"), lambda message: not message.payload, since=since)
    # Something has put it there meanwhile.
    client.publish(front.topic("motion/image"), b"old", retain=True)
    since = rig.mark()
    rig.daemon.restart()
    client.wait(front.topic("motion/image"), lambda message: not message.payload, since=since)
    assert not rig.retained(front.topic("motion/image"))


def test_a_reload_adds_and_removes_motion_detection(launch: Launch, tmp_path: Path) -> None:
    rig = launch()
    assert isinstance(rig.daemon.config, dict)
    for motion in (True, False):
        rig.daemon.config["cameras"] = {"front": pattern_camera(motion=motion)}
        rig.daemon.write_config()
        since = rig.mark()
        check_ok(rig.node.command("reload"), "reload")
        topic = f"homeassistant/device/mqttcam_{rig.node.name}_front/config"
        rig.client.wait(topic, partial(_announces, motion), since=since)
        assert (set(rig.front.state()) >= KEYS) is motion
        if motion:
            rig.client.wait(rig.front.topic("motion/image"), since=since)
    rig.client.wait(rig.front.topic("motion/image"), lambda message: not message.payload, since=since)
    assert not rig.retained(rig.front.topic("motion/image"))


def _announces(motion: bool, message: Message) -> bool:
    return (b'"motion"' in message.payload) is motion


def test_an_output_that_sends_on_motion(launch: Launch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        tcp = {"host": "127.0.0.1", "port": listener.getsockname()[1], "on_motion": True}
        camera = pattern_camera(controls={"Speed": 0}, motion={"clear_after": 1}, tcp=tcp)
        front = launch(cameras={"front": camera}).front
        connection, _ = listener.accept()
        with connection:
            assert front.wait_state(motion="OFF", tcp_connected="ON")["tcp_sent"] == 0
            check_ok(front.set({"speed": 1}), "set")
            length = struct.unpack(">I", connection.recv(4, socket.MSG_WAITALL))[0]
            assert connection.recv(length, socket.MSG_WAITALL).startswith(b"\xff\xd8")
            assert front.wait_state(motion="ON")
