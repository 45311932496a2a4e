"""Descriptors reserved for the program itself."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mqttcam import descriptors


@pytest.fixture
def limit() -> Iterator[int]:
    """The number of descriptors in use, at which the limit is put back after the test."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield sum(1 for _ in Path("/dev/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_last_64_descriptors_are_scarce(limit: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit + 300, hard))
    assert not descriptors.are_scarce()
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit + 5, hard))
    assert descriptors.are_scarce()


def test_with_none_left_they_are_scarce(limit: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit - 1, hard))
    assert descriptors.are_scarce()


async def test_more_connections_wait_than_are_accepted_at_once() -> None:
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0, backlog=1)
    descriptors.lengthen_queue(server)
    port = server.sockets[0].getsockname()[1]
    # The loop is not run: nothing is accepted.
    waiting = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(50)]
    for one in waiting:
        one.close()
    server.close()
