"""One network connection to the broker (MQTT 5, 1.2), from a connected socket to its end, driven by the event loop.

Each has a paho client of its own, so that nothing of an earlier one is sent again, late or out of order.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence

from mqttcam.mqtt.client import Client, Connack, ConnectOptions, Message
from mqttcam.mqtt.ended import Ended
from mqttcam.mqtt.inflight import InflightPacket, InflightWindow, OnAck
from mqttcam.mqtt.packet_size import PacketSizeLimit
from mqttcam.mqtt.packets import PackedProperties
from mqttcam.mqtt.shared_socket import SharedSocket

log = logging.getLogger(__name__)

_MAX_BACKLOG = 1_000_000
"""Bytes of small messages that may wait for a full socket."""
_MAX_IN_PROGRESS = 32
"""Received messages that are being handled, and messages of ours that wait for their PUBACK, while further received
messages are acknowledged."""
_TICK = 1.0
"""Seconds between two checks of keepalive and PUBACKs."""


class NetworkConnection:
    """One network connection. All of it runs on the event loop, and raises nothing: errors resolve `ended`.

    Attributes:
        protocol: `MQTT_5` or `MQTT_3_1_1`.
        connack: resolves with the CONNACK, also with one that refuses the connection.
        ended: resolves when the connection has ended.
    """

    def __init__(
        self,
        sock: socket.socket,
        options: ConnectOptions,
        puback_timeout: float,
        size_limit: PacketSizeLimit,
        on_message: Callable[[Message], asyncio.Future[None] | None],
    ) -> None:
        """Take over `sock`, which is connected and non-blocking; nothing is sent before `open`.

        Args:
            puback_timeout: seconds without progress after which a picture that waits for its PUBACK ends the
                connection.
            on_message: called with each received message; returns a future if handling it takes time.
        """
        self._loop = asyncio.get_running_loop()
        self.protocol = options.protocol
        self.connack: asyncio.Future[Connack] = self._loop.create_future()
        self.ended: asyncio.Future[Ended] = self._loop.create_future()
        self._puback_timeout = puback_timeout
        self._on_message = on_message
        self._shared_socket = SharedSocket(sock, self._take_puback, self._unwatch, options.largest)
        self._client = Client(self._shared_socket, options)
        self._writing = False
        self._backlog = 0
        self._in_progress = 0
        self._acks: dict[int, Callable[[int], None]] = {}
        self._inflight = InflightWindow(size_limit, self._loop.time)
        self._refusal_logged = False
        self._leaving = False
        self._timer: asyncio.TimerHandle | None = None

    def open(self, host: str, port: int) -> None:
        """Send CONNECT."""
        self._loop.add_reader(self._shared_socket.fileno(), self._on_readable)
        self._timer = self._loop.call_later(_TICK, self._tick)
        try:
            self._client.send_connect(host, port)
        except (OSError, ValueError) as error:
            self._break_off(f"cannot send CONNECT: {error}")
        self._settle()

    # small messages, sent by paho

    def publish(
        self,
        topic: str,
        payload: bytes,
        qos: int,
        retain: bool,
        properties: PackedProperties | None = None,
        on_ack: Callable[[int], None] | None = None,
    ) -> bool:
        """Send a message, or drop it if the connection has ended or does not progress, or the topic is not valid.

        Returns:
            Whether it is sent.
        """
        if self.ended.done() or self._backlog > _MAX_BACKLOG or "\0" in topic:
            return False
        try:
            mid = self._client.send(topic, payload, qos, retain, properties)
        except ValueError as error:
            log.debug(
                "MQTT: cannot publish to %.200r: %s", topic, error
            )  # a response topic, of a client's choice
            return False
        if mid is not None and on_ack is not None:
            self._acks[mid] = on_ack
        if self._client.want_write():
            self._backlog += len(payload)
        self._settle()
        return mid is not None

    def subscribe(self, filters: Sequence[str]) -> None:
        """Subscribe at QoS 1."""
        if filters and not self.ended.done():
            self._client.subscribe_to(filters)
            self._settle()

    def unsubscribe(self, topic_filter: str) -> None:
        """End a subscription."""
        if not self.ended.done():
            self._client.unsubscribe(topic_filter)
            self._settle()

    # pictures, which bypass paho

    def next_mid(self) -> int:
        """Return a packet identifier for `write`."""
        return self._inflight.next_mid()

    def write(self, parts: Sequence[bytes], size: int, mid: int, on_ack: OnAck) -> bool:
        """Write whole packets, `size` bytes in all, the last one a QoS 1 PUBLISH with the packet identifier `mid`.

        Returns:
            False if the connection has ended.
        """
        if self.ended.done():
            return False
        packet = InflightPacket(parts, size, mid, on_ack)
        if self._inflight.admit(packet):
            self._write(packet)
        return not self.ended.done()

    def _write(self, packet: InflightPacket) -> None:
        try:
            if self._client.want_write():
                self._shared_socket.defer(packet.parts)
            else:
                self._shared_socket.write(packet.parts, packet.size)
        except OSError:
            self._break_off()
            return
        if self._shared_socket.pending:
            self._settle()

    # the end

    def disconnect(self) -> None:
        """Send DISCONNECT and close; while pictures or messages are still queued, just close."""
        if self.ended.done():
            return
        if not self._inflight and not self._client.want_write():
            self._leaving = True
            self._client.disconnect()
        self.drop()

    def drop(self) -> None:
        """Reset the connection: what is queued is discarded, and the broker publishes the will."""
        self._end(Ended("closed by this client"))

    def _break_off(self, text: str = "") -> None:
        error = self._shared_socket.problem
        reset = isinstance(error, ConnectionResetError | BrokenPipeError)
        self._end(Ended(text or f"connection lost: {_words(error)}", by_broker=reset, error=error))

    def _closed_by_paho(self) -> None:
        known = self._client.disconnect_reason
        if known is not None:
            self._end(Ended(known.text, by_broker=known.reason is not None, reason=known.reason))
        elif self._shared_socket.problem is None and self._shared_socket.ended:
            self._end(Ended("the broker closed the connection", by_broker=True))
        else:
            self._break_off()

    def _end(self, why: Ended) -> None:
        if self.ended.done():
            return
        size, waited = self._inflight.largest, self._inflight.longest
        self.ended.set_result(Ended(why.text, why.by_broker, why.reason, why.error, size, waited))
        if self._timer is not None:
            self._timer.cancel()
        if self._leaving:
            self._shared_socket.close()
        else:
            self._shared_socket.abort()
        self._acks.clear()
        self._inflight.clear()

    # the loop

    def _on_readable(self) -> None:
        shared, client = self._shared_socket, self._client
        try:
            more = True
            while more and not shared.closed:
                more = shared.receive()
                while shared.readable:
                    client.loop_read()
                    self._process_records()
        except Exception as error:
            log.debug("MQTT: paho cannot read a packet", exc_info=True)
            self._break_off(f"the broker sent a malformed packet: {error}")
        while not self.ended.done() and (packet := self._inflight.release()) is not None:
            self._write(packet)
        self._settle()

    def _tick(self) -> None:
        self._timer = self._loop.call_later(_TICK, self._tick)
        try:
            self._client.loop_misc()
        except Exception as error:
            log.debug("MQTT: keepalive failed", exc_info=True)
            self._break_off(f"keepalive failed: {error}")
        self._settle()
        if self._inflight and not self.ended.done():
            silence = self._inflight.silence(self._shared_socket.unsent())
            if silence >= self._puback_timeout:
                self._break_off(f"no answer from the broker for {silence:.0f} s")

    def _settle(self) -> None:
        """Write what is queued and watch the socket; called after anything that may have written or closed."""
        if self.ended.done():
            return
        try:
            self._pump()
        except OSError:
            self._break_off()
            return
        if self._shared_socket.closed:
            self._closed_by_paho()
            return
        waits = self._client.want_write()
        if not waits:
            self._backlog = 0
        self._watch_writable(waits or self._shared_socket.pending)

    def _pump(self) -> None:
        """Write what is queued: paho's packets first, but never into the middle of a picture."""
        shared, client = self._shared_socket, self._client
        while not shared.closed:
            if not shared.mid_packet and client.want_write():
                client.loop_write()
                if client.want_write():
                    return
            if shared.closed or not shared.pending or not shared.flush():
                return

    def _watch_writable(self, wanted: bool) -> None:
        if wanted is not self._writing:
            self._writing = wanted
            if wanted:
                self._loop.add_writer(self._shared_socket.fileno(), self._settle)
            else:
                self._loop.remove_writer(self._shared_socket.fileno())

    def _unwatch(self) -> None:
        self._loop.remove_reader(self._shared_socket.fileno())
        self._loop.remove_writer(self._shared_socket.fileno())

    # what paho has recorded

    def _process_records(self) -> None:
        client = self._client
        if client.connack is not None and not self.connack.done():
            self._inflight.receive_maximum = client.connack.receive_maximum
            self.connack.set_result(client.connack)
        if client.acknowledged:
            acknowledged, client.acknowledged = client.acknowledged, []
            for mid, reason in acknowledged:
                self._take_ack(mid, reason)
        if client.received:
            received, client.received = client.received, []
            for message in received:
                self._handle(message)
        self._acknowledge()

    def _handle(self, message: Message) -> None:
        future = self._on_message(message)
        if future is not None:
            self._in_progress += 1
            future.add_done_callback(self._handled)

    def _handled(self, _future: asyncio.Future[None]) -> None:
        self._in_progress -= 1
        if self._client.to_acknowledge and not self.ended.done():
            self._acknowledge()
            self._settle()

    def _acknowledge(self) -> None:
        """Acknowledge received messages in their order, but none while many are in progress.

        A broker sends no more than it may without an acknowledgement, so a flood of commands waits there, not here.
        """
        client = self._client
        while (
            client.to_acknowledge
            and not self._shared_socket.closed
            and self._in_progress + client.unacknowledged <= _MAX_IN_PROGRESS
        ):
            client.ack(client.to_acknowledge.popleft(), 1)

    def _take_ack(self, mid: int, reason: int) -> None:
        if reason >= 128 and not self._refusal_logged:
            self._refusal_logged = True
            log.warning("MQTT: the broker refuses our messages, reason code 0x%02x", reason)
        on_ack = self._acks.pop(mid, None)
        if on_ack is not None:
            on_ack(reason)

    def _take_puback(self, mid: int, reason: int) -> bool:
        return self._inflight.acknowledge(mid, reason)


def _words(error: OSError | None) -> str:
    if error is None:
        return "unknown reason"
    return error.strerror or str(error)
