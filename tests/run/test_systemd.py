"""The notifications to systemd, received by a socket in its place."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mqttcam.run.systemd import SystemdNotifier
from tests.support.waiting import PATIENCE


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket; `getsockname` is its address."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        yield listening


async def received(systemd: socket.socket) -> str:
    async with asyncio.timeout(PATIENCE):
        return (await asyncio.get_running_loop().sock_recv(systemd, 100)).decode()


def silent(systemd: socket.socket) -> bool:
    try:
        systemd.recv(100)
    except BlockingIOError:
        return True
    return False


def watchdog_tasks() -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if task.get_name() == "watchdog"]


async def test_ready_is_followed_by_watchdog_notifications_until_the_end(systemd: socket.socket) -> None:
    environment = {
        "NOTIFY_SOCKET": systemd.getsockname(),
        "WATCHDOG_USEC": "20000",
        "WATCHDOG_PID": str(os.getpid()),
    }
    async with SystemdNotifier(environment) as notifier:
        assert [await received(systemd) for _ in range(4)] == ["READY=1", *["WATCHDOG=1"] * 3]
    assert notifier._watchdog is not None
    assert notifier._watchdog.done()


async def test_an_abstract_address_is_written_with_an_at_sign() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("")  # the kernel gives it an abstract name
        listening.setblocking(False)
        name = listening.getsockname().decode()
        async with SystemdNotifier({"NOTIFY_SOCKET": name.replace("\0", "@", 1)}):
            assert await received(listening) == "READY=1"


@pytest.mark.parametrize(
    "watchdog", [{}, {"WATCHDOG_USEC": "nonsense"}, {"WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"}]
)
async def test_no_watchdog_notifications_without_a_watchdog_of_this_process(
    systemd: socket.socket, watchdog: dict[str, str]
) -> None:
    async with SystemdNotifier({"NOTIFY_SOCKET": systemd.getsockname(), **watchdog}):
        assert await received(systemd) == "READY=1"
        assert not watchdog_tasks()
    assert silent(systemd)


async def test_nothing_is_sent_without_a_socket(systemd: socket.socket) -> None:
    async with SystemdNotifier({"WATCHDOG_USEC": "20000"}):
        assert not watchdog_tasks()
    assert silent(systemd)


async def test_a_socket_that_is_gone_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with SystemdNotifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")}):
        pass
    assert "systemd: READY=1 cannot be sent: No such file" in caplog.text
