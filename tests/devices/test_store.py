"""Values that commands have set, across restarts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mqttcam.devices.store import Store
from mqttcam.values import Number

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


async def test_many_changes_are_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writes = 0
    import mqttcam.devices.store

    write = mqttcam.devices.store.write_atomically

    def counted(path: Path, data: bytes) -> None:
        nonlocal writes
        writes += 1
        write(path, data)

    monkeypatch.setattr(mqttcam.devices.store, "write_atomically", counted)
    path = tmp_path / "values.json"
    store = reopened(path)

    async def one(number: int) -> None:
        store.set("front", "brightness", number, None)
        await store.save()

    await asyncio.gather(*(one(number) for number in range(50)))
    assert reopened(path).get("front", "brightness", ANY.coerce, None) == 49
    assert writes <= 3


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
