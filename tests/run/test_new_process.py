"""When a new process is started for a camera that hangs, over several processes."""

from __future__ import annotations

import asyncio
import configparser
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mqttcam.camera.capture import THREAD
from mqttcam.camera.thread_state import is_uninterruptible
from mqttcam.run import new_process
from mqttcam.run.new_process import NewProcess, has_manager
from mqttcam.settings import SettingsError
from mqttcam.settings.document.problems import Problem
from tests.support.kernel import sleep_in_kernel, wake_in_kernel
from tests.support.project import PROJECT

_DEPLOY = PROJECT / "deploy"


@dataclass
class Camera:
    """Stands for one whose threads hang."""

    id: str = "front"
    enabled: bool = True
    is_stuck: bool = True
    was_steady: bool = False


@dataclass
class Machine:
    """Its processes, one after the other, share a folder."""

    folder: Path
    started: int = 0
    problem: SettingsError | None = None
    camera: Camera = field(default_factory=Camera)

    def process(self) -> NewProcess:
        return NewProcess(self.folder / "new_processes.json", self.start)

    def start(self) -> None:
        if self.problem is not None:
            raise self.problem
        self.started += 1

    async def until_started(self, count: int) -> None:
        async with asyncio.timeout(5):
            while self.started < count:
                await asyncio.sleep(0.002)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(new_process, "_FIRST_WAIT", 0.02)
    monkeypatch.setattr(new_process, "_LONGEST_WAIT", 0.1)
    return Machine(tmp_path / "state")


async def test_the_first_comes_at_once_and_each_after_it_later(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    words = []
    for count in range(1, 7):
        words.append(machine.process().ask(machine.camera))
        while machine.started < count:
            await sleep(0.002)
    assert waits == [0, 0.02, 0.04, 0.08, 0.1, 0.1]
    assert words[0] == "a new process is started now"
    assert words[1].startswith("a new process is started in")
    assert words[3].startswith("3 new processes have not helped: reboot the machine")


async def test_asked_again_it_is_started_once(machine: Machine) -> None:
    process = machine.process()
    assert len({process.ask(machine.camera) for _ in range(5)}) == 1
    await machine.until_started(1)
    await asyncio.sleep(0.05)
    assert machine.started == 1


async def test_a_camera_that_came_back_meanwhile_needs_none(machine: Machine) -> None:
    process = machine.process()
    process.ask(machine.camera)
    machine.camera.is_stuck = False
    await asyncio.sleep(0.05)
    assert machine.started == 0


async def test_a_process_that_had_frames_is_the_first_again(machine: Machine) -> None:
    for count in (1, 2):
        machine.process().ask(machine.camera)
        await machine.until_started(count)
    machine.camera.was_steady = True
    assert machine.process().ask(machine.camera) == "a new process is started now"
    await machine.until_started(3)


async def test_each_camera_counts_for_itself(machine: Machine) -> None:
    machine.process().ask(machine.camera)
    await machine.until_started(1)
    assert machine.process().ask(Camera("back")) == "a new process is started now"
    await machine.until_started(2)
    assert "in 0 s" in machine.process().ask(Camera("back"))


async def test_privacy_does_not_wait(machine: Machine) -> None:
    for count in (1, 2):
        machine.process().ask(machine.camera)
        await machine.until_started(count)
    machine.camera.enabled = False
    assert machine.process().ask(machine.camera) == "a new process is started now"


async def test_a_reboot_is_forgotten_about(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    machine.process().ask(machine.camera)
    await machine.until_started(1)
    (tmp_path / "boot").write_text("another\n")
    monkeypatch.setattr(new_process, "_BOOT_ID", tmp_path / "boot")
    assert machine.process().ask(machine.camera) == "a new process is started now"


async def test_bad_configuration_is_said_and_tried_again(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.problem = SettingsError([Problem("config.yaml", 3, "cameras", "is bad")])
    machine.process().ask(machine.camera)
    await asyncio.sleep(0.01)
    assert "no new process for camera front: config.yaml:3: cameras: is bad" in caplog.text
    machine.problem = None
    await machine.until_started(1)


async def test_none_while_a_thread_of_another_camera_is_stuck_in_the_kernel(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    thread = threading.Thread(target=sleep_in_kernel, name=f"{THREAD}back", daemon=True)
    thread.start()
    try:
        while not is_uninterruptible(thread.native_id):
            await asyncio.sleep(0.002)
        machine.process().ask(machine.camera)
        await asyncio.sleep(0.1)
        assert machine.started == 0, "this process would never end"
        assert "capture-back: stuck in the kernel" in caplog.text
    finally:
        wake_in_kernel(os.getpid())
    await machine.until_started(1)
    thread.join(5)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"x": 1', b'{"BOOT": {"front": "many"}}', b'{"BOOT": 3}'])
async def test_a_file_that_makes_no_sense_counts_as_none(
    machine: Machine, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    machine.folder.mkdir()
    (machine.folder / "new_processes.json").write_bytes(
        content.replace(b"BOOT", new_process._boot_id().encode())
    )
    assert machine.process().ask(machine.camera) == "a new process is started now"
    await machine.until_started(1)
    assert "cannot be read" in caplog.text


async def test_a_folder_that_cannot_be_written_stops_nothing(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.folder.write_text("no folder")
    machine.process().ask(machine.camera)
    await machine.until_started(1)
    assert "cannot be written" in caplog.text


async def test_cancelled_it_starts_none(machine: Machine) -> None:
    process = machine.process()
    process.ask(machine.camera)
    process.cancel()
    await asyncio.sleep(0.05)
    assert machine.started == 0


async def test_while_the_daemon_ends_nobody_is_heard(machine: Machine) -> None:
    process = machine.process()
    process.cancel()
    assert process.ask(machine.camera) == "this process is ending"
    await asyncio.sleep(0.05)
    assert machine.started == 0


async def test_camera_in_the_place_of_another_is_heard_for_itself(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.process().ask(machine.camera)
    await machine.until_started(1)
    monkeypatch.setattr(new_process, "_FIRST_WAIT", 3600)
    monkeypatch.setattr(new_process, "_LONGEST_WAIT", 3600)
    process = machine.process()
    assert process.ask(machine.camera) == "a new process is started in 3600 s"
    machine.camera.is_stuck = False
    assert process.ask(Camera(was_steady=True)) == "a new process is started now"
    await machine.until_started(2)


def test_who_starts_a_process_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not has_manager({})
    assert not has_manager({"SYSTEMD_EXEC_PID": "1"}), "of a process that systemd has started, a child"
    assert has_manager({"SYSTEMD_EXEC_PID": str(os.getpid())})
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert has_manager({}), "a container's"


def test_systemd_is_told_to_start_it_again_and_never_to_give_up() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(_DEPLOY / "mqttcam.service")
    assert unit["Service"]["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
