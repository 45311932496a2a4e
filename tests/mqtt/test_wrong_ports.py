"""A port that is not the broker's plain MQTT port: the problem says what it is, and what to set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from tests.mqtt.conftest import Connect
from tests.support.broker import Endpoint, Mosquitto
from tests.support.certificates import Certificates
from tests.support.waiting import HOST, free_port, listens, until


async def _problem(connect: Connect, endpoint: Endpoint) -> str:
    connection = await connect(endpoint, wait=False)
    return await until(lambda: connection.problem, "a problem")


async def test_tls_without_tls_in_the_settings(
    folder: Path, certificates: Certificates, connect: Connect
) -> None:
    with Mosquitto(folder, certificates=certificates) as broker:
        assert "If it speaks TLS, set mqtt.tls" in await _problem(connect, Endpoint(broker.port))


async def test_no_tls_with_tls_in_the_settings(
    folder: Path, certificates: Certificates, connect: Connect
) -> None:
    with Mosquitto(folder) as broker:
        endpoint = Endpoint(broker.port)
        endpoint.certificates = certificates
        assert "does this port speak TLS?" in await _problem(connect, endpoint)


async def test_websockets(folder: Path, connect: Connect) -> None:
    port = free_port()
    with Mosquitto(folder, extra=f"listener {port} {HOST}\nprotocol websockets"):
        await until(lambda: listens(port), "the second listener")
        # Mosquitto 2.0 answers with HTTP, and 2.1 closes the connection; both problems name the port to use.
        assert "port for MQTT over TCP" in await _problem(connect, Endpoint(port))


@asynccontextmanager
async def _web_server() -> AsyncIterator[int]:
    runner = web.AppRunner(web.Application())
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def test_http(connect: Connect) -> None:
    async with _web_server() as port:
        assert "this port speaks HTTP" in await _problem(connect, Endpoint(port))
