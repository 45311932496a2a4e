"""The fault proxy as a program."""

from __future__ import annotations

import asyncio
import sys

from tests.mqtt.conftest import Connect
from tests.support.broker import Broker, Endpoint
from tests.support.project import PROJECT
from tests.support.waiting import until


async def test_as_a_program(broker: Broker, connect: Connect) -> None:
    proxy = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.proxy",
        str(broker.port),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=PROJECT,
    )
    assert proxy.stdin is not None
    assert proxy.stdout is not None
    connection = await connect(Endpoint(int(await proxy.stdout.readline())))
    proxy.stdin.write(b"rate 100000\ndelay 0\nrefuse\ncut\n")
    await until(lambda: not connection.connected, "cut")
    proxy.stdin.write(b"admit\nrate 0\nresume\n")
    await until(lambda: connection.connected, "admitted")
    assert connection.problem is None
    proxy.stdin.write(b"what\n")
    assert await proxy.stdout.readline() == b"unknown: what\n"
    await connection.stop()
    proxy.stdin.close()
    await proxy.wait()
