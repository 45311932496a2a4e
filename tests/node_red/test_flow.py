"""The flow works as its buttons and names say, with a real Node-RED, broker and daemon."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.node_red.conftest import World
from tests.support.pictures import size_of
from tests.support.results import check_ok
from tests.support.rig import Rig
from tests.support.waiting import free_port, wait_for

pytestmark = pytest.mark.node_red


@pytest.fixture(autouse=True)
def _no_complaint(world: World) -> Iterator[None]:
    """No node of the flow says anything at "warn" or "error" in any of the tests."""
    before = len(world.node_red.log)
    yield
    lines = world.node_red.log[before:].splitlines()
    assert not [line for line in lines if "[warn]" in line or "[error]" in line]


def _contents(folder: Path) -> set[bytes]:
    return {path.read_bytes() for path in folder.glob("*.jpg")}


def test_brightness_is_set_and_the_result_comes_back(world: World) -> None:
    front, node_red = world.rig.front, world.node_red
    since, seen = world.rig.mark(), node_red.mark()
    node_red.press("Brightness 0.2")
    front.wait_state(since=since, brightness=0.2)
    result = node_red.wait_debug("Results", lambda value: value["request_id"] == "node-red", since=seen)
    assert result["ok"] is True
    assert result["command"] == "set"
    assert result["changed"] == {"brightness": 0.2}
    node_red.wait_status("Results", lambda text: text == "set: done", since=seen)
    node_red.wait_status("Readable status", lambda text: "brightness 0.2" in text, since=seen)

    since = world.rig.mark()
    node_red.press("Brightness 0")
    front.wait_state(since=since, brightness=0)


def test_a_refusal_is_shown_with_its_reason(world: World) -> None:
    node_red = world.node_red
    seen = node_red.mark()
    refused = world.rig.front.set({"brightness": 7})
    node_red.wait_debug("Results", lambda value: value["ok"] is False, since=seen)
    reason = f"set: {refused['error']['message']}"[:32]  # Node-RED shows no more than this under a node
    node_red.wait_status("Results", lambda text: text.startswith(reason), since=seen)


def test_a_snapshot_becomes_a_file_byte_for_byte(world: World) -> None:
    rig, node_red = world.rig, world.node_red
    since, seen = rig.mark(), node_red.mark()
    node_red.press("Take a snapshot")
    sent = rig.client.wait(rig.front.topic("snapshot"), since=since)
    done = node_red.wait_debug(
        "Results", lambda value: value["request_id"] == "node-red-snapshot", since=seen
    )
    assert done["ok"] is True
    file = Path(wait_for(lambda: next(world.pictures.glob("front-snapshot-*.jpg"), None), "a snapshot file"))
    wait_for(lambda: file.read_bytes() == sent.payload, "the file is the snapshot")
    assert size_of(sent.payload) == (320, 240)


def test_a_camera_that_is_switched_off_leaves_no_empty_file(world: World) -> None:
    rig, node_red = world.rig, world.node_red
    since = rig.mark()
    rig.front.set({"enabled": "OFF"})
    rig.client.wait(rig.front.topic("snapshot"), lambda message: not message.payload, since=since)
    rig.front.set({"enabled": "ON"})
    seen = node_red.mark()
    node_red.press("Take a snapshot")
    node_red.wait_debug("Results", lambda value: value["request_id"] == "node-red-snapshot", since=seen)
    node_red.wait_status("Saved file", lambda text: text.startswith("front-snapshot-"), since=seen)
    assert b"" not in _contents(world.pictures)


def test_pictures_arrive_as_buffers_and_are_saved_only_on_demand(world: World) -> None:
    rig, node_red = world.rig, world.node_red
    topic = rig.front.topic("image")

    def size_shown(picture: bytes, since: int) -> None:
        node_red.wait_status("Picture size", lambda text: text == f"{len(picture):,} bytes", since=since)

    assert not list(world.pictures.glob("front-image-*.jpg"))
    seen = node_red.mark()
    node_red.press("Start saving pictures")
    node_red.wait_status("Saving now?", lambda text: text == "yes", since=seen)
    since = rig.mark()
    wanted = {message.payload for message in rig.client.wait_many(topic, 4, since=since)[1:]}
    wait_for(lambda: wanted <= _contents(world.pictures), "three pictures in a row are in files")
    node_red.wait_status("Saved file", lambda text: text.startswith("front-image-"), since=seen)

    seen = node_red.mark()
    node_red.press("Stop saving pictures")
    node_red.wait_status("Saving now?", lambda text: text == "no", since=seen)
    since, seen = rig.mark(), node_red.mark()
    later = [message.payload for message in rig.client.wait_many(topic, 4, since=since)[1:]]
    for picture in later:
        size_shown(picture, seen)
    assert not _contents(world.pictures) & set(later)


def test_the_status_is_one_readable_line(world: World) -> None:
    rig, node_red = world.rig, world.node_red
    node_red.wait_status("Readable status", lambda text: text.startswith("on, image rate 5"))
    seen = node_red.mark()
    rig.front.set({"enabled": "OFF"})
    node_red.wait_status("Readable status", lambda text: text == "private: the camera is closed", since=seen)
    node_red.wait_debug("Status in words", lambda text: text == "private: the camera is closed", since=seen)
    rig.front.set({"enabled": "ON"})
    node_red.wait_status("Readable status", lambda text: text.startswith("on, "), since=seen)

    seen = node_red.mark()
    rig.daemon.stop()
    node_red.wait_status("Readable status", lambda text: text == "mqttcam does not run", since=seen)
    seen = node_red.mark()
    rig.daemon.start()
    node_red.wait_status("Readable status", lambda text: text.startswith("on, "), since=seen)


def test_a_camera_that_fails_is_shown(world: World) -> None:
    rig, node_red = world.rig, world.node_red
    assert isinstance(rig.daemon.config, dict)
    cameras = rig.daemon.config["cameras"]
    missing = {"type": "url", "url": f"http://127.0.0.1:{free_port()}/"}
    seen = node_red.mark()
    _reload(rig, {"front": {**cameras["front"], "source": missing}})
    node_red.wait_status("Readable status", lambda text: text == "no picture from the camera", since=seen)
    seen = node_red.mark()
    _reload(rig, cameras)
    node_red.wait_status("Readable status", lambda text: text.startswith("on, "), since=seen)


def _reload(rig: Rig, cameras: dict[str, Any]) -> None:
    assert isinstance(rig.daemon.config, dict)
    rig.daemon.config["cameras"] = cameras
    rig.daemon.write_config()
    check_ok(rig.node.command("reload"), "reload")


def test_what_a_model_finds_is_counted(world: World) -> None:
    front, node_red = world.rig.front, world.node_red
    since = world.rig.mark()
    node_red.press("Report a person")
    front.wait_state(since=since, detections_person=1)
    since = world.rig.mark()
    node_red.press("Report nothing")
    front.wait_state(since=since, detections_person=0)


def test_frigates_events_of_the_camera_are_passed_on(world: World) -> None:
    front, client = world.rig.front, world.rig.client
    since = world.rig.mark()
    for camera, label in (("back", "person"), ("front", "person")):
        after = {"id": f"1.2-{camera}", "camera": camera, "label": label, "frame_time": time.time()}
        client.publish("frigate/events", {"type": "new", "before": after, "after": after})
    assert front.wait_state(since=since, detections_person=1)
