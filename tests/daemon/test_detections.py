"""Detections over MQTT: counts in the state, events, pictures with boxes, and what is answered."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import orjson
import pytest

from mqttcam.imaging.raster import decode
from tests.support.daemon import pattern_camera
from tests.support.node import Camera
from tests.support.results import check_error, check_ok
from tests.support.rig import Launch, Rig
from tests.support.waiting import wait_for

PERSON = {"label": "person", "score": 0.9, "box": [0.25, 0.25, 0.75, 0.75]}
KEYS = {
    "detections_person",
    "detections_person_occupancy",
    "detections_traffic_light",
    "detections_traffic_light_occupancy",
}


@pytest.fixture(scope="module")
def cameras() -> dict[str, Any]:
    labels = ["person", "Traffic light"]
    return {
        "front": pattern_camera(detections={"labels": labels, "after": 60}),
        "brief": pattern_camera(detections={"labels": ["person"], "after": 1}),
        "plain": pattern_camera(),
    }


def send(camera: Camera, *found: dict[str, Any], response_topic: str | None = None, **more: Any) -> None:
    message = {"ts": time.time(), "detections": list(found)} | more
    camera.client.publish(camera.topic("detections"), orjson.dumps(message), response_topic=response_topic)


def settle(camera: Camera, *found: dict[str, Any]) -> None:
    """Send detections, and wait until nothing else is shown any more."""
    send(camera, *found)
    wait_for(lambda: camera.state()["detections_person"] == len(found), "the count", interval=0.1)


def test_they_are_unknown_before_the_first_message(shared: Rig) -> None:
    state = shared.front.state()
    assert {key: state[key] for key in KEYS} == dict.fromkeys(KEYS)
    assert not KEYS & set(shared.node.camera("plain").state())


def test_counts_occupancy_event_and_picture(shared: Rig, front: Camera) -> None:
    client = shared.client
    since = client.mark()
    send(front, PERSON, PERSON, {"label": "dog"}, {"label": "traffic light", "score": 0.5}, seq=3)
    state = front.wait_state(since=since, detections_person=2)
    assert {key: state[key] for key in KEYS} == {
        "detections_person": 2,
        "detections_person_occupancy": "ON",
        "detections_traffic_light": 1,
        "detections_traffic_light_occupancy": "ON",
    }
    person, light = (one.json for one in client.wait_many(front.topic("event"), 2, since=since))
    assert person["event_type"] == light["event_type"] == "detection"
    assert (person["label"], person["score"], person["seq"]) == ("person", 0.9, 3)
    assert person["box"] == {"x": 0.25, "y": 0.25, "width": 0.5, "height": 0.5}
    assert (light["label"], light["box"]) == ("Traffic light", None)
    assert person["id"] == light["id"]
    assert abs(time.time() - person["ts"]) < 60

    picture = client.wait(front.topic("detections/person/image"), since=since)
    assert (picture.qos, picture.content_type) == (1, "image/jpeg")
    pixels = decode(picture.payload)[..., :3].astype(int)
    assert pixels.shape == (240, 320, 3)
    edge = pixels[70:170, 80]
    assert np.abs(edge - edge[0]).max(axis=1).mean() < 30, "the box has an edge of one colour"
    client.wait(front.topic("detections/traffic_light/image"), since=since)

    since = client.mark()
    send(front)
    state = front.wait_state(since=since, detections_person=0)
    assert (state["detections_person_occupancy"], state["detections_traffic_light"]) == ("OFF", 0)
    assert not client.on(front.topic("event"), since=since)
    since = client.mark()
    send(front, PERSON)
    assert client.wait(front.topic("event"), since=since).json["id"] != person["id"], "another event"


def test_nothing_is_published_while_nothing_changes(shared: Rig, front: Camera) -> None:
    settle(front, PERSON)
    since = shared.client.mark()
    for _ in range(20):
        send(front, PERSON)
    send(front, PERSON, PERSON)
    front.wait_state(since=since, detections_person=2)
    counts = [one.json["detections_person"] for one in shared.client.on(front.topic("state"), since=since)]
    assert set(counts[:-1]) <= {1}
    assert not shared.client.on(front.topic("event"), since=since)


def test_frigate_and_dl_streamer(shared: Rig, front: Camera) -> None:
    settle(front)
    client, topic = shared.client, front.topic("detections")
    for number in range(3):
        after = {"id": f"a{number}", "label": "person", "box": [10, 10, 30, 40], "frame_time": time.time()}
        since = client.mark()
        client.publish(topic, orjson.dumps({"type": "new", "before": after, "after": after}))
        front.wait_state(since=since, detections_person=number + 1)
    shares = {"x_min": 0, "y_min": 0, "x_max": 0.5, "y_max": 0.5}
    found = [{"detection": {"label": "person", "confidence": 0.9, "bounding_box": shares}}] * 5
    since = client.mark()
    client.publish(topic, orjson.dumps({"objects": found, "resolution": {"width": 320, "height": 240}}))
    front.wait_state(since=since, detections_person=5)


def test_silence_makes_them_unavailable(shared: Rig) -> None:
    brief = shared.node.camera("brief")
    since = shared.mark()
    send(brief, PERSON)
    brief.wait_state(since=since, detections_person=1)
    state = brief.wait_state(since=since, detections_person=None)
    assert state["detections_person_occupancy"] is None


def test_off_hides_them(shared: Rig, front: Camera) -> None:
    client, image = shared.client, front.topic("detections/person/image")
    settle(front, PERSON)
    since = client.mark()
    check_ok(front.set({"enabled": "OFF"}), "set")
    front.wait_state(since=since, detections_person=None)
    client.wait(image, lambda message: not message.payload, since=since)
    since = client.mark()
    send(front, PERSON)
    assert front.state()["detections_person"] is None
    assert not shared.retained(image)
    check_ok(front.set({"enabled": "ON"}), "set")
    front.next_image()
    assert not [one for one in client.on(image, since=since) if one.payload]


def test_what_is_wrong_is_answered(shared: Rig, front: Camera) -> None:
    client = shared.client
    since = client.mark()
    send(front, {"label": "person", "box": [0, 0, 1]})
    result = client.wait(front.topic("result"), since=since).json
    error = check_error(result, "detections", "invalid_value")
    assert (error["field"], error["allowed"]) == ("detections[0].box", "[x1, y1, x2, y2]")
    since = client.mark()
    client.publish(front.topic("detections"), b"person")
    check_error(client.wait(front.topic("result"), since=since).json, "detections", "invalid_json")
    since = client.mark()
    send(shared.node.camera("plain"), PERSON)
    answer = client.wait(shared.node.camera("plain").topic("result"), since=since).json
    check_error(answer, "detections", "not_supported")
    since = client.mark()
    send(shared.node.camera("nowhere"), PERSON)
    check_error(client.wait(shared.node.topic("result"), since=since).json, "detections", "unknown_key")


def test_good_messages_are_answered_only_on_request(shared: Rig, front: Camera) -> None:
    client = shared.client
    since = client.mark()
    send(front, PERSON)
    result = client.request(front.topic("detections"), {"detections": []})
    check_ok(result, "detections")
    assert len(client.on(front.topic("result"), since=since)) == 1


def test_retained_messages_say_nothing_of_now(launch: Launch) -> None:
    rig = launch(cameras={"front": pattern_camera(detections={"labels": ["person"]})})
    rig.client.publish(rig.front.topic("detections"), orjson.dumps({"detections": [PERSON]}), retain=True)
    rig.front.wait_state(detections_person=1)
    rig.daemon.restart()
    since = rig.mark()
    rig.node.wait_online(since=since)
    assert rig.front.state()["detections_person"] is None
    rig.client.publish(rig.front.topic("detections"), b"", retain=True)


def test_pictures_of_labels_that_are_not_configured_any_more_are_cleared(launch: Launch) -> None:
    rig = launch(cameras={"front": pattern_camera(detections={"labels": ["person", "car"]})})
    client = rig.client
    send(rig.front, PERSON, {"label": "car"})
    images = {label: rig.front.topic(f"detections/{label}/image") for label in ("person", "car")}
    for image in images.values():
        client.wait(image)
    for labels, command in ((["person"], "reload"), (["car"], "restart")):
        gone = ({"person", "car"} - set(labels)).pop()
        since = rig.mark()
        assert isinstance(rig.daemon.config, dict)
        rig.daemon.config["cameras"] = {"front": pattern_camera(detections={"labels": labels})}
        rig.daemon.write_config()
        check_ok(rig.node.command(command), command)
        client.wait(images[gone], lambda message: not message.payload, since=since)
        assert not rig.retained(images[gone])


def test_a_person_is_recorded_and_a_car_is_not(launch: Launch) -> None:
    detections = {"labels": ["person", "car"]}
    record = {"on_motion": False, "on_detection": ["person"], "before": 1, "after": 1}
    rig = launch(cameras={"front": pattern_camera(detections=detections, record=record)})
    front, client = rig.front, rig.client
    since = rig.mark()
    send(front, {"label": "car"})
    front.wait_state(since=since, detections_car=1)
    send(front)
    front.wait_state(since=since, detections_car=0)
    assert front.state()["recording"] == "OFF"
    since = rig.mark()
    send(front, PERSON, {"label": "car"})
    first = client.wait(front.topic("event"), since=since).json
    front.wait_state(since=since, recording="ON")
    client.wait(front.topic("detections/person/image"), since=since)
    send(front)
    whole = client.wait(
        front.topic("event"), lambda one: one.json["event_type"] == "recording", since=since
    ).json
    assert whole["event"] == first["id"]
    video = rig.daemon.directory / "state" / "recordings" / whole["file"]
    assert video.name.endswith("-detection.mp4")

    def ended() -> dict[str, Any] | None:
        event: dict[str, Any] = orjson.loads(video.with_suffix(".json").read_bytes())["events"][0]
        return event if event["end_ns"] is not None else None

    event = wait_for(ended, "the end of the event beside its recording")
    assert (event["type"], event["labels"]) == ("detection", ["person", "car"])
    assert event["end_ns"] >= event["begin_ns"]
    assert decode(video.with_suffix(".jpg").read_bytes()).shape[:2] == (240, 320)
