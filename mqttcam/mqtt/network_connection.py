"""One network connection to the broker (MQTT 5, 1.2), from a connected socket to its end, driven by the event loop.

Each has a paho client of its own, so that nothing of an earlier one is sent again, late or out of order.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from mqttcam.mqtt.client import Client, Connack, ConnectOptions, Message
from mqttcam.mqtt.ended import Ended
from mqttcam.mqtt.inflight import InflightPacket, InflightWindow, OnAck
from mqttcam.mqtt.packet_size import PacketSizeLimit
from mqttcam.mqtt.packets import PackedProperties
from mqttcam.mqtt.reasons import reason_text
from mqttcam.mqtt.received_messages import ReceivedMessages
from mqttcam.mqtt.refusals import Refusals
from mqttcam.mqtt.sent_messages import SentMessage, SentMessages
from mqttcam.mqtt.shared_socket import SharedSocket
from mqttcam.mqtt.socket_writer import SocketWriter

log = logging.getLogger(__name__)

_MAX_BACKLOG = 1_000_000
"""Bytes of small messages that may wait for a full socket."""
_FILTERS_PER_SUBSCRIBE = 8
"""AWS IoT Core ends the connection of a client that sends more in one packet (AWS IoT Core quotas)."""
_LAST_READS = 16
"""Reads of 64 kB each of what the broker has sent before the connection ended."""
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
        refusals: Refusals,
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
        self._shared_socket = SharedSocket(sock, self._take_puback, self._unwatch)
        self._client = Client(self._shared_socket, options)
        self._writer = SocketWriter(self._shared_socket, self._client, self._settle)
        self._received = ReceivedMessages(self._client, self._shared_socket, on_message, self._settle)
        self._backlog = 0
        self._refusals = refusals
        self._sent = SentMessages(size_limit, refusals)
        self._inflight = InflightWindow(size_limit, self._loop.time)
        self._leaving = False
        self._write_failed = False
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
        *,
        is_response: bool = False,
    ) -> bool:
        """Send a message, or drop it if the connection has ended or does not progress, or the topic is not valid.

        Returns:
            Whether it is sent.
        """
        if self.ended.done() or self._backlog > _MAX_BACKLOG or not topic or "\0" in topic:
            return False
        try:
            mid = self._client.send(topic, payload, qos, retain, properties)
        except ValueError as error:
            log.debug("MQTT: cannot publish to %.200r: %s", topic, error)  # a client's response topic
            return False
        if mid is not None and qos:
            self._sent.add(mid, SentMessage(topic, len(topic) + len(payload), on_ack, is_response))
        if self._client.want_write():
            self._backlog += len(payload)
        self._settle()
        return mid is not None

    def subscribe(self, filters: Sequence[str], *, no_local: bool = True) -> None:
        """Subscribe at QoS 1; for `no_local` see `Client.subscribe_to`."""
        for start in range(0, len(filters), _FILTERS_PER_SUBSCRIBE):
            if not self.ended.done():
                self._client.subscribe_to(filters[start : start + _FILTERS_PER_SUBSCRIBE], no_local=no_local)
                self._settle()

    def unsubscribe(self, topic_filter: str) -> None:
        """End a subscription."""
        if not self.ended.done():
            self._client.unsubscribe(topic_filter)
            self._settle()

    @property
    def awaits_answers(self) -> bool:
        """Whether a subscription or a QoS 1 message is not acknowledged yet."""
        return self._client.awaits_suback or self._sent.first is not None

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
            self._end_after_last_packets()
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

    def _end_after_last_packets(self) -> None:
        """End because a write has failed, after reading what the broker has sent before, such as its DISCONNECT."""
        if self._write_failed or self.ended.done():
            return
        self._write_failed = True
        shared = self._shared_socket
        for _ in range(_LAST_READS):
            if not shared.closed:
                shared.receive()
        self._read_packets()
        if shared.closed:
            self._closed_by_paho()
        else:
            self._break_off()

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
        first, largest = self._sent.first, self._sent.largest
        size, waited = self._inflight.largest, self._inflight.longest
        if largest is not None and largest.size > size:
            size, waited = largest.size, 0.0
        self.ended.set_result(
            replace(
                why,
                unacknowledged=size,
                waited=waited,
                topic=first.topic if first is not None else None,
                first_received=self._shared_socket.first_received,
            )
        )
        if self._timer is not None:
            self._timer.cancel()
        if self._leaving:
            self._shared_socket.close()
        else:
            self._shared_socket.abort()
        self._sent.clear()
        self._inflight.clear()

    # the loop

    def _on_readable(self) -> None:
        shared = self._shared_socket
        more, for_paho = True, False
        while more and not shared.closed:
            more = shared.receive()
            if shared.readable:
                for_paho = True
                self._read_packets()
        while not self.ended.done() and (packet := self._inflight.release()) is not None:
            self._write(packet)
        if for_paho:
            self._settle()

    def _read_packets(self) -> None:
        try:
            while self._shared_socket.readable:
                self._client.loop_read()
                self._process_records()
        except Exception as error:
            log.debug("MQTT: paho cannot read a packet", exc_info=True)
            self._break_off(f"the broker sent a malformed packet: {error}")

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
        if self.ended.done() or self._write_failed:
            return
        try:
            self._writer.write()
        except OSError:
            self._end_after_last_packets()
            return
        if self._shared_socket.problem is not None and not self._shared_socket.closed:
            self._end_after_last_packets()
            return
        if self._shared_socket.closed:
            self._closed_by_paho()
            return
        waits = self._client.want_write()
        if not waits:
            self._backlog = 0
        self._writer.watch(waits or self._shared_socket.pending)

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
                self._sent.acknowledge(mid, reason, self._loop.time())
        if client.refused_subscriptions:
            refused, client.refused_subscriptions = client.refused_subscriptions, []
            for topic_filter, reason in refused:
                self._refusals.add(
                    topic_filter,
                    f"the broker refuses the subscription to {topic_filter}: {reason_text(reason)}",
                )
        self._received.process()

    def _take_puback(self, mid: int, reason: int) -> bool:
        return self._inflight.acknowledge(mid, reason)


def _words(error: OSError | None) -> str:
    if error is None:
        return "unknown reason"
    return error.strerror or str(error)
