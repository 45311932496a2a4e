"""One connection to the broker, from a connected socket to its end, driven by the event loop.

Each has a paho client of its own, so that nothing of an earlier one is sent again, late or out of order.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mqttcam.mqtt.budget import Budget
from mqttcam.mqtt.client import Client, Login, Message, OnAck, Welcome
from mqttcam.mqtt.packets import PackedProperties
from mqttcam.mqtt.wire import FIRST_OWN_MID, LAST_OWN_MID, Wire

log = logging.getLogger(__name__)

_MAX_BACKLOG = 1_000_000
"""Bytes of small messages that may wait for a socket that takes none."""
_TICK = 1.0


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a connection is over.

    Attributes:
        by_broker: the other side has closed or reset it.
        reason: of its DISCONNECT, None where it sent none (MQTT 5, 3.14.2.1).
        error: what the socket said.
        unacknowledged: bytes of the largest picture that waited for its PUBACK, 0 for none.
        waited: seconds that the oldest of them waited.
    """

    text: str
    by_broker: bool = False
    reason: int | None = None
    error: OSError | None = None
    unacknowledged: int = 0
    waited: float = 0.0


@dataclass(slots=True)
class _Picture:
    size: int
    since: float
    on_ack: OnAck


class Link:
    """One connection. It lives on the loop, and nothing that goes wrong in it is raised.

    Attributes:
        welcome: resolves with the CONNACK, a refusal too; stays open where none comes.
        ended: resolves when the connection is over.
    """

    def __init__(
        self,
        sock: socket.socket,
        login: Login,
        patience: float,
        budget: Budget,
        on_message: Callable[[Message], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.protocol = login.protocol
        self.welcome: asyncio.Future[Welcome] = self._loop.create_future()
        self.ended: asyncio.Future[Ended] = self._loop.create_future()
        self._patience = patience
        self._budget = budget
        self._on_message = on_message
        self._wire = Wire(sock, self._take_puback, self._unwatch, login.largest)
        self._client = Client(self._wire, login)
        self._writing = False
        self._backlog = 0
        self._acks: dict[int, Callable[[int], None]] = {}
        self._pictures: dict[int, _Picture] = {}
        self._mid = LAST_OWN_MID
        self._last_ack = 0.0
        self._moved = (0.0, 0)
        self._leaving = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def sent(self) -> int:
        """Bytes written."""
        return self._wire.sent

    def open(self, host: str, port: int) -> None:
        """Log in."""
        self._loop.add_reader(self._wire.fileno(), self._on_readable)
        self._timer = self._loop.call_later(_TICK, self._tick)
        try:
            self._client.log_in(host, port)
        except (OSError, ValueError) as error:
            self._break_off(f"cannot log in: {error}")
        self._settle()

    # small messages, by paho

    def publish(
        self,
        topic: str,
        payload: bytes,
        qos: int,
        retain: bool,
        properties: PackedProperties | None = None,
        on_ack: Callable[[int], None] | None = None,
    ) -> bool:
        """Hand a message over. False: it is dropped; the connection is dead or stuck, or the topic none."""
        if self.ended.done() or self._backlog > _MAX_BACKLOG or "\0" in topic:
            return False
        try:
            mid = self._client.send(topic, payload, qos, retain, properties)
        except ValueError as error:
            log.warning("cannot publish to %.200r: %s", topic, error)
            return False
        if mid is not None and on_ack is not None:
            self._acks[mid] = on_ack
        if self._client.want_write():
            self._backlog += len(payload)
        self._settle()
        return mid is not None

    def subscribe(self, filters: Sequence[str]) -> None:
        """At QoS 1."""
        if filters and not self.ended.done():
            self._client.ask_for(filters)
            self._settle()

    def unsubscribe(self, topic_filter: str) -> None:
        if not self.ended.done():
            self._client.unsubscribe(topic_filter)
            self._settle()

    # pictures, past paho

    def next_mid(self) -> int:
        """A packet identifier for `write`. One comes again after 32,767 others."""
        self._mid = self._mid + 1 if self._mid < LAST_OWN_MID else FIRST_OWN_MID
        return self._mid

    def write(self, parts: Sequence[bytes], size: int, mid: int, on_ack: OnAck) -> bool:
        """Write whole packets, `size` bytes in all, the last a QoS 1 PUBLISH with `mid`. False: too late."""
        if self.ended.done():
            return False
        now = self._loop.time()
        if not self._pictures:
            self._moved = (now, -1)
        self._pictures[mid] = _Picture(size, now, on_ack)
        try:
            if self._client.want_write():
                self._wire.defer(parts)
            else:
                self._wire.write(parts, size)
        except OSError:
            self._break_off()
            return False
        if self._wire.pending:
            self._settle()
        return True

    # the end

    def say_goodbye(self) -> None:
        """DISCONNECT and close; while pictures or messages still wait, just close."""
        if self.ended.done():
            return
        if not self._pictures and not self._client.want_write():
            self._leaving = True
            self._client.disconnect()
        self.drop()

    def drop(self) -> None:
        """Close without a word: what waits is thrown away, and the broker publishes the will."""
        self._end(Ended("we closed the connection"))

    def _break_off(self, text: str = "") -> None:
        error = self._wire.problem
        reset = isinstance(error, ConnectionResetError | BrokenPipeError)
        self._end(Ended(text or f"the connection broke: {_words(error)}", by_broker=reset, error=error))

    def _closed_by_paho(self) -> None:
        goodbye = self._client.goodbye
        if goodbye is not None:
            self._end(Ended(goodbye.text, by_broker=goodbye.reason is not None, reason=goodbye.reason))
        elif self._wire.problem is None and self._wire.ended:
            self._end(Ended("the broker closed the connection", by_broker=True))
        else:
            self._break_off()

    def _end(self, why: Ended) -> None:
        if self.ended.done():
            return
        now = self._loop.time()
        size = max((picture.size for picture in self._pictures.values()), default=0)
        waited = max((now - picture.since for picture in self._pictures.values()), default=0.0)
        self.ended.set_result(Ended(why.text, why.by_broker, why.reason, why.error, size, waited))
        if self._timer is not None:
            self._timer.cancel()
        if self._leaving:
            self._wire.close()
        else:
            self._wire.abort()
        self._acks.clear()
        self._pictures.clear()

    # the loop

    def _on_readable(self) -> None:
        wire, client = self._wire, self._client
        try:
            more = True
            while more and not wire.closed:
                more = wire.receive()
                while wire.has_news:
                    client.loop_read()
                    self._read_notes()
        except Exception as error:
            log.debug("paho cannot read a packet", exc_info=True)
            self._break_off(f"the broker sent what is no MQTT: {error}")
        self._settle()

    def _tick(self) -> None:
        self._timer = self._loop.call_later(_TICK, self._tick)
        try:
            self._client.loop_misc()
        except Exception as error:
            log.debug("keepalive", exc_info=True)
            self._break_off(f"keepalive failed: {error}")
        self._settle()
        if self._pictures and not self.ended.done():
            self._check_progress()

    def _settle(self) -> None:
        """After whatever may have written or closed something."""
        if self.ended.done():
            return
        try:
            self._pump()
        except OSError:
            self._break_off()
            return
        if self._wire.closed:
            self._closed_by_paho()
            return
        waits = self._client.want_write()
        if not waits:
            self._backlog = 0
        self._watch_writable(waits or self._wire.pending)

    def _pump(self) -> None:
        """Write what waits. paho goes first, but not into the middle of a picture."""
        wire, client = self._wire, self._client
        while not wire.closed:
            if not wire.midway and client.want_write():
                client.loop_write()
                if client.want_write():
                    return
            if wire.closed or not wire.pending or not wire.flush():
                return

    def _watch_writable(self, wanted: bool) -> None:
        if wanted is not self._writing:
            self._writing = wanted
            if wanted:
                self._loop.add_writer(self._wire.fileno(), self._settle)
            else:
                self._loop.remove_writer(self._wire.fileno())

    def _unwatch(self) -> None:
        self._loop.remove_reader(self._wire.fileno())
        self._loop.remove_writer(self._wire.fileno())

    def _check_progress(self) -> None:
        """Notice a link that died without a word: no byte leaves, and no PUBACK comes."""
        now, unsent = self._loop.time(), self._wire.unsent()
        since, before = self._moved
        if unsent != before or self._last_ack > since:
            self._moved = (now, unsent)
        elif now - since >= self._patience:
            self._break_off(f"no answer from the broker for {now - since:.0f} s")

    # what paho has noted

    def _read_notes(self) -> None:
        client = self._client
        if client.welcome is not None and not self.welcome.done():
            self.welcome.set_result(client.welcome)
        if client.acknowledged:
            acknowledged, client.acknowledged = client.acknowledged, []
            for mid, reason in acknowledged:
                self._take_ack(mid, reason)
        if client.received:
            received, client.received = client.received, []
            for message in received:
                self._on_message(message)

    def _take_ack(self, mid: int, reason: int) -> None:
        if reason >= 128:
            log.warning("the broker refused a message: reason code %d", reason)
        on_ack = self._acks.pop(mid, None)
        if on_ack is not None:
            on_ack(reason)

    def _take_puback(self, mid: int, reason: int) -> bool:
        picture = self._pictures.pop(mid, None)
        if picture is None:
            return False
        now = self._loop.time()
        # Behind another picture, its own time on the link starts at the end of that one.
        seconds = now - max(picture.since, self._last_ack)
        self._last_ack = now
        self._budget.acknowledged(picture.size, seconds, now)
        try:
            picture.on_ack(reason, seconds)
        except Exception:
            log.exception("after a PUBACK")
        return True


def _words(error: OSError | None) -> str:
    if error is None:
        return "for no known reason"
    return error.strerror or str(error)
