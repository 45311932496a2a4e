"""One broker per module, connections that are stopped after each test, and pictures made by hand."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mqttcam.mqtt.connection import Connection
from mqttcam.mqtt.pictures_connection import PicturesConnection
from tests.mqtt.tools import Rig, login_settings
from tests.support.broker import Broker, Endpoint, Mosquitto, find_mosquitto
from tests.support.certificates import Certificates
from tests.support.client import Client
from tests.support.left_out import leave_out
from tests.support.waiting import PATIENCE

Connect = Callable[..., Awaitable[Connection]]

_RUN_WITH_STDIN = """
import subprocess, sys
subprocess.Popen([sys.executable, "-m", "mqttcam.mqtt.broker.process", *sys.argv[1:]], stdin=subprocess.PIPE).wait()
"""


class Embedded(Broker):
    """The embedded broker, if mosquitto is missing. It reports neither the publisher's QoS nor its retain flag."""

    def _command(self) -> list[str]:
        return [sys.executable, "-c", _RUN_WITH_STDIN, self.host, str(self.port), "0"]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Mosquitto, or the embedded broker."""
    folder = tmp_path_factory.mktemp("broker")
    with Mosquitto(folder) if find_mosquitto() else Embedded(folder) as running:
        yield running


@pytest.fixture(scope="module")
def mosquitto(broker: Broker) -> Mosquitto:
    """The module's broker, for tests that need mosquitto itself."""
    if not isinstance(broker, Mosquitto):
        leave_out("mosquitto is not installed")
    return broker


@pytest.fixture
def client(broker: Broker) -> Iterator[Client]:
    """A client that receives everything that is published."""
    with Client(broker, "#") as connected:
        yield connected


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """`connect(endpoint, client_id=…, port=…)` starts a connection and, by default, waits until it is up."""
    made: list[Connection] = []

    async def start(to: Endpoint, *, wait: bool = True, **options: Any) -> Connection:
        options.setdefault("client_id", f"mqttcam-test-{len(made)}")
        ours = {
            name: options.pop(name)
            for name in ("client_id", "will", "hooks", "timing", "largest_message")
            if name in options
        }
        hooks = ours.pop("hooks", ())
        main = options.pop("follows", None)
        settings = login_settings(to, **options)
        connection = (
            Connection(settings, **ours) if main is None else PicturesConnection(settings, main, **ours)
        )
        for hook in hooks:
            connection.on_connected(hook)
        made.append(connection)
        connection.start()
        if wait:
            async with asyncio.timeout(PATIENCE):
                await connection.wait_connected()
        return connection

    yield start
    for connection in made:
        await connection.stop()


@pytest.fixture
async def rig(broker: Broker, client: Client, connect: Connect) -> Rig:
    """A publisher of pictures on a connection of its own, fed by hand."""
    return Rig.make(await connect(broker, client_id="mqttcam-test-pictures"))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A certificate authority, and what it has signed."""
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a second broker."""
    return tmp_path / "second"
