"""When the process restarts for a camera that is stuck, over several processes."""

from __future__ import annotations

import asyncio
import configparser
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from mqttcam.camera.camera import Camera
from mqttcam.camera.capture import THREAD
from mqttcam.camera.thread_state import is_uninterruptible
from mqttcam.run.stuck_restart import BOOT_ID, RestartTiming, StuckRestart, has_service_manager
from mqttcam.settings import SettingsError
from mqttcam.settings.document.problems import Problem
from tests.support.kernel import sleep_in_kernel, wake_in_kernel
from tests.support.project import PROJECT
from tests.support.waiting import PATIENCE, until

_DEPLOY = PROJECT / "deploy"
NOW = "the process restarts now"


@dataclass
class StuckCamera:
    """The attributes of a camera that a restart depends on."""

    id: str = "front"
    enabled: bool = True
    is_stuck: bool = True
    was_steady: bool = False


@dataclass
class Sleeper:
    """Replaces `asyncio.sleep`: records each wait; any but 0 lasts until `wake`."""

    waits: list[float] = field(default_factory=list)
    _sleeping: list[asyncio.Event] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        if seconds:
            self._sleeping.append(asyncio.Event())
            await self._sleeping[-1].wait()

    def wake(self) -> None:
        for event in self._sleeping:
            event.set()


