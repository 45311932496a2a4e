"""The health check: the answer of the daemon, and each way of not getting one."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from mqttcam.run.health_query import query_health
from mqttcam.run.health_socket import FolderTaken, HealthSocket
from tests.support.waiting import PATIENCE


@contextlib.contextmanager
def listening(folder: Path) -> Iterator[socket.socket]:
    """Listen in place of a daemon."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "health.sock"))
        server.listen()
        yield server


@pytest.mark.parametrize("problems", [[], ["camera front: no frame for 7 s", "MQTT: 玄関"]])
async def test_the_daemon_answers_with_its_problems(tmp_path: Path, problems: list[str]) -> None:
    health_socket = HealthSocket(tmp_path, lambda: problems)
    await health_socket.start()
    assert await asyncio.to_thread(query_health, tmp_path) == problems
    assert await asyncio.to_thread(query_health, tmp_path) == problems
    await health_socket.stop()
    assert list(tmp_path.iterdir()) == []


async def test_a_path_over_the_limit_of_unix_sockets(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 200) / ("y" * 200)
    health_socket = HealthSocket(folder, list)
    await health_socket.start()
    assert await asyncio.to_thread(query_health, folder) == []
    await health_socket.stop()
    assert list(folder.iterdir()) == []


def test_no_daemon_is_a_problem(tmp_path: Path) -> None:
    assert "no daemon is running" in query_health(tmp_path)[0]
    assert "no daemon is running" in query_health(tmp_path / "nothing")[0]
    with listening(tmp_path):
        pass
    assert "Connection refused" in query_health(tmp_path)[0]


def test_a_hung_daemon_is_a_problem(tmp_path: Path) -> None:
    with listening(tmp_path):
        assert query_health(tmp_path, timeout=0.05) == ["the daemon does not answer within 0.05 s"]


async def test_a_daemon_that_ends_during_the_query_is_a_problem(tmp_path: Path) -> None:
    with listening(tmp_path) as server:
        answer = asyncio.create_task(asyncio.to_thread(query_health, tmp_path))
        connection, _ = await asyncio.to_thread(server.accept)
        connection.close()
        assert await answer == ["the daemon ended while it answered"]


async def test_the_socket_of_a_killed_daemon_is_replaced(tmp_path: Path) -> None:
    with listening(tmp_path):
        pass
    health_socket = HealthSocket(tmp_path, list)
    await health_socket.start()
    assert await asyncio.to_thread(query_health, tmp_path) == []
    await health_socket.stop()


async def test_a_folder_belongs_to_one_daemon_at_a_time(tmp_path: Path) -> None:
    first, second = HealthSocket(tmp_path, lambda: ["first"]), HealthSocket(tmp_path, lambda: ["second"])
    await first.start()
    with pytest.raises(FolderTaken, match=str(tmp_path)):
        await second.start()
    await second.stop()
    assert await asyncio.to_thread(query_health, tmp_path) == ["first"]
    await first.stop()
    await second.start()
    assert await asyncio.to_thread(query_health, tmp_path) == ["second"]
    await second.stop()


async def test_a_folder_that_is_deleted_comes_back_locked(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    recreated = asyncio.Event()

    async def on_recreated() -> None:
        recreated.set()

    health_socket = HealthSocket(folder, lambda: ["mine"], on_recreated=on_recreated, interval=0.01)
    await health_socket.start()
    shutil.rmtree(folder)
    async with asyncio.timeout(PATIENCE):
        await recreated.wait()
    assert await asyncio.to_thread(query_health, folder) == ["mine"]
    with pytest.raises(FolderTaken):
        await HealthSocket(folder, list).start()
    (folder / "health.sock").unlink()
    async with asyncio.timeout(PATIENCE):
        while not (folder / "health.sock").exists():
            await asyncio.sleep(0.01)
    assert health_socket.problem is None
    await health_socket.stop()


async def test_a_folder_that_cannot_be_used_is_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.write_text("a file")
    health_socket = HealthSocket(folder, list, interval=0.01)
    await health_socket.start()
    assert "health check unavailable" in str(health_socket.problem)
    folder.unlink()
    async with asyncio.timeout(PATIENCE):
        while health_socket.problem is not None:
            await asyncio.sleep(0.01)
    assert await asyncio.to_thread(query_health, folder) == []
    await health_socket.stop()


async def test_what_is_readable_by_others_is_made_private(tmp_path: Path) -> None:
    spool = tmp_path / "spool" / "front"
    spool.mkdir(parents=True)
    tmp_path.chmod(0o755)
    for path in (tmp_path / "values.json", tmp_path / "web.key", spool / "1.jpg", tmp_path / "not-ours.txt"):
        path.touch(0o644)
    health_socket = HealthSocket(tmp_path, list)
    await health_socket.start()
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path, *tmp_path.rglob("*"))}
    assert found.pop("not-ours.txt") == 0o644
    assert not {name: oct(mode) for name, mode in found.items() if mode & 0o077}
    await health_socket.stop()


@pytest.mark.parametrize("in_the_way", ["folder", "socket"])
async def test_a_folder_that_cannot_be_used_costs_only_the_health_check(
    tmp_path: Path, in_the_way: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "state"
    if in_the_way == "folder":
        folder.write_text("a file")
    else:
        (folder / "health.sock").mkdir(parents=True)
    health_socket = HealthSocket(folder, list)
    await health_socket.start()
    assert "health check unavailable" in caplog.text
    assert len(await asyncio.to_thread(query_health, folder)) == 1
    await health_socket.stop()
