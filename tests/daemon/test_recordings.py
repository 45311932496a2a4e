"""Recordings on MQTT and over HTTP: commands, events, values, and the files."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from mqttcam.recordings.recording import Recording
from tests.support.client import Message
from tests.support.daemon import pattern_camera
from tests.support.node import Camera
from tests.support.results import check_error, check_ok
from tests.support.rig import Launch, Rig
from tests.support.waiting import HOST, free_port

pytest.importorskip("av")

RECORD = {"before": 1, "after": 1}


@pytest.fixture(scope="module")
def cameras() -> dict[str, Any]:
    """A ball that stands still and is recorded when it moves, and a camera that records by command alone."""
    return {
        "front": pattern_camera(controls={"Speed": 0}, motion={"clear_after": 1}, record=RECORD),
        "plain": pattern_camera(),
    }


@pytest.fixture(scope="module")
def sections() -> dict[str, Any]:
    port = free_port()
    page = f"http://{HOST}:{port}/"
    return {"web": {"enabled": True, "host": HOST, "port": port, "public_url": page}}


def event_after(camera: Camera, since: int, event_type: str) -> Message:
    return camera.client.wait(
        camera.topic("event"), lambda one: one.json["event_type"] == event_type, since=since
    )


def folder(rig: Rig) -> Path:
    return rig.daemon.directory / "state" / "recordings"


def test_motion_is_recorded(shared: Rig) -> None:
    front = shared.front
    front.wait_state(motion="OFF")
    since = shared.mark()
    check_ok(front.set({"speed": 1}), "set")
    begin = event_after(front, since, "motion").json
    front.wait_state(since=since, recording="ON")
    check_ok(front.set({"speed": 0}), "set")
    end = event_after(front, since, "motion_end").json
    whole = event_after(front, since, "recording")
    assert (whole.qos, whole.retain) == (1, False)
    said = whole.json
    assert begin["id"] == end["id"] == said["event"]
    assert f"/events/{end['id']}/clip.mp4?" in end["clip"]
    assert f"/events/{said['id']}/clip.mp4?" in said["clip"]
    assert _get(said["clip"])[4:8] == _get(end["clip"])[4:8] == b"ftyp"
    assert _get(end["picture"]).startswith(b"\xff\xd8")
    assert said["seconds"] >= end["seconds"] + 1
    file = folder(shared) / said["file"]
    assert file.read_bytes()[4:8] == b"ftyp"
    sidecar = Recording.model_validate_json(file.with_suffix(".json").read_bytes())
    assert (sidecar.id, sidecar.reason) == (said["id"], "motion")
    assert [(event.id, event.score) for event in sidecar.events] == [(end["id"], end["score"])]
    assert set(sidecar.pictures) >= {"start", "best"}
    front.wait_state(since=since, recording="OFF", last_recording=_time_of(said["file"]))


def test_a_command_records_a_camera_without_record(shared: Rig) -> None:
    plain = shared.node.camera("plain")
    since = shared.mark()
    result = plain.command("record", {"seconds": 60, "request_id": "now"})
    check_ok(result, "record", "now")
    plain.wait_state(since=since, recording="ON")
    again = plain.command("record", {"seconds": 1})
    assert again["id"] == result["id"], "it goes on"
    check_ok(plain.command("stop_recording"), "stop_recording")
    said = event_after(plain, since, "recording").json
    assert (said["id"], said["event"]) == (result["id"], None)
    assert (folder(shared) / said["file"]).exists()
    assert "record_on_motion" not in plain.state()
    check_error(plain.command("record", {"seconds": 4000}), "record", "invalid_value", field="seconds")


def test_the_command_over_http(shared: Rig) -> None:
    config = shared.daemon.config
    assert isinstance(config, dict)
    address = f"{config['web']['public_url']}api/cameras/plain/cmd"
    since = shared.mark()
    answer = _post(f"{address}/record", {"seconds": 1, "request_id": 7})
    assert (answer["ok"], answer["request_id"]) == (True, 7)
    said = event_after(shared.node.camera("plain"), since, "recording").json
    assert said["id"] == answer["id"]
    assert _post(f"{address}/stop_recording", {})["ok"]


def _get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return bytes(answer.read())


def _post(address: str, body: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def test_switched_off_nothing_is_recorded(shared: Rig) -> None:
    plain = shared.node.camera("plain")
    since = shared.mark()
    check_ok(plain.command("record"), "record")
    plain.wait_state(since=since, recording="ON")
    since = shared.mark()
    check_ok(plain.set({"enabled": "OFF"}), "set")
    assert plain.wait_state(since=since, enabled="OFF")["recording"] == "OFF"
    event_after(plain, since, "recording")
    check_error(plain.command("record"), "record", "unavailable")
    check_ok(plain.set({"enabled": "ON"}), "set")


def test_a_stop_in_the_middle_leaves_whole_files(launch: Launch) -> None:
    rig = launch(cameras={"front": pattern_camera(motion=True, record=RECORD)})
    front = rig.front
    begin = event_after(front, 0, "motion").json
    front.wait_state(recording="ON")
    since = rig.mark()
    code, seconds = rig.daemon.stop()
    assert code == 0
    end = event_after(front, since, "motion_end")
    whole = event_after(front, since, "recording")
    assert begin["id"] == end.json["id"] == whole.json["event"]
    assert max(end.index, whole.index) < rig.node.wait_status("offline", since=since).index
    names = [path.name for path in folder(rig).rglob("*") if path.is_file()]
    assert not [name for name in names if name.endswith(".part")]
    assert seconds < 10
    since = rig.mark()
    rig.daemon.start()
    front.wait_state(since=since, last_recording=_time_of(whole.json["file"]))


def _time_of(file: str) -> str:
    """When a recording has begun, by the name of its file."""
    _, day, name = file.split("/")
    return f"{day}T{name[:2]}:{name[2:4]}:{name[4:6]}+00:00"
