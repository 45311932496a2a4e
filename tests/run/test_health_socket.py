"""The health check: the daemon's answer, and each way of not having one."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

import mqttcam.run.health_socket
from mqttcam.run.health_socket import FolderTaken, HealthSocket, ask


@contextlib.contextmanager
def listening(folder: Path) -> Iterator[socket.socket]:
    """Something that listens in place of a daemon."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "health.sock"))
        server.listen()
        yield server


@pytest.mark.parametrize("problems", [[], ["camera front: no frame for 7 s", "MQTT: 玄関"]])
async def test_the_daemon_says_what_is_wrong(tmp_path: Path, problems: list[str]) -> None:
    probe = HealthSocket(tmp_path, lambda: problems)
    await probe.start()
    assert await asyncio.to_thread(ask, tmp_path) == problems
    assert await asyncio.to_thread(ask, tmp_path) == problems
    await probe.stop()
    assert list(tmp_path.iterdir()) == []


async def test_a_path_longer_than_a_sockets_may_be(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 200) / ("y" * 200)
    probe = HealthSocket(folder, list)
    await probe.start()
    assert await asyncio.to_thread(ask, folder) == []
    await probe.stop()
    assert list(folder.iterdir()) == []


def test_no_daemon(tmp_path: Path) -> None:
    assert "no daemon runs" in ask(tmp_path)[0]
    assert "no daemon runs" in ask(tmp_path / "nothing")[0]
    with listening(tmp_path):
        pass
    assert "Connection refused" in ask(tmp_path)[0]


def test_a_hung_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqttcam.run.health_socket, "_TIMEOUT", 0.05)
    with listening(tmp_path):
        assert ask(tmp_path) == ["the daemon does not answer within 0.05 s"]


async def test_a_daemon_that_ends_meanwhile(tmp_path: Path) -> None:
    with listening(tmp_path) as server:
        answer = asyncio.create_task(asyncio.to_thread(ask, tmp_path))
        connection, _ = await asyncio.to_thread(server.accept)
        connection.close()
        assert await answer == ["the daemon ended while it answered"]


async def test_what_a_killed_daemon_left_is_no_hindrance(tmp_path: Path) -> None:
    with listening(tmp_path):
        pass
    probe = HealthSocket(tmp_path, list)
    await probe.start()
    assert await asyncio.to_thread(ask, tmp_path) == []
    await probe.stop()


async def test_two_daemons_in_one_folder(tmp_path: Path) -> None:
    first, second = HealthSocket(tmp_path, lambda: ["first"]), HealthSocket(tmp_path, lambda: ["second"])
    await first.start()
    with pytest.raises(FolderTaken, match=str(tmp_path)):
        await second.start()
    await second.stop()
    assert await asyncio.to_thread(ask, tmp_path) == ["first"]
    await first.stop()
    await second.start()
    assert await asyncio.to_thread(ask, tmp_path) == ["second"]
    await second.stop()


@pytest.mark.parametrize("in_the_way", ["folder", "socket"])
async def test_a_folder_that_cannot_be_used_costs_only_the_health_check(
    tmp_path: Path, in_the_way: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "state"
    if in_the_way == "folder":
        folder.write_text("a file")
    else:
        (folder / "health.sock").mkdir(parents=True)
    probe = HealthSocket(folder, list)
    await probe.start()
    assert "no health check" in caplog.text
    assert len(await asyncio.to_thread(ask, folder)) == 1
    await probe.stop()
