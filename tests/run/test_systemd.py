"""What systemd is told, on a socket in its place."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mqttcam.run.systemd import SystemdNotifier


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    """Where it listens; `getsockname` is its address."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        yield listening


async def heard(systemd: socket.socket) -> str:
    async with asyncio.timeout(10):
        return (await asyncio.get_running_loop().sock_recv(systemd, 100)).decode()


def silent(systemd: socket.socket) -> bool:
    try:
        systemd.recv(100)
    except BlockingIOError:
        return True
    return False


async def test_ready_and_then_alive(systemd: socket.socket) -> None:
    asked = {
        "NOTIFY_SOCKET": systemd.getsockname(),
        "WATCHDOG_USEC": "20000",
        "WATCHDOG_PID": str(os.getpid()),
    }
    async with SystemdNotifier(asked):
        assert [await heard(systemd) for _ in range(4)] == ["READY=1", *["WATCHDOG=1"] * 3]
    while not silent(systemd):
        pass  # sent before the end
    await asyncio.sleep(0.05)
    assert silent(systemd)


async def test_abstract_address() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("")  # the kernel gives it an abstract name
        listening.setblocking(False)
        name = listening.getsockname().decode()
        async with SystemdNotifier({"NOTIFY_SOCKET": name.replace("\0", "@", 1)}):
            assert await heard(listening) == "READY=1"


@pytest.mark.parametrize(
    "watchdog", [{}, {"WATCHDOG_USEC": "nonsense"}, {"WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"}]
)
async def test_nobody_watches_us(systemd: socket.socket, watchdog: dict[str, str]) -> None:
    async with SystemdNotifier({"NOTIFY_SOCKET": systemd.getsockname(), **watchdog}):
        assert await heard(systemd) == "READY=1"
        await asyncio.sleep(0.05)
        assert silent(systemd)


async def test_nobody_asks(systemd: socket.socket) -> None:
    async with SystemdNotifier({"WATCHDOG_USEC": "20000"}):
        await asyncio.sleep(0.05)
    assert silent(systemd)


async def test_a_manager_that_is_gone_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with SystemdNotifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")}):
        pass
    assert "cannot be told READY=1: No such file" in caplog.text
