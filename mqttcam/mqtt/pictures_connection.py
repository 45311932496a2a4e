"""The connection for pictures: one of its own, or that of commands and states where the broker allows only one."""

from __future__ import annotations

import asyncio
import logging

from msgspec.structs import replace

from mqttcam.mqtt.connection import Connection
from mqttcam.mqtt.ended import Ended
from mqttcam.mqtt.failures import TAKEN_OVER, ConnectionFailure
from mqttcam.mqtt.network_connection import NetworkConnection
from mqttcam.mqtt.subscriptions import Handler
from mqttcam.mqtt.timing import Timing
from mqttcam.settings import MqttSettings

log = logging.getLogger(__name__)

_GIVE_UP_AFTER = 3
"""Failures in a row, after which pictures share the other connection until that ends."""


class PicturesConnection(Connection):
    """Connects only while `main` is connected, so that a problem with the broker is logged once.

    Two kinds of broker allow one connection: those that take the user name as the client id, where each connection
    throws the other out, and those that accept one client id of ours and refuse the other. Pictures then share the
    connection of `main`: with the first kind until the daemon ends, with the second until that connection ends.
    """

    def __init__(
        self, settings: MqttSettings, main: Connection, *, client_id: str, timing: Timing | None = None
    ) -> None:
        """Connect to nothing yet."""
        super().__init__(
            settings, client_id=client_id, protocol=main.protocol, purpose=" for pictures", timing=timing
        )
        self._main = main
        self._timing = timing or Timing()
        self._one_client = False
        self._certain = False
        self._both_allowed = False
        self._thrown_out = 0
        self._failed_in_a_row = 0
        self._shared_because: str | None = None
        self._sharing = False
        main.on_connected(self._main_connected)
        main.on_disconnected(self._drop)
        main.on_ended(self._judge_end_of_main)

    @property
    def shares(self) -> bool:
        """Whether pictures go over the connection of `main` now."""
        return self._sharing

    @property
    def max_packet_size(self) -> int:
        return min(self.size_limit.current, self._main.size_limit.current)

    @property
    def problem(self) -> str | None:
        return self._shared_because or super().problem

    def subscribe(self, topic_filter: str, handler: Handler, *, no_local: bool = True) -> None:
        if self._sharing:
            self._main.subscribe(topic_filter, handler, no_local=no_local)
        else:
            super().subscribe(topic_filter, handler, no_local=no_local)

    def unsubscribe(self, topic_filter: str) -> None:
        if self._sharing:
            self._main.unsubscribe(topic_filter)
        else:
            super().unsubscribe(topic_filter)

    async def stop(self, last: tuple[str, bytes] | None = None, within: float = 1.5) -> None:
        if self._sharing:
            self.network = None  # `main` disconnects it
        await super().stop(last, within)

    def _main_connected(self) -> None:
        self._both_allowed = False
        self._retry_pause.end()  # the broker is back

    def _judge_end_of_main(self, ended: Ended) -> bool:
        """Notice that the broker takes both connections for one client; return whether it does since now."""
        soon = asyncio.get_running_loop().time() - self._connector.last_connect < self._timing.takeover
        thrown_out = soon and ended.by_broker and ended.reason in (None, TAKEN_OVER)
        if not thrown_out or self._both_allowed or self._one_client:
            self._thrown_out = 0
            return False
        self._thrown_out += 1
        self._one_client = True
        self._certain = ended.reason == TAKEN_OVER or self._thrown_out > 1
        log.warning(
            "MQTT %s: the broker ends our connection when %s connects, as brokers do that take the user name as "
            "the client id; pictures now share the connection",
            self._connector.where,
            self._client_id,
        )
        if self.network is not None:
            self.network.drop()
        return True

    async def _connect_and_run(self) -> ConnectionFailure:
        await self._main.wait_connected()
        if not self._one_client:
            connects = self._connects
            failure = await super()._connect_and_run()
            failed = self._connects == connects and self._main.connected
            self._failed_in_a_row = self._failed_in_a_row + 1 if failed else 0
            if not failed or not (failure.permanent or self._failed_in_a_row >= _GIVE_UP_AFTER):
                return failure
            text = f"{failure.text}; pictures share the other connection until it ends"
            self._reconnect.failed(replace(failure, text=text))
            self._shared_because = self._reconnect.problem
        await self._share()
        self._shared_because = None
        return ConnectionFailure("the shared connection has ended", retry_now=True)

    async def _pause(self, failure: ConnectionFailure) -> None:
        if not self._main.connected or self._one_client:
            self._reconnect.waits(failure)
            return
        await self._retry_pause.wait(self._reconnect.failed(failure))

    async def _run_until_end(self, network: NetworkConnection) -> Ended:
        if self._one_client:
            return Ended("the broker allows one connection")
        ended = await super()._run_until_end(network)
        # A broker that stops on a busy machine may end this connection long before it ends that of `main`.
        self._both_allowed = self._main.connected
        return ended

    async def _share(self) -> None:
        network = self._main.network
        if network is None:
            return
        self._reconnect.connected()
        # Without a reason it may have been a broker that was stopping: a connection of our own is tried once more.
        uncertain = self._one_client and not self._certain
        self._sharing = True
        try:
            async with asyncio.timeout(self._timing.stable if uncertain else None):
                await self._serve(network)
        except TimeoutError:
            self._one_client = False
        finally:
            self._sharing = False