@dataclass
class Machine:
    """Processes that run one after the other and share a state folder."""

    folder: Path
    restarts: int = 0
    problem: SettingsError | None = None
    camera: StuckCamera = field(default_factory=StuckCamera)
    sleeper: Sleeper = field(default_factory=Sleeper)
    boot_id: Path = BOOT_ID
    process: StuckRestart = field(init=False)

    def __post_init__(self) -> None:
        self.next_process()

    def next_process(self) -> None:
        self.process = StuckRestart(
            self.folder / "new_processes.json", self._restart, sleep=self.sleeper, boot_id=self.boot_id
        )

    def request(self, camera: StuckCamera | None = None) -> str:
        return self.process.request(cast("Camera", camera or self.camera))

    async def ended(self, camera_id: str = "front") -> None:
        """Wait for the end of the camera's request."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([self.process._requests[camera_id].task])

    async def restart(self, times: int = 1) -> None:
        """Restart for the camera, which stays stuck; after that the next process runs."""
        for _ in range(times):
            self.request()
            await asyncio.sleep(0)
            self.sleeper.wake()
            await self.ended()
            self.next_process()

    async def _restart(self) -> None:
        if self.problem is not None:
            raise self.problem
        self.restarts += 1


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "state")


def test_the_wait_doubles_up_to_a_limit() -> None:
    timing = RestartTiming()
    assert [timing.wait_after(restarts) for restarts in range(9)] == [
        0,
        60,
        120,
        240,
        480,
        960,
        1920,
        3600,
        3600,
    ]
    assert timing.wait_after(10_000) == 3600


async def test_the_first_restart_is_immediate_and_each_further_one_later(machine: Machine) -> None:
    texts = []
    for _ in range(4):
        texts.append(machine.request())
        await machine.restart()
    assert machine.sleeper.waits == [0, 60, 120, 240]
    assert machine.restarts == 4
    assert texts == [
        NOW,
        "the process restarts in 60 s",
        "the process restarts in 120 s",
        "3 restarts of the process have not helped: reboot the machine (next restart: in 240 s)",
    ]


async def test_repeated_requests_restart_once(machine: Machine) -> None:
    assert {machine.request() for _ in range(5)} == {NOW}
    await machine.ended()
    assert machine.restarts == 1


async def test_a_camera_that_recovers_during_the_wait_needs_no_restart(machine: Machine) -> None:
    machine.request()
    machine.camera.is_stuck = False
    await machine.ended()
    assert machine.restarts == 0


async def test_restarts_are_counted_from_0_after_a_process_with_a_steady_camera(machine: Machine) -> None:
    await machine.restart(2)
    machine.camera.was_steady = True
    assert machine.request() == NOW
    await machine.ended()
    assert machine.restarts == 3


async def test_restarts_are_counted_per_camera(machine: Machine) -> None:
    await machine.restart()
    assert machine.request(StuckCamera("back")) == NOW
    await machine.ended("back")
    machine.next_process()
    assert machine.request(StuckCamera("back")) == "the process restarts in 60 s"


async def test_a_camera_that_is_switched_off_does_not_wait(machine: Machine) -> None:
    await machine.restart(2)
    machine.camera.enabled = False
    assert machine.request() == NOW


async def test_a_reboot_resets_the_count(machine: Machine, tmp_path: Path) -> None:
    await machine.restart()
    machine.boot_id = tmp_path / "boot"
    machine.boot_id.write_text("another\n")
    machine.next_process()
    assert machine.request() == NOW


async def test_an_invalid_configuration_is_logged_and_the_restart_tried_again(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.problem = SettingsError([Problem("config.yaml", 3, "cameras", "is bad")])
    machine.request()
    await until(lambda: machine.sleeper.waits == [0, 60])
    assert "camera front: the process cannot restart: config.yaml:3: cameras: is bad" in caplog.messages
    machine.problem = None
    machine.sleeper.wake()
    await machine.ended()
    assert machine.restarts == 1


async def test_no_restart_while_a_thread_of_another_camera_is_stuck_in_the_kernel(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    thread = threading.Thread(target=sleep_in_kernel, name=f"{THREAD}back", daemon=True)
    thread.start()
    try:
        await until(lambda: is_uninterruptible(thread.native_id))
        machine.request()
        await until(lambda: machine.sleeper.waits == [0, 60])
        assert machine.restarts == 0, "this process would never end"
        assert "capture-back: stuck in the kernel" in caplog.text
    finally:
        wake_in_kernel(os.getpid())
    await asyncio.to_thread(thread.join, 5)
    machine.sleeper.wake()
    await machine.ended()
    assert machine.restarts == 1


@pytest.mark.parametrize("content", [b"", b"[]", b'{"x": 1', b'{"BOOT": {"front": "many"}}', b'{"BOOT": 3}'])
async def test_a_file_that_cannot_be_understood_counts_as_0(
    machine: Machine, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    machine.folder.mkdir()
    (machine.folder / "new_processes.json").write_bytes(
        content.replace(b"BOOT", machine.process._boot_id().encode())
    )
    assert machine.request() == NOW
    await machine.ended()
    assert machine.restarts == 1
    assert "cannot be read" in caplog.text


async def test_a_restart_that_cannot_be_counted_waits_as_long_as_the_last_of_many(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.folder.write_text("no folder")
    machine.request()
    await until(lambda: len(machine.sleeper.waits) == 2)
    assert machine.sleeper.waits == [0, 3600]
    assert machine.restarts == 0
    machine.sleeper.wake()
    await machine.ended()
    assert machine.restarts == 1
    assert "cannot be written" in caplog.text


async def test_cancel_ends_a_request(machine: Machine) -> None:
    machine.request()
    machine.process.cancel()
    await machine.ended()
    assert machine.restarts == 0


async def test_a_request_after_cancel_is_ignored(machine: Machine) -> None:
    machine.process.cancel()
    assert machine.request() == "this process is ending"
    assert not machine.process._requests


async def test_a_camera_replaced_by_a_reload_has_a_request_of_its_own(machine: Machine) -> None:
    await machine.restart()
    assert machine.request() == "the process restarts in 60 s"
    machine.camera.is_stuck = False
    assert machine.request(StuckCamera(was_steady=True)) == NOW
    await machine.ended()
    assert machine.restarts == 2


def test_a_service_manager_is_systemd_or_that_of_a_container() -> None:
    assert not has_service_manager({}, pid=7)
    assert not has_service_manager({"SYSTEMD_EXEC_PID": "1"}, pid=7), "systemd started its parent"
    assert has_service_manager({"SYSTEMD_EXEC_PID": "7"}, pid=7)
    assert has_service_manager({}, pid=1), "the first process of a container"


def test_the_systemd_unit_restarts_the_process_without_a_limit() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(_DEPLOY / "mqttcam.service")
    assert unit["Service"]["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
