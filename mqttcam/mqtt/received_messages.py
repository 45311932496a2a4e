"""Flow control of received messages (MQTT 5, 4.9): acknowledged in order, but none while many are being handled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mqttcam.mqtt.client import Client, Message
from mqttcam.mqtt.shared_socket import SharedSocket

_MAX_IN_PROGRESS = 32
"""Received messages that are being handled, plus messages of ours that wait for their PUBACK, up to which further
received messages are acknowledged."""
_STALLED = 0.05
"""Seconds after which one message is acknowledged nevertheless: rumqttd sends a client no PUBACK while it waits for 100
of that client's."""


class ReceivedMessages:
    """Hands each message that paho has received to a handler, and acknowledges it.

    A broker sends no more than Receive Maximum messages without an acknowledgement, so a flood of commands waits at
    the broker, not here.
    """

    def __init__(
        self,
        client: Client,
        shared_socket: SharedSocket,
        on_message: Callable[[Message], asyncio.Future[None] | None],
        on_written: Callable[[], None],
    ) -> None:
        """Handle the messages of `client`.

        Args:
            on_message: called with each message; returns a future if handling it takes time.
            on_written: called after acknowledgements that were written outside of `process`.
        """
        self._client = client
        self._shared_socket = shared_socket
        self._on_message = on_message
        self._on_written = on_written
        self._in_progress = 0
        self._stalled: asyncio.TimerHandle | None = None

    def process(self) -> None:
        """Hand over what has been received, and acknowledge what may be acknowledged."""
        if self._client.received:
            received, self._client.received = self._client.received, []
            for message in received:
                future = self._on_message(message)
                if future is not None:
                    self._in_progress += 1
                    future.add_done_callback(self._handled)
        self._acknowledge()

    def _handled(self, _future: asyncio.Future[None]) -> None:
        self._in_progress -= 1
        if self._waits:
            self._acknowledge()
            self._on_written()

    def _acknowledge(self) -> None:
        client = self._client
        while self._waits and self._in_progress + client.unacknowledged <= _MAX_IN_PROGRESS:
            client.ack(client.to_acknowledge.popleft(), 1)
        if self._waits and self._stalled is None:
            self._stalled = asyncio.get_running_loop().call_later(_STALLED, self._acknowledge_one)

    def _acknowledge_one(self) -> None:
        """Acknowledge one message although ours wait; the next one only after a packet has arrived."""
        self._stalled = None
        if self._waits and self._in_progress <= _MAX_IN_PROGRESS:
            self._client.ack(self._client.to_acknowledge.popleft(), 1)
            self._on_written()

    @property
    def _waits(self) -> bool:
        """Whether a received message is to be acknowledged."""
        return bool(self._client.to_acknowledge) and not self._shared_socket.closed
