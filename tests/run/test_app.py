"""The daemon as a whole, in this process: reload, restart and stop, one after the other and at once."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mqttcam.camera.camera import Camera
from mqttcam.camera.sources.test_pattern import TestPattern
from mqttcam.log import JsonFormatter, get_level, set_level
from mqttcam.run.app import App, EndReason, changed_sections
from mqttcam.run.health_socket import FolderTaken
from mqttcam.run.process import run_daemon
from mqttcam.settings import Settings, SettingsError
from mqttcam.settings.document.problems import Problem
from tests.support.video_reader import Reader
from tests.support.waiting import PATIENCE, until

BAD = SettingsError([Problem("config.yaml", 3, "cameras", "is bad")])


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Restore what the daemon changes in its process."""
    hangup, level = signal.getsignal(signal.SIGHUP), get_level()
    yield
    signal.signal(signal.SIGHUP, hangup)
    set_level(level)
    gc.unfreeze()


class Config:
    """The content of the configuration file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cameras: dict[str, dict[str, Any]] = {}
        self.more: dict[str, Any] = {}
        self.problem: SettingsError | None = None

    def read(self) -> Settings:
        if self.problem is not None:
            raise self.problem
        pattern = {"source": {"type": "test_pattern"}, "size": "64x48"}
        cameras = {camera_id: pattern | camera for camera_id, camera in self.cameras.items()}
        return Settings.model_validate(
            {"node": "yard", "state_dir": self.folder, "cameras": cameras, **self.more}
        )


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path / "state")


@asynccontextmanager
async def running(config: Config) -> AsyncIterator[tuple[App, asyncio.Task[EndReason]]]:
    """The daemon, until it ends or the block does."""
    ready = asyncio.Event()
    app = App(config.read(), config.read)
    task = asyncio.create_task(app.run(lambda _services: ready.set()))
    async with asyncio.timeout(PATIENCE):
        await asyncio.wait([task, asyncio.create_task(ready.wait())], return_when=asyncio.FIRST_COMPLETED)
        try:
            yield app, task
        finally:
            app.end(EndReason.STOP)
            await asyncio.wait([task])
    for thread in threading.enumerate():
        if thread.name.startswith("capture-"):
            await asyncio.to_thread(thread.join, 5)
            assert not thread.is_alive()


def names(app: App) -> list[str]:
    return [device.name for device in app.registry.devices.values()]


async def test_run_returns_the_reason_of_the_end(config: Config) -> None:
    for reason in EndReason:
        async with running(config) as (app, task):
            app.end(reason)
            assert await task is reason


async def test_a_start_looks_for_no_garbage(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    enabled = asyncio.Event()
    monkeypatch.setattr(gc, "enable", enabled.set)
    collections: list[str] = []
    gc.disable()  # as the command line does
    gc.callbacks.append(lambda phase, _info: collections.append(phase))
    try:
        async with running(config):
            await enabled.wait()
            assert gc.get_freeze_count() > 10_000
            assert collections == []
    finally:
        gc.callbacks.pop()
        monkeypatch.undo()
        gc.enable()


def test_the_sections_that_changed_are_named(config: Config) -> None:
    before = config.read()
    assert changed_sections(before, config.read()) == set()
    config.cameras = {"a": {}}
    config.more = {"node": "shed", "mqtt": {"host": "broker"}}
    assert changed_sections(before, config.read()) == {"cameras", "node", "mqtt"}


async def test_all_cameras_obey_the_governor_and_it_is_shown_what_gives_way(config: Config) -> None:
    config.cameras = {"a": {}, "b": {}}
    async with running(config) as (app, _):
        config.cameras = {"a": {}, "b": {"name": "B"}}
        await app.reload()
        await until(lambda: names(app)[1] == "B")
        assert "governor" in {task.get_name() for task in asyncio.all_tasks()}
        reductions = app.governor.reductions
        assert all(device.camera.reductions is reductions for device in app.registry.devices.values())
        assert app.registry.health.trouble() == []
        reductions.video.halvings = 1
        assert [(one.part, one.level) for one in app.registry.health.trouble()] == [("Processor", "warning")]


async def test_cameras_come_change_and_go_in_the_order_of_the_configuration(config: Config) -> None:
    config.cameras = {"a": {"name": "A"}, "b": {"name": "B"}}
    async with running(config) as (app, _):
        kept = app.registry.devices["b"]
        config.cameras = {"c": {"name": "C"}, "a": {"name": "A2"}, "b": {"name": "B"}}
        await app.reload()
        await until(lambda: names(app) == ["C", "A2", "B"])
        assert app.registry.devices["b"] is kept
        assert set(app.registry.cameras) == {"a", "b", "c"}
        config.cameras = {"b": {"name": "B"}}
        await app.reload()
        await until(lambda: names(app) == ["B"])
        assert set(app.registry.cameras) == {"b"}


async def test_cameras_that_change_are_never_seen_missing(config: Config) -> None:
    nobody = {"tcp": {"host": "127.0.0.1", "port": 9}}  # an output takes its time to let go of a camera
    config.cameras = {"a": {"name": "A", **nobody}, "b": {"name": "B", **nobody}}
    seen: list[list[str]] = []

    async def look(app: App) -> None:
        while True:
            if names(app) not in seen:
                seen.append(names(app))
            await asyncio.sleep(0)

    async with running(config) as (app, _):
        looking = asyncio.create_task(look(app))
        config.cameras = {"a": {"name": "A2", **nobody}, "b": {"name": "B2", **nobody}}
        await app.reload()
        await until(lambda: ["A2", "B2"] in seen)
        looking.cancel()
    assert seen == [["A", "B"], ["A2", "B2"]]


async def test_other_video_settings_leave_the_camera_open(config: Config) -> None:
    pytest.importorskip("av")
    reader = Reader()
    config.cameras = {"a": {"frame_rate": 25}, "b": {}}
    async with running(config) as (app, _):
        device = app.registry.devices["a"]
        with device.video.read(reader):
            await until(lambda: len(reader.units) >= 3, "units")
            config.cameras["a"]["video"] = {"size": "32x24", "quality": 40}
            await app.reload()
            await until(lambda: reader.units[-1].width == 32, "units of another size")
            assert app.registry.devices["a"] is device
            assert device.camera.stats.restarts == 0
            first = next(unit for unit in reader.units if unit.width == 32)
            assert first.is_keyframe
            assert device.settings.video.quality == 40
            config.cameras["a"] |= {"name": "A2", "video": {}}
            await app.reload()
            await until(lambda: names(app)[0] == "A2")
            assert app.registry.devices["a"] is not device, "more than the video has changed"
    stamps = [unit.pts for unit in reader.units]
    assert stamps == sorted(set(stamps))


async def test_other_presets_leave_the_camera_open_unless_the_present_one_is_different(
    config: Config,
) -> None:
    config.cameras = {"a": {"presets": {"large": {"size": "128x96"}}}}
    async with running(config) as (app, _):
        device = app.registry.devices["a"]
        await until(lambda: device.camera.info is not None, "a camera that is open")
        await device.select_preset("large")
        config.cameras["a"]["presets"]["night"] = {"controls": {"Brightness": 0.3}}
        await app.reload()
        await until(lambda: device.presets.names == ("large", "night"), "the new preset")
        assert app.registry.devices["a"] is device
        config.cameras["a"]["presets"]["large"] = {"size": "256x192"}
        await app.reload()
        await until(lambda: app.registry.devices["a"].size == (256, 192), "the size of the changed preset")
        assert app.registry.devices["a"] is not device


async def test_a_stuck_capture_is_handed_to_the_successor_of_its_camera(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, let_go = threading.Event(), threading.Event()

    def hang(_source: object, _timeout: float) -> None:
        reading.set()
        let_go.wait(30)

    config.cameras = {"a": {"name": "A"}}
    monkeypatch.setattr(TestPattern, "read", hang)
    async with running(config) as (app, _):
        try:
            await until(reading.is_set)
            config.cameras = {"a": {"name": "A2"}}
            await app.reload()
            await until(lambda: names(app) == ["A2"])
            (hanging,) = app.registry.devices["a"].camera.abandoned
            let_go.set()
            await until(lambda: not app.registry.devices["a"].camera.abandoned)
            assert hanging.done.done()
        finally:
            let_go.set()


async def test_the_last_of_several_reloads_is_applied(config: Config) -> None:
    config.cameras = {"a": {"name": "0"}}
    async with running(config) as (app, _):
        for number in range(1, 6):
            config.cameras = {"a": {"name": str(number)}}
            await app.reload()
            await asyncio.sleep(0)
        await until(lambda: names(app) == ["5"])


async def test_a_reload_during_the_start_is_applied_after_it(config: Config) -> None:
    config.cameras = {"a": {"name": "A"}}
    app = App(config.read(), config.read)
    task = asyncio.create_task(app.run())
    config.cameras = {"a": {"name": "A2"}, "b": {"name": "B"}}
    await app.reload()
    await until(lambda: names(app) == ["A2", "B"])
    app.end(EndReason.STOP)
    assert await task is EndReason.STOP


async def test_a_reload_by_signal(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    async with running(config) as (app, task):
        config.cameras = {"a": {"name": "A"}}
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: names(app) == ["A"])
        config.problem = BAD
        os.kill(os.getpid(), signal.SIGHUP)
        await until(
            lambda: "the configuration is not reloaded: config.yaml:3: cameras: is bad" in caplog.text
        )
        assert names(app) == ["A"]
        assert not task.done()
        with pytest.raises(SettingsError):
            await app.reload()


async def test_a_reload_that_fails_is_logged_and_the_next_one_works(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(config) as (app, _):
        with monkeypatch.context() as broken:
            broken.setattr(Camera, "start", _raise)
            config.cameras = {"a": {"name": "A"}}
            await app.reload()
            await until(lambda: "cannot be applied" in caplog.text)
        config.cameras = {"b": {"name": "B"}}
        await app.reload()
        await until(lambda: names(app) == ["B"])


def _raise(_camera: Camera) -> None:
    raise RuntimeError("a bug")


async def test_stop_during_a_reload_leaves_nothing_running(config: Config) -> None:
    config.cameras = {"a": {"name": "A"}, "b": {}}
    async with running(config) as (app, task):
        config.cameras = {"a": {"name": "A2"}, "c": {}}
        await app.reload()
        await asyncio.sleep(0)
        app.end(EndReason.STOP)
        assert await task is EndReason.STOP


async def test_a_reload_while_it_stops_does_nothing(config: Config) -> None:
    config.cameras = {"a": {"name": "A"}}
    async with running(config) as (app, task):
        app.end(EndReason.STOP)
        config.cameras = {"b": {}}
        await app.reload()
        assert await task is EndReason.STOP
        assert set(app.registry.devices) == {"a"}


async def test_a_change_beside_the_cameras_and_the_log_restarts_the_process(config: Config) -> None:
    async with running(config) as (app, task):
        config.more = {"home_assistant": {"enabled": False}}
        await app.reload()
        assert await task is EndReason.RESTART


async def test_a_change_of_the_log_is_applied_without_a_restart(config: Config) -> None:
    before = logging.getLogger().handlers
    try:
        async with running(config) as (app, task):
            config.more = {"log": {"level": "ERROR", "format": "json"}}
            await app.reload()
            await until(lambda: get_level() == "ERROR")
            assert isinstance(logging.getLogger().handlers[0].formatter, JsonFormatter)
            assert not task.done()
    finally:
        logging.getLogger().handlers = before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_to_stop_takes_precedence_over_a_restart(
    config: Config, number: signal.Signals
) -> None:
    config.cameras = {"a": {}}
    async with running(config) as (app, task):
        await app.restart()
        os.kill(os.getpid(), number)
        assert await task is EndReason.STOP


async def test_a_restart_after_a_stop_is_ignored(config: Config) -> None:
    async with running(config) as (app, task):
        app.end(EndReason.STOP)
        await app.restart()
        assert await task is EndReason.STOP


async def test_no_restart_into_a_bad_configuration(config: Config) -> None:
    config.cameras = {"a": {}}
    async with running(config) as (app, task):
        config.problem = BAD
        with pytest.raises(SettingsError):
            await app.restart()
        with pytest.raises(SettingsError):
            await app._restart_stuck()
        assert not app._ending.is_set()
        assert not task.done()


async def test_a_hangup_at_the_end_is_harmless(config: Config) -> None:
    async with running(config) as (app, task):
        await app.restart()
        assert await task is EndReason.RESTART
        os.kill(os.getpid(), signal.SIGHUP)


async def test_a_second_daemon_in_the_state_folder_is_refused(config: Config) -> None:
    async with running(config) as (_, first):
        with pytest.raises(FolderTaken):
            await App(config.read(), config.read).run()
        assert not first.done()


def test_a_service_that_cannot_start_is_logged(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    config.more = {"web": {"enabled": True, "host": "192.0.2.1", "allow_unauthenticated": True}}
    assert run_daemon(config.read(), config.read) == 1
    assert "web" in caplog.text
