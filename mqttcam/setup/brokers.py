"""Brokers in the local network: by multicast DNS (RFC 6762, RFC 6763), beside Home Assistant, and on this machine."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from mqttcam.mqtt.open_socket import open_socket
from mqttcam.settings.mqtt import PORT
from mqttcam.setup.extras import missing_extra
from mqttcam.text import host_and_port

if TYPE_CHECKING:
    from zeroconf import ServiceStateChange, Zeroconf
    from zeroconf.asyncio import AsyncZeroconf

SEARCH_SECONDS = 2.0
_NAME_SECONDS = 0.7
"""The time limit for one name or address of a host: systems without mDNS take seconds to fail on `NAME.local`."""
_MQTT, _SECURE_MQTT, _HOME_ASSISTANT = (
    "_mqtt._tcp.local.",
    "_secure-mqtt._tcp.local.",
    "_home-assistant._tcp.local.",
)


class FoundBroker(Struct, frozen=True):
    """A broker that accepts connections.

    Attributes:
        name: the displayed name.
    """

    name: str
    host: str
    port: int
    tls: bool = False

    @property
    def address(self) -> str:
        """As it is typed: `mqtt://HOST:PORT` or `mqtts://…`."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{host_and_port(self.host, self.port)}"


class BrokerSearch(Struct, frozen=True):
    """What a search has found; `note` says why it was not complete, or is None."""

    brokers: Sequence[FoundBroker]
    note: str | None = None


async def find_brokers(
    seconds: float = SEARCH_SECONDS, *, interfaces: Sequence[str] | None = None, usual_port: int = PORT
) -> BrokerSearch:
    """Return the brokers that answer within `seconds`; this machine comes last.

    Args:
        interfaces: addresses of this machine to search on; None for all.
        usual_port: the port to try on this machine and beside Home Assistant.
    """
    search = _Search(usual_port)
    note = missing_extra("zeroconf", "setup")
    search.start(search.try_host("this machine", ["localhost"], usual_port))
    try:
        async with asyncio.timeout(seconds):
            if note is None:
                await search.listen(seconds, interfaces)
            else:
                await search.finish()
    except TimeoutError:
        pass  # what was found in that time counts
    except OSError as error:
        note = f"no search in the network: {error.strerror or error}"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await search.finish()
    finally:
        await search.stop()
    return BrokerSearch(search.brokers, note)


class _Search:
    """Collects announced brokers, and tries each in a task of its own."""

    def __init__(self, usual_port: int) -> None:
        self._usual_port = usual_port
        self._found: dict[tuple[str, int], FoundBroker] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._addresses: dict[tuple[str, int], str] = {}

    @property
    def brokers(self) -> list[FoundBroker]:
        """Each broker once, this machine last."""
        return sorted(self._found.values(), key=lambda one: (one.host == "localhost", one.tls, one.name))

    def start(self, work: Any) -> None:
        """Run a coroutine concurrently with the search."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait until all brokers have been tried."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Cancel the attempts that are still running."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def listen(self, seconds: float, interfaces: Sequence[str] | None) -> None:
        """Ask for the services, until the caller's time limit.

        Raises:
            OSError: there is no network to ask in.
        """
        from zeroconf import InterfaceChoice, IPVersion
        from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

        where = list(interfaces) if interfaces is not None else InterfaceChoice.All
        zeroconf = AsyncZeroconf(interfaces=where, ip_version=IPVersion.V4Only)

        def changed(
            zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
        ) -> None:
            if state_change.name == "Added":
                self.start(self._resolve(service, service_type, name, seconds))

        service = zeroconf
        try:
            browser = AsyncServiceBrowser(
                zeroconf.zeroconf, [_MQTT, _SECURE_MQTT, _HOME_ASSISTANT], handlers=[changed]
            )
            try:
                await asyncio.sleep(seconds)
            finally:
                await asyncio.shield(browser.async_cancel())
        finally:
            await self.stop()
            await asyncio.shield(zeroconf.async_close())

    async def _resolve(self, zeroconf: AsyncZeroconf, service_type: str, name: str, seconds: float) -> None:
        info = await zeroconf.async_get_service_info(service_type, name, timeout=int(seconds * 1000))
        if info is None or not (addresses := info.parsed_addresses()):
            return
        label = name.removesuffix(f".{service_type}")
        hosts = [info.server.rstrip(".")] if info.server else []
        if service_type == _HOME_ASSISTANT:
            await self.try_host(f"Home Assistant ({label})", [*hosts, *addresses], self._usual_port)
        else:
            await self.try_host(
                label, [*hosts, *addresses], info.port or PORT, tls=service_type == _SECURE_MQTT
            )

    async def try_host(self, label: str, hosts: Sequence[str], port: int, *, tls: bool = False) -> None:
        """Take the first of these names of one host that accepts a connection."""
        for host in hosts:
            try:
                async with asyncio.timeout(_NAME_SECONDS):
                    sock = await open_socket(host, port, None)
            except (OSError, UnicodeError):  # OSError: also the time limit
                continue
            peer = sock.getpeername()[0]
            sock.close()
            # The same broker may be announced twice, or be beside Home Assistant.
            first = self._addresses.setdefault((peer, port), host)
            known = self._found.get((first, port))
            if known is None or known.name.startswith("Home Assistant ("):
                self._found[first, port] = FoundBroker(label, first, port, tls)
            return
