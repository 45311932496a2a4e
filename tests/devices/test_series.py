"""The series of a camera: commands, entities, and what is kept of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.status import CameraUnavailable
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
from mqttcam.series.shots import shots_of
from mqttcam.settings.recordings import KeepSettings
from mqttcam.settings.series import SeriesSettings
from tests.support.cameras import running
from tests.support.devices import MakeDevice, Recorder, camera_settings
from tests.support.lamp import ask, refused
from tests.support.waiting import until

DAILY = {"garden": {"schedule": "every 366 days"}}
"""One picture, at its start."""
MakeSeries = Callable[..., CameraDevice]


@pytest.fixture
async def make_series(store: Store, tmp_path: Path) -> AsyncIterator[MakeSeries]:
    library = Library(tmp_path / "recordings", tmp_path / "recordings.sqlite", KeepSettings(free=0))
    library.start()
    made: list[CameraDevice] = []

    def make(series: dict[str, Any] | None = None, **settings: Any) -> CameraDevice:
        recorded = Recorded(library, lambda event_id, file: None, lambda file: None)
        options = camera_settings(series=DAILY if series is None else series, **settings)
        made.append(build_device("front", options, store, recorded=recorded))
        made[-1].series.start()
        made[-1].camera.start()
        return made[-1]

    yield make
    for device in made:
        await device.stop()
    await library.close()


def state(device: CameraDevice) -> dict[str, object]:
    return {key: value for key, value in state_of(camera_entities(device), device).items() if "series" in key}


async def pictures(device: CameraDevice, count: int) -> None:
    await until(lambda: device.series.pictures("garden") == count, f"{count} pictures")


async def test_it_runs_from_the_start_and_shows_its_pictures(make_series: MakeSeries, tmp_path: Path) -> None:
    device, observer = make_series(), Recorder()
    device.attach(observer)
    await pictures(device, 1)
    (path,) = (tmp_path / "recordings/front/series/garden").glob("*.jpg")
    await until(lambda: observer.series_pictures, "the picture")
    name, picture = observer.series_pictures[0]
    assert (name, picture.width) == ("garden", 64)
    assert picture.jpeg == path.read_bytes()
    shown = state(device)
    assert str(shown.pop("series_garden_next")).endswith("+00:00")
    assert shown == {"series_garden": "running", "series_garden_on": "ON", "series_garden_pictures": 1}


async def test_commands(make_series: MakeSeries) -> None:
    device = make_series()
    await pictures(device, 1)
    answer = await ask(device, "pause_series", {"name": "garden", "request_id": 5})
    assert (answer["ok"], answer["changed"], answer["request_id"]) == (True, {"series_garden": "paused"}, 5)
    assert state(device)["series_garden_next"] is None
    assert (await ask(device, "resume_series", b"garden"))["changed"] == {"series_garden": "running"}
    assert (await ask(device, "stop_series", b"garden"))["changed"] == {"series_garden": "stopped"}
    assert (await refused(device, "pause_series", b"garden"))["code"] == "unavailable"
    assert (await ask(device, "start_series", b"garden"))["changed"] == {"series_garden": "running"}
    error = await refused(device, "start_series", b"gardne")
    assert (error["code"], error["field"], error["allowed"]) == ("invalid_value", "name", ["garden"])


async def test_the_switch_pauses_and_resumes(make_series: MakeSeries) -> None:
    device = make_series()
    await pictures(device, 1)
    await ask(device, "set", {"series_garden_on": "OFF"})
    assert state(device)["series_garden"] == "paused"
    answer = await ask(device, "set", {"series_garden_on": True})
    assert answer["changed"] == {"series_garden_on": "ON"}
    assert state(device)["series_garden"] == "running"


async def test_the_camera_is_switched_off_without_waiting_for_a_set(make_series: MakeSeries) -> None:
    device = make_series({"garden": {"schedule": "every 366 days", "enabled": False}})
    await running(device.camera)
    shots = shots_of(SeriesSettings.model_validate({"schedule": "1", "exposures": [1000]}))

    async def keep(shot: object, picture: object) -> None:
        raise AssertionError("there is no picture")

    async with device.patch_lock:
        take = device.series._photographer.take(shots, PictureSpec(), keep, full_resolution=False)
        taking = asyncio.create_task(take)
        await until(lambda: device.series._photographer._limits, "it waits for the lock")
        switching = asyncio.create_task(ask(device, "set", {"enabled": "OFF"}))
        with pytest.raises(CameraUnavailable, match="switched on or off"):
            await taking
    assert (await switching)["ok"]
    assert not device.camera.enabled


async def test_its_state_survives_a_restart(make_series: MakeSeries) -> None:
    device = make_series()
    await pictures(device, 1)
    await ask(device, "pause_series", b"garden")
    await device.stop()
    device = make_series()
    await pictures(device, 1)
    assert state(device)["series_garden"] == "paused"
    device = make_series({"garden": {"schedule": "every 366 days", "enabled": False}})
    assert state(device)["series_garden"] == "stopped", "an edit of the configuration takes precedence"


async def test_what_has_ended_cannot_go_on(make_series: MakeSeries) -> None:
    device = make_series({"garden": {"schedule": "1", "count": 1}})
    await until(lambda: state(device)["series_garden"] == "stopped", "the end")
    assert "has all its pictures" in (await refused(device, "resume_series", b"garden"))["message"]
    assert (await ask(device, "start_series", b"garden"))["ok"]
    device = make_series({"garden": {"schedule": "1", "until": "2026-01-01", "enabled": False}})
    assert "has ended" in (await refused(device, "start_series", b"garden"))["message"]
    await ask(device, "set", {"series_garden_on": "ON"})
    assert state(device)["series_garden"] == "stopped"


async def test_a_problem_is_one_of_the_camera(make_series: MakeSeries, tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings/front").write_text("no folder")
    device = make_series()
    await running(device.camera)
    await until(lambda: device.series.failed, "the problem")
    (problem,) = [one.problem or "" for one in device.series.failed.values()]
    assert problem.startswith("series garden: ")
    health = Health(Node("yard"), lambda: {"front": device})
    assert health.problems() == [f"camera front: {problem}"]


async def test_what_a_killed_process_has_set_is_restored(make_series: MakeSeries, store: Store) -> None:
    store.set("front", "series_restore", {"brightness": 0.25}, None)
    device = make_series()
    await until(lambda: device.camera.values.get("brightness") == 0.25, "the value is set again")
    await until(lambda: store.entries("front")["series_restore"][0] is None, "that is not repeated")
    assert device.camera.wanted_controls == {}


async def test_a_camera_without_series(make_device: MakeDevice) -> None:
    device = make_device()
    assert (await refused(device, "start_series", b"x"))["code"] in ("not_supported", "unavailable")
    assert state(device) == {}


async def test_home_assistant_gets_a_switch_sensors_and_the_last_picture(make_device: MakeDevice) -> None:
    device = make_device(series=DAILY)
    found: Any = camera_discovery(device, Node("yard"), Topics("mqttcam", "yard")).payload()["cmps"]
    mine = {key: one for key, one in found.items() if "series" in key}
    assert {key: one["p"] for key, one in mine.items()} == {
        "series_garden": "sensor",
        "series_garden_on": "switch",
        "series_garden_pictures": "sensor",
        "series_garden_next": "sensor",
        "series_garden_last": "image",
    }
    assert mine["series_garden_last"]["img_t"] == "mqttcam/yard/front/series/garden/image"
    assert len(mine["series_garden_last"]["avty"]) == 3, "not while the camera is off"
    assert len({one["def_ent_id"] for one in mine.values()}) == len(mine)
