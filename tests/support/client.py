"""An MQTT 5 client for tests that records everything it receives."""

from __future__ import annotations

import itertools
import json
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from tests.support.broker import Endpoint
from tests.support.waiting import PATIENCE

Test = Callable[["Message"], object]


@dataclass(frozen=True)
class Message:
    """One message as received.

    `qos` and `retain` are the publisher's own: the client subscribes at QoS 2 and asks for the flag as
    published. `at` is the arrival on the monotonic clock, `index` the place among all messages of the client.
    """

    topic: str
    payload: bytes
    qos: int
    retain: bool
    content_type: str | None
    user: dict[str, str]
    correlation: bytes | None
    at: float
    index: int

    @property
    def text(self) -> str:
        return self.payload.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        return json.loads(self.payload)

    def __repr__(self) -> str:
        shown = self.payload if len(self.payload) <= 300 else self.payload[:60] + b"..."
        return f"<{self.index} {self.topic} {shown!r} qos={self.qos} retain={self.retain}>"


class Client:
    """Connected inside a `with` block. `messages` holds every message since then."""

    def __init__(self, broker: Endpoint, *filters: str) -> None:
        self.broker = broker
        self._filters = filters
        self.messages: list[Message] = []
        self._changed = threading.Condition()
        self._connects = 0
        self._subscribed: set[int] = set()
        self._numbers = itertools.count(1)
        self.name = f"tests-{secrets.token_hex(6)}"
        self._answers = f"tests/answers/{self.name}"
        self._paho = self._make_paho()

    def _make_paho(self) -> mqtt.Client:
        paho = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self.name, protocol=mqtt.MQTTv5)
        paho.max_queued_messages_set(0)
        if self.broker.username:
            paho.username_pw_set(self.broker.username, self.broker.password)
        if (files := self.broker.certificates) is not None:
            context = ssl.create_default_context(cafile=str(files.ca))
            context.load_cert_chain(files.client_cert, files.client_key)
            paho.tls_set_context(context)
        paho.on_connect = self._on_connect
        paho.on_subscribe = self._on_subscribe
        paho.on_message = self._on_message
        paho.on_socket_open = _at_once
        paho.reconnect_delay_set(0.05, 0.2)  # type: ignore[arg-type]  # any number of seconds will do
        return paho

    def _on_connect(
        self, paho: mqtt.Client, data: object, flags: mqtt.ConnectFlags, reason: ReasonCode, *_: object
    ) -> None:
        if not reason.is_failure:
            with self._changed:
                self._connects += 1
                self._changed.notify_all()

    def _on_subscribe(self, paho: mqtt.Client, data: object, mid: int, *_: object) -> None:
        with self._changed:
            self._subscribed.add(mid)
            self._changed.notify_all()

    def _on_message(self, paho: mqtt.Client, data: object, raw: mqtt.MQTTMessage) -> None:
        properties = raw.properties
        with self._changed:
            self.messages.append(
                Message(
                    topic=raw.topic,
                    payload=bytes(raw.payload),
                    qos=raw.qos,
                    retain=raw.retain,
                    content_type=getattr(properties, "ContentType", None),
                    user=dict(getattr(properties, "UserProperty", [])),
                    correlation=getattr(properties, "CorrelationData", None),
                    at=time.monotonic(),
                    index=len(self.messages),
                )
            )
            self._changed.notify_all()

    def __enter__(self) -> Self:
        self._paho.connect(self.broker.host, self.broker.port, clean_start=True)
        self._paho.loop_start()
        self._await_connect(1)
        self.subscribe(self._answers, *self._filters)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._paho.disconnect()
        self._paho.loop_stop()

    def _await_connect(self, number: int) -> None:
        with self._changed:
            there = self._changed.wait_for(lambda: self._connects >= number, PATIENCE)
        assert there, "the test client cannot connect"

    @contextmanager
    def reconnecting(self) -> Iterator[None]:
        """Wrap code that breaks the connection once; on exit, wait until the client is reconnected and subscribed."""
        before = self._connects
        yield
        self._await_connect(before + 1)
        self.subscribe(self._answers, *self._filters)

    def subscribe(self, *filters: str) -> None:
        """Subscribe, and return after the SUBACK."""
        options = SubscribeOptions(qos=2, retainAsPublished=True)
        mid = self._paho.subscribe([(item, options) for item in filters])[1]
        assert mid is not None
        with self._changed:
            answered = self._changed.wait_for(lambda: mid in self._subscribed, PATIENCE)
        assert answered, f"no answer to subscribe {filters}"

    def publish(
        self,
        topic: str,
        payload: str | bytes | dict[str, Any] = b"",
        *,
        qos: int = 1,
        retain: bool = False,
        response_topic: str | None = None,
        correlation: bytes | None = None,
    ) -> None:
        """Publish; a dict is sent as JSON. At QoS 1, return after the PUBACK."""
        data = json.dumps(payload) if isinstance(payload, dict) else payload
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if response_topic is not None:
            properties.ResponseTopic = response_topic
        if correlation is not None:
            properties.CorrelationData = correlation
        info = self._paho.publish(topic, data, qos, retain, properties)
        if qos:
            info.wait_for_publish(20)
            assert info.is_published(), f"the broker did not take a message to {topic}"

    def request(
        self,
        topic: str,
        payload: str | bytes | dict[str, Any] = b"",
        *,
        timeout: float = PATIENCE,
        retain: bool = False,
    ) -> dict[str, Any]:
        """Send a command with a response topic and correlation data; return the answer that carries them."""
        correlation = f"{self.name}-{next(self._numbers)}".encode()
        since = self.mark()
        self.publish(topic, payload, retain=retain, response_topic=self._answers, correlation=correlation)
        answer = self.wait(self._answers, lambda m: m.correlation == correlation, timeout, since=since)
        result: dict[str, Any] = answer.json
        return result

    def mark(self) -> int:
        """Return the index that the next message will have, for `since`."""
        with self._changed:
            return len(self.messages)

    def on(self, topic: str, since: int = 0) -> list[Message]:
        """Return the messages received so far on one topic."""
        with self._changed:
            return [message for message in self.messages[since:] if message.topic == topic]

    def wait(
        self, topic: str, test: Test | None = None, timeout: float = PATIENCE, *, since: int = 0
    ) -> Message:
        """Return the first message on `topic`, from index `since` on, that passes `test`; wait for it if necessary.

        Raises:
            AssertionError: none came within `timeout` seconds.
        """
        return self.wait_many(topic, 1, test, timeout, since=since)[0]

    def wait_many(
        self, topic: str, count: int, test: Test | None = None, timeout: float = PATIENCE, *, since: int = 0
    ) -> list[Message]:
        """Return the first `count` messages that `wait` would."""
        found: list[Message] = []
        index = since
        end = time.monotonic() + timeout
        with self._changed:
            while True:
                for message in itertools.islice(self.messages, index, None):
                    index += 1
                    if message.topic == topic and (test is None or test(message)):
                        found.append(message)
                    if len(found) == count:
                        return found
                if not self._changed.wait(max(0.0, end - time.monotonic())) and time.monotonic() >= end:
                    raise AssertionError(self._in_vain(topic, timeout, since))

    def _in_vain(self, topic: str, timeout: float, since: int) -> str:
        there = [message for message in self.messages[since:] if message.topic == topic][-5:]
        topics = sorted({message.topic for message in self.messages[since:]})
        return f"waited {timeout:g} s in vain for {topic}; the last there: {there}; there were: {topics}"


def _at_once(client: mqtt.Client, data: object, sock: object) -> None:
    assert isinstance(sock, socket.socket)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def retained(broker: Endpoint, *filters: str) -> dict[str, Message]:
    """Return the retained messages that match the filters, by topic.

    The end is known without waiting: what is stored comes before a message that is published after the
    subscription was confirmed.
    """
    end = f"tests/end/{secrets.token_hex(6)}"
    with Client(broker, end, *filters) as client:
        client.publish(end, b"end", qos=2)
        client.wait(end)
        held: dict[str, Message] = {}
        for message in client.messages:
            if message.retain:
                held[message.topic] = message
        return {topic: message for topic, message in held.items() if message.payload}
