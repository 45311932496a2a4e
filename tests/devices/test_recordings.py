"""What a camera records: by command and on motion; its entities, events and problems."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mqttcam.camera.status import CameraStatus
from mqttcam.commands.catalogue import camera_commands
from mqttcam.commands.request import Request
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices import recordings
from mqttcam.devices.build import build_device
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.health import Health
from mqttcam.devices.node import Node
from mqttcam.devices.recordings import Recorded
from mqttcam.devices.store import Store
from mqttcam.home_assistant.discovery import camera_discovery
from mqttcam.mqtt.topics import Topics
from mqttcam.recordings.library import Library
from mqttcam.recordings.listed import EventQuery
from mqttcam.settings.recordings import KeepSettings
from mqttcam.video.unit import Unit
from tests.recordings.made import NOON, make_files, recording
from tests.support.devices import MakeDevice, Recorder, camera_settings, opened
from tests.support.motion import Scene
from tests.support.waiting import PATIENCE, until

MakeRecorded = Callable[..., Awaitable[CameraDevice]]
PAGE = "http://pi:8080/"


def _address(event_id: str, file: str) -> str:
    return f"{PAGE}events/{event_id}/{file}"


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    keep = KeepSettings(free=0)
    library = Library(tmp_path / "recordings", tmp_path / "recordings.sqlite", keep)
    library.start()
    yield library
    await library.close()


@pytest.fixture
async def make_recorded(store: Store, library: Library) -> AsyncIterator[MakeRecorded]:
    """`await make_recorded(record=…)` gives a camera that can record; it delivers frames unless `runs` is False."""
    made: list[CameraDevice] = []

    async def make(*, runs: bool = True, **settings: Any) -> CameraDevice:
        recorded = Recorded(library, _address, lambda path: f"{PAGE}files/{path}")
        device = build_device("front", camera_settings(**settings), store, recorded=recorded)
        made.append(device)
        if runs:
            device.recordings.start()
            device.camera.start()
            async with asyncio.timeout(PATIENCE):
                await device.camera.until(lambda: device.camera.status is CameraStatus.RUNNING)
        return device

    yield make
    for device in made:
        await device.stop()


def shown(device: CameraDevice, *keys: str) -> dict[str, object]:
    state = state_of(camera_entities(device), device)
    return {key: state[key] for key in keys}


def events(observer: Recorder, event_type: str) -> list[Any]:
    return [event for event in observer.events if event["event_type"] == event_type]


async def run(device: CameraDevice, command: str, payload: bytes = b"") -> dict[str, Any]:
    return (await CommandRunner(device, camera_commands).run(Request(command, payload))).as_json()


async def test_a_command_records_now_and_another_one_extends_it(
    make_recorded: MakeRecorded, library: Library
) -> None:
    device, observer = await make_recorded(), Recorder()
    device.attach(observer)
    assert shown(device, "recording", "last_recording") == {"recording": "OFF", "last_recording": None}
    assert device.video is not None
    assert len(device.video) == 0, "nothing is encoded"
    result = await run(device, "record", b'{"seconds": 600, "before": 5, "request_id": "x"}')
    assert (result["ok"], result["request_id"], result["changed"]) == (True, "x", {})
    await until(lambda: device.recordings.recording, "it records")
    assert shown(device, "recording") == {"recording": "ON"}
    again = await run(device, "record", b"1")
    assert again["id"] == result["id"]
    await asyncio.sleep(0.2)
    assert (await run(device, "stop_recording"))["ok"]
    await until(lambda: events(observer, "recording"), "the event")
    (event,) = events(observer, "recording")
    assert set(event) == {"event_type", "id", "event", "file", "seconds", "bytes", "clip"}
    assert (event["id"], event["event"]) == (result["id"], None)
    assert event["clip"] == f"{PAGE}events/{result['id']}/clip.mp4"
    assert event["file"].startswith("front/")
    assert event["file"].endswith("-command.mp4")
    assert (library.path / event["file"]).stat().st_size <= event["bytes"]
    assert 0 < event["seconds"] < 30
    state = shown(device, "recording", "last_recording")
    assert state["recording"] == "OFF"
    assert str(state["last_recording"]).endswith("+00:00")
    assert len(device.video) == 0
    assert (await run(device, "stop_recording"))["ok"], "there is nothing to stop, which is fine"
    again = await run(device, "record", b'{"seconds": 1}')
    assert again["id"] != result["id"]


async def test_the_last_recording_is_known_after_a_restart(
    make_recorded: MakeRecorded, library: Library
) -> None:
    device, observer = await make_recorded(), Recorder()
    device.attach(observer)
    await run(device, "record", b'{"seconds": 1}')
    await until(lambda: device.recordings.recording, "it records")
    await device.stop()
    assert len(events(observer, "recording")) == 1, "its file is whole when the daemon stops"
    last = device.recordings.last
    assert last is not None
    later = await make_recorded()
    await until(lambda: later.recordings.last == last, "the library tells it")


async def test_a_last_recording_that_is_found_later_is_known(
    make_recorded: MakeRecorded, library: Library
) -> None:
    """As one that a killed daemon has left, or all of those of an index that is made again."""
    device = await make_recorded()
    library.add(make_files(library.path, recording(NOON)))
    await until(lambda: device.recordings.last == "2026-11-29T12:00:00+00:00", "the library's answer")
    library.add(make_files(library.path, recording(NOON + 60)))
    await until(lambda: device.recordings.last == "2026-11-29T12:01:00+00:00", "its next answer")


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (b'{"seconds": 0}', "seconds"),
        (b'{"seconds": 3601}', "seconds"),
        (b'{"seconds": "x"}', "seconds"),
        (b'{"before": -1}', "before"),
        (b'{"before": 61}', "before"),
        (b'{"after": 1}', "after"),
    ],
)
async def test_invalid_arguments_are_refused(make_recorded: MakeRecorded, payload: bytes, field: str) -> None:
    device = await make_recorded(runs=False)
    result = await run(opened(device), "record", payload)
    assert result["error"]["field"] == field
    assert not device.recordings.recording


async def test_a_camera_without_frames_cannot_record(make_recorded: MakeRecorded) -> None:
    device = opened(await make_recorded(runs=False))
    device.camera.set_enabled(False)
    error = (await run(device, "record"))["error"]
    assert (error["code"], error["message"]) == ("unavailable", "the camera is switched off")
    device.camera.status = CameraStatus.FAILED
    device.camera.last_error = "no such device"
    assert (await run(device, "record"))["error"]["message"] == "no such device"


async def test_without_pyav_there_are_no_recordings(
    make_recorded: MakeRecorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "_has_pyav", lambda: False)
    device = opened(await make_recorded(runs=False))
    error = (await run(device, "record"))["error"]
    assert (error["code"], error["message"]) == ("not_supported", "video needs PyAV: install mqttcam[video]")
    keys = {entity.key for entity in camera_entities(device)}
    assert not keys & {"recording", "record", "last_recording", "recording_event"}
    configured = await make_recorded(runs=False, record=True)
    assert {entity.key for entity in camera_entities(configured)} >= {"recording", "record"}


async def test_a_disk_that_refuses_is_a_problem(make_recorded: MakeRecorded, library: Library) -> None:
    library.path.write_text("not a folder")
    device = await make_recorded()
    node = Node("yard")
    health = Health(node, lambda: {"front": device})
    assert health.problems() == []
    assert (await run(device, "record"))["ok"]
    await until(lambda: device.recordings.problem, "the problem")
    (problem,) = health.problems()
    assert problem.startswith("camera front: recordings: ")
    error = (await run(device, "record"))["error"]
    assert (error["code"], error["message"]) == ("unavailable", device.recordings.problem)


async def test_frames_that_the_disk_did_not_take_are_counted(
    make_recorded: MakeRecorded, make_device: MakeDevice
) -> None:
    device = await make_recorded(runs=False, record=True)
    recorder = device.recordings._recorder
    assert recorder is not None
    recorder._files._writer.dropped = 3
    report: Any = Health(Node("yard"), lambda: {"front": device, "other": make_device()}).report()
    assert report["cameras"]["front"]["not_recorded"] == 3
    assert report["cameras"]["other"]["not_recorded"] == 0


async def test_a_command_records_again_once_the_disk_works(
    make_recorded: MakeRecorded, library: Library
) -> None:
    """Though nothing was to be recorded meanwhile: this camera records by command alone."""
    library.path.write_text("not a folder")
    device = await make_recorded()
    await run(device, "record")
    await until(lambda: device.recordings.problem, "the problem")
    await run(device, "stop_recording")
    library.path.unlink()

    async def accepted() -> bool:
        return bool((await run(device, "record"))["ok"])

    async with asyncio.timeout(PATIENCE):
        while not await accepted():  # within a pause
            await asyncio.sleep(0.05)
    await until(lambda: device.recordings.recording, "it records")
    assert device.recordings.problem is None


async def test_entities(make_recorded: MakeRecorded) -> None:
    plain = await make_recorded(runs=False)
    keys = {entity.key for entity in camera_entities(plain)}
    assert keys >= {"recording", "last_recording", "record", "recording_event"}
    assert "record_on_motion" not in keys
    moving = await make_recorded(runs=False, motion=True)
    assert "record_on_motion" not in {entity.key for entity in camera_entities(moving)}
    both = await make_recorded(runs=False, motion=True, record=True)
    topics = Topics("mqttcam", "yard")
    parts: dict[str, Any] = camera_discovery(both, Node("yard"), topics).payload()["cmps"]
    assert list(parts["motion_event"]["evt_typ"]) == ["motion", "motion_end", "recording"]
    assert "recording_event" not in parts
    assert parts["record"]["cmd_t"] == "mqttcam/yard/front/cmd/record"
    assert parts["record_on_motion"]["cmd_t"] == "mqttcam/yard/front/set/record_on_motion"
    assert (parts["last_recording"]["p"], parts["last_recording"]["dev_cla"]) == ("sensor", "timestamp")
    parts = camera_discovery(plain, Node("yard"), topics).payload()["cmps"]
    assert list(parts["recording_event"]["evt_typ"]) == ["recording"]


async def test_record_on_motion_survives_a_restart(
    make_recorded: MakeRecorded, store: Store, tmp_path: Path
) -> None:
    device = await make_recorded(runs=False, motion=True, record=True)
    assert shown(device, "record_on_motion") == {"record_on_motion": "ON"}
    result = await run(device, "set", b'{"record_on_motion": "OFF"}')
    assert result["changed"] == {"record_on_motion": "OFF"}
    again = Store(tmp_path / "values.json")
    again.load()
    settings = camera_settings(motion=True, record=True)
    assert build_device("front", settings, again).recordings.on_motion is False
    edited = camera_settings(motion=True, record={"on_motion": False})
    assert build_device("front", edited, again).recordings.on_motion is False
    assert build_device("front", camera_settings(motion=True), again).recordings.on_motion is False


class Stage:
    """A camera that records motion, with a scene before it whose frames the test offers."""

    def __init__(self, device: CameraDevice) -> None:
        self.device = opened(device)
        self.observer = Recorder()
        device.attach(self.observer)
        self.scene = Scene(device.camera.hub)
        self.units = 0
        device.recordings.follow_camera()

    async def offer(self, left: int | None = None) -> None:
        """Offer a frame, and wait for its video: the encoder passes over frames that come too fast."""
        is_read, before = len(self.device.video) > 0, self.units
        with self.device.video.read(self) if is_read else contextlib.nullcontext():
            self.scene.offer(left)
            if is_read:
                await until(lambda: self.units > before, "the frame is encoded")
        await asyncio.sleep(0)

    def deliver(self, _unit: Unit) -> None:
        self.units += 1

    def fail(self, problem: str) -> None:
        pytest.fail(problem)

    async def settle(self) -> None:
        for _ in range(12):
            await self.offer()

    async def move(self) -> None:
        await self.settle()
        for step in range(8):
            await self.offer(40 + 8 * step)

    async def rest(self) -> None:
        while self.device.motion and self.device.motion.moving:
            await self.offer()


async def test_motion_is_recorded_with_its_pictures(make_recorded: MakeRecorded, library: Library) -> None:
    settings: dict[str, Any] = {"motion": {"clear_after": 1}, "record": {"before": 1, "after": 1}}
    stage = Stage(await make_recorded(runs=False, **settings))
    await stage.move()
    await until(lambda: stage.observer.motion_pictures, "the first picture")
    assert stage.device.recordings.recording
    await stage.rest()
    end = events(stage.observer, "motion_end")[0]
    assert end["picture"] == f"{PAGE}events/{end['id']}/picture.jpg"
    assert end["clip"] == f"{PAGE}events/{end['id']}/clip.mp4"
    async with asyncio.timeout(PATIENCE):
        while not events(stage.observer, "recording"):
            await stage.offer()
            await asyncio.sleep(0.05)
    (event,) = events(stage.observer, "recording")
    assert event["event"] == end["id"]
    assert event["seconds"] >= 2, "the second before and the motion"
    (found,) = await library.recordings(EventQuery(camera="front"))
    assert found.id == event["id"]
    assert set(found.pictures) == {"start", "best", "end"}
    assert [(one.id, one.score) for one in found.events] == [(end["id"], end["score"])]
    assert not stage.device.recordings.recording


async def test_no_motion_is_recorded_while_that_is_off(make_recorded: MakeRecorded) -> None:
    settings: dict[str, Any] = {"motion": {"clear_after": 1}, "record": {"on_motion": False}}
    stage = Stage(await make_recorded(runs=False, **settings))
    await stage.move()
    assert stage.observer.events
    assert not stage.device.recordings.recording
    assert len(stage.device.video) == 0, "nothing is encoded, not even the seconds before"
    await stage.rest()
    end = events(stage.observer, "motion_end")[0]
    assert (end["picture"], end["clip"]) == (None, None)


async def test_switching_the_camera_off_ends_the_event_and_its_recording(make_recorded: MakeRecorded) -> None:
    stage = Stage(await make_recorded(runs=False, motion=True, record=True))
    await stage.move()
    assert stage.device.recordings.recording
    stage.device.camera.set_enabled(False)
    types = [event["event_type"] for event in stage.observer.events]
    assert types == ["motion", "motion_end"], "at once"
    assert stage.observer.events[1]["clip"] is not None
    assert not stage.device.recordings.recording
    assert len(stage.device.video) == 0, "the seconds before are no longer kept"
    await until(lambda: events(stage.observer, "recording"), "the recording is whole")
