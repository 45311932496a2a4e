"""The commands of cameras and of the node."""

from __future__ import annotations

import asyncio

import pytest

from mqttcam.camera.frame import Picture
from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraUnavailable
from mqttcam.commands.catalogue import camera_commands, node_commands
from mqttcam.commands.command import listed
from mqttcam.commands.request import Request
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.errors import Code, CommandError
from mqttcam.devices.node import Node
from mqttcam.devices.observer import CameraObserver
from mqttcam.devices.store import Store, stored_controls
from mqttcam.values import InvalidValue
from tests.support.devices import RecordedDaemon, RecordedNode, Recorder
from tests.support.lamp import ask, given, refused
from tests.support.waiting import PATIENCE


async def test_patches_are_applied_in_the_order_of_arrival(running: CameraDevice, store: Store) -> None:
    runner = CommandRunner(running, camera_commands)
    values = [number / 100 for number in range(20)]
    results = await asyncio.gather(
        *(runner.run(Request("set", given({"brightness": value, "image_quality": 50}))) for value in values)
    )
    assert [result.changed["brightness"] for result in results] == values
    assert running.camera.values["brightness"] == values[-1]
    assert stored_controls(store, "front", running.settings)["brightness"] == values[-1]


# set and get


async def test_set_returns_the_values_that_took_effect(running: CameraDevice) -> None:
    answer = await ask(
        running, "set", {"brightness": "0.25", "image_fps": "MAX", "show_clock": "off", "enabled": 1}
    )
    assert answer["ok"] is True
    assert answer["changed"] == {"brightness": 0.25, "image_fps": 25, "show_clock": "OFF", "enabled": "ON"}
    assert isinstance(answer["took_ms"], int)


async def test_set_of_one_key(running: CameraDevice) -> None:
    assert (await ask(running, "set", b" 0.5 ", key="brightness"))["changed"] == {"brightness": 0.5}
    assert (await refused(running, "set", b"{}", key="brightness"))["code"] == "invalid_value"
    assert (await refused(running, "set", b"\xff", key="brightness"))["field"] == "brightness"
    assert (await refused(running, "set", b"1", key="brightnes"))["code"] == "unknown_key"


@pytest.mark.parametrize("bad", [{"brightness": 9}, {"nothing": 1}, {"fps": 1}, {"enabled": "maybe"}])
async def test_a_patch_with_an_error_changes_nothing(running: CameraDevice, bad: dict[str, object]) -> None:
    before = dict(running.camera.values)
    await refused(running, "set", {"contrast": 1.5, "image_quality": 20, "image_fps": 3, **bad})
    assert (running.camera.values, running.image_quality, running.image_fps) == (before, 85, 1.0)


@pytest.mark.parametrize("problem", [SourceError("gone"), InvalidValue("no"), CameraUnavailable("off")])
async def test_a_patch_changes_nothing_if_the_camera_fails(
    running: CameraDevice, store: Store, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    async def fail(_values: object) -> object:
        raise problem

    monkeypatch.setattr(running.camera, "apply", fail)
    await refused(running, "set", {"image_quality": 20, "brightness": 0.1, "enabled": "OFF"})
    assert (running.image_quality, running.camera.enabled) == (85, True)
    assert store.entries("front") == {}


async def test_get_publishes_the_state_again(device: CameraDevice) -> None:
    camera_observer, node_observer = Recorder(), RecordedNode()
    node = Node("yard")
    device.attach(camera_observer)
    node.attach(node_observer)
    for target in (device, node):
        assert (await ask(target, "get", b"anything"))["ok"] is True
    assert (camera_observer.changes, node_observer.changes) == (1, 1)


async def test_get_and_set_are_not_listed_among_the_commands(device: CameraDevice) -> None:
    assert {"get", "set"} < set(camera_commands(device))
    assert [one.name for one in listed(camera_commands(device))] == [
        "snapshot",
        "photo",
        "save_preset",
        "record",
        "stop_recording",
        "restart_camera",
    ]
    assert "get" not in (await refused(device, "no such"))["allowed"]
    assert "get" not in [one.name for one in listed(node_commands(Node("yard")))]


async def test_an_empty_patch_changes_nothing(running: CameraDevice) -> None:
    assert (await ask(running, "set", {}))["changed"] == {}


# the node's and the cameras' own


async def test_the_commands_of_the_node() -> None:
    daemon, observer = RecordedDaemon(), RecordedNode()
    node = Node("yard", daemon=daemon)
    node.attach(observer)
    for name in ("restart", "reload", "rediscover"):
        assert (await ask(node, name))["ok"] is True
    assert (daemon.asked, observer.rediscovered) == (["restart", "reload"], 1)


async def test_log_level() -> None:
    node, before = Node("yard"), Node("yard").log_level
    try:
        assert (await ask(node, "log_level", b"debug"))["ok"] is True
        assert node.log_level == "DEBUG"
        assert (await refused(node, "log_level", b"LOUD"))["allowed"] == ["DEBUG", "INFO", "WARNING", "ERROR"]
        assert (await refused(node, "log_level"))["field"] == "level"
    finally:
        node.set_log_level(before)


async def test_a_snapshot_is_delivered_to_every_observer_with_its_request_id(running: CameraDevice) -> None:
    observers = Recorder(), Recorder()
    for observer in observers:
        running.attach(observer)
    assert (await ask(running, "snapshot", {"quality": 30, "max_width": 32, "request_id": "x"}))["ok"] is True
    for observer in observers:
        ((picture, request_id),) = observer.snapshots
        assert (picture.width, picture.quality, request_id) == (32, 30, "x")


async def test_a_snapshot_that_an_observer_refuses(running: CameraDevice) -> None:
    running.attach(Recorder(CommandError(Code.BUSY, "later")))
    assert (await refused(running, "snapshot"))["code"] == "busy"


async def test_an_observer_that_waits_and_refuses_does_not_affect_the_others(running: CameraDevice) -> None:
    taken, go_on = asyncio.Event(), asyncio.Event()

    class Slow(CameraObserver):
        async def snapshot(self, picture: Picture, request_id: str | None) -> None:
            await go_on.wait()
            raise CommandError(Code.UNAVAILABLE, "there is no connection to the broker")

    class Quick(CameraObserver):
        async def snapshot(self, picture: Picture, request_id: str | None) -> None:
            taken.set()

    running.attach(Slow())
    running.attach(Quick())
    asking = asyncio.create_task(refused(running, "snapshot"))
    async with asyncio.timeout(PATIENCE):
        await taken.wait()
    assert not asking.done()
    go_on.set()
    assert (await asking)["code"] == "unavailable"


async def test_restart_camera(running: CameraDevice) -> None:
    before = running.camera.stats.restarts
    assert (await ask(running, "restart_camera"))["ok"] is True
    assert running.camera.stats.restarts == before + 1
    assert (await ask(running, "set", {"enabled": "OFF"}))["ok"] is True
    assert (await refused(running, "restart_camera"))["code"] == "unavailable"
    assert (await refused(running, "snapshot"))["code"] == "unavailable"
