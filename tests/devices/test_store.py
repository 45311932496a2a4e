"""Values that commands have set, across restarts."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from mqttcam.camera.status import CameraStatus
from mqttcam.devices.build import build_device
from mqttcam.devices.health import Health
from mqttcam.devices.node import Node
from mqttcam.devices.store import Store
from mqttcam.durable_file import WriteTiming
from mqttcam.files import write_atomically
from mqttcam.values import Number, Switch
from tests.support.devices import camera_settings
from tests.support.waiting import PATIENCE

ANY = Number(-1000, 1000)


def reopened(path: Path) -> Store:
    store = Store(path)
    store.load()
    return store


async def test_a_value_survives(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "values.json"
    store = reopened(path)
    store.set("front", "image_fps", 2.5, 1.0)
    await store.save()
    assert reopened(path).get("front", "image_fps", ANY.coerce, 1.0) == 2.5


async def test_an_edited_configuration_wins(tmp_path: Path) -> None:
    path = tmp_path / "values.json"
    store = reopened(path)
    store.set("front", "image_fps", 2.5, 1.0)
    await store.save()
    assert reopened(path).get("front", "image_fps", ANY.coerce, 5.0) is None


async def test_many_changes_are_one_write(tmp_path: Path) -> None:
    writes = 0

    def counted(path: Path, data: bytes) -> None:
        nonlocal writes
        writes += 1
        write_atomically(path, data)

    path = tmp_path / "values.json"
    store = Store(path, write=counted)

    async def one(number: int) -> bool:
        store.set("front", "brightness", number, None)
        await asyncio.sleep(number / 10_000)  # some during a write
        return await store.save()

    results = await asyncio.gather(*(one(number) for number in range(50)))
    assert reopened(path).get("front", "brightness", ANY.coerce, None) == 49
    assert writes <= 6, "of the file and its copy"
    assert results == [True] * 50


@pytest.mark.parametrize(
    "garbage", [b"", b"\x00\xff garbage", b"[1, 2]", b'{"front": 3}', b'{"front": {"a": 3}}']
)
async def test_an_invalid_file_is_replaced(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "values.json"
    path.write_bytes(garbage)
    store = reopened(path)
    assert store.get("front", "a", ANY.coerce, None) is None
    store.set("front", "a", 1, None)
    await store.save()
    assert reopened(path).get("front", "a", ANY.coerce, None) == 1


async def test_a_write_failure_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "values.json")
    for number in range(3):
        store.set("front", "a", number, None)
        await store.save()
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1
    assert store.get("front", "a", ANY.coerce, None) == 2


class FullDisk:
    """Refuses every write while it is full."""

    full = True

    def write(self, path: Path, data: bytes) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_atomically(path, data)


async def test_a_full_disk_is_a_problem_until_the_values_are_written_by_themselves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk, path = FullDisk(), tmp_path / "values.json"
    store = Store(path, write=disk.write, timing=WriteTiming(first_retry=0.01, last_retry=0.01))
    store.set("front", "a", 1, None)
    assert await store.save() is False
    assert await store.save() is False, "not kept, whoever asks"
    assert "No space left on device" in str(store.file.problem)
    disk.full = False
    async with asyncio.timeout(PATIENCE):
        await store.file.listeners.until(lambda: store.file.problem is None)
    assert reopened(path).get("front", "a", ANY.coerce, None) == 1
    assert await store.save() is True
    assert [record.levelname for record in caplog.records if record.levelname == "ERROR"] == ["ERROR"]


async def test_a_disk_that_hangs_is_answered(tmp_path: Path) -> None:
    go = threading.Event()

    def write(path: Path, data: bytes) -> None:
        go.wait()
        write_atomically(path, data)

    store = Store(tmp_path / "values.json", write=write, timing=WriteTiming(answer=0.01))
    store.set("front", "a", 1, None)
    assert await store.save() is False
    assert "does not answer" in str(store.file.problem)
    go.set()
    async with asyncio.timeout(PATIENCE):
        await store.file.listeners.until(lambda: store.file.problem is None)


@pytest.mark.parametrize("damage", [None, b"", b"\x00\xff garbage"], ids=["gone", "empty", "garbage"])
async def test_the_copy_replaces_a_file_that_cannot_be_read(tmp_path: Path, damage: bytes | None) -> None:
    path = tmp_path / "values.json"
    store = Store(path)
    store.set("front", "enabled", False, True)
    await store.save()
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    again = reopened(path)
    assert again.lost is None
    assert again.get("front", "enabled", Switch().coerce, True) is False
    assert await again.save() is True
    assert reopened(path).get("front", "enabled", Switch().coerce, True) is False


async def test_values_that_are_lost_close_the_cameras_until_they_are_switched_on(tmp_path: Path) -> None:
    path = tmp_path / "values.json"
    for name in ("values.json", "values.copy.json"):
        (tmp_path / name).write_bytes(b"{half of it")
    store = reopened(path)
    device = build_device("front", camera_settings(), store)
    assert device.camera.enabled is False
    assert device.camera.status is CameraStatus.OFF
    assert "cannot be read" in str(device.camera.last_error)
    health = Health(Node("yard"), lambda: {"front": device})
    assert health.problems() == [f"camera front: {device.camera.last_error}"]
    await store.save()
    later = build_device("front", camera_settings(), reopened(path))
    assert later.camera.enabled is False, "still, at the next start"
    device.set_enabled(True)
    assert health.problems() == ["camera front: starting"]
    await store.save()
    assert build_device("front", camera_settings(), reopened(path)).camera.enabled is True


async def test_the_values_are_for_this_user_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = Store(tmp_path / "new" / "state" / "values.json")
        store.set("front", "a", 1, None)
        await store.save()
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").rglob("*")}
    assert modes == {"state": 0o700, "values.json": 0o600, "values.copy.json": 0o600}


async def test_an_invalid_file_is_renamed(tmp_path: Path) -> None:
    path = tmp_path / "values.json"
    path.write_bytes(b"{half of it")
    store = reopened(path)
    store.set("front", "a", 1, None)
    await store.save()
    assert (tmp_path / "values.broken").read_bytes() == b"{half of it"
    assert reopened(path).get("front", "a", ANY.coerce, None) == 1


async def test_a_failed_write_is_repeated_by_the_next_save(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "state"
    folder.write_text("in the way")
    store = Store(folder / "values.json")
    store.set("front", "a", 1, None)
    await store.save()
    folder.unlink()
    store.set("front", "a", 1, None)
    await store.save()
    assert reopened(folder / "values.json").get("front", "a", ANY.coerce, None) == 1
    assert len(caplog.records) == 1
