"""Brokers that announce themselves by multicast DNS: a real responder on the loopback interface."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from mqttcam.setup.brokers import FoundBroker, find_brokers
from tests.support.broker import Mosquitto
from tests.support.waiting import HOST, free_port

pytest.importorskip("zeroconf")
from zeroconf import IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

UNKNOWN_HOST = "no-such-host.invalid."
ANOTHER_HOST = "127.0.0.2"
"""Stands for another machine."""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    port = free_port()
    extra = f"listener {port} {ANOTHER_HOST}"
    with Mosquitto(tmp_path_factory.mktemp("mdns"), port=port, extra=extra) as running:
        yield running


@pytest.fixture
async def responder() -> AsyncIterator[AsyncZeroconf]:
    try:
        zeroconf = AsyncZeroconf(interfaces=[HOST], ip_version=IPVersion.V4Only)
    except OSError as error:
        pytest.skip(f"no multicast on the loopback interface: {error}")
    yield zeroconf
    await zeroconf.async_unregister_all_services()
    await zeroconf.async_close()


def service(kind: str, name: str, port: int, host: str = HOST) -> ServiceInfo:
    return ServiceInfo(
        f"{kind}.local.",
        f"{name}.{kind}.local.",
        addresses=[socket.inet_aton(host)],
        port=port,
        server=UNKNOWN_HOST,
    )


async def found(name: str, *, usual_port: int) -> list[FoundBroker]:
    """Search until a broker of that name is found: on a busy machine, the first search may end too early."""
    brokers: list[FoundBroker] = []

    while not any(name in one.name for one in brokers):
        search = await find_brokers(interfaces=[HOST], usual_port=usual_port)
        assert search.note is None
        brokers = list(search.brokers)
    return brokers


async def test_a_broker_that_is_announced(responder: AsyncZeroconf, broker: Mosquitto) -> None:
    """By its address where its name is not known here; one that does not answer is left out."""
    await responder.async_register_service(service("_mqtt._tcp", "House", broker.port))
    await responder.async_register_service(service("_secure-mqtt._tcp", "Gone", free_port()))
    brokers = await found("House", usual_port=free_port())
    assert brokers == [FoundBroker("House", HOST, broker.port)]
    assert brokers[0].address == f"mqtt://{HOST}:{broker.port}"


async def test_a_broker_beside_home_assistant(responder: AsyncZeroconf, broker: Mosquitto) -> None:
    """Home Assistant announces itself, but not the port of its broker."""
    await responder.async_register_service(service("_home-assistant._tcp", "Cottage", 8123, ANOTHER_HOST))
    brokers = await found("Cottage", usual_port=broker.port)
    assert FoundBroker("Home Assistant (Cottage)", ANOTHER_HOST, broker.port) in brokers


@pytest.mark.usefixtures("responder")
async def test_a_broker_of_this_machine(broker: Mosquitto) -> None:
    brokers = await found("this machine", usual_port=broker.port)
    assert FoundBroker("this machine", "localhost", broker.port) in brokers


@pytest.mark.usefixtures("responder")
async def test_no_broker() -> None:
    search = await find_brokers(0.2, interfaces=[HOST], usual_port=free_port())
    assert (search.brokers, search.note) == ([], None)
