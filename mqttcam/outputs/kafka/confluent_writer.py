"""The same messages by Confluent's client (librdkafka): several on their way at a time, less work in Python."""

from __future__ import annotations

import logging
import time
from typing import Any

from mqttcam.outputs.kafka import envelope
from mqttcam.outputs.kafka.parameters import DEFAULT_REQUEST, client_parameters, largest_jpeg
from mqttcam.outputs.message import Message
from mqttcam.outputs.writer import Outcome, TooLarge, WriterFailed
from mqttcam.settings.kafka import KafkaSettings

log = logging.getLogger(__name__)

AHEAD = 16
"""Messages on their way."""
_OPEN_TIMEOUT = 5.0
_REQUEST_TIMEOUT = 30_000
_NAMES = {
    "acks": "acks",
    "buffer_memory": None,
    "batch_size": "batch.size",
    "client_id": "client.id",
    "compression_type": "compression.type",
    "connections_max_idle_ms": "connections.max.idle.ms",
    "linger_ms": "linger.ms",
    "max_block_ms": None,
    "max_in_flight_requests_per_connection": "max.in.flight.requests.per.connection",
    "max_request_size": "message.max.bytes",
    "metadata_max_age_ms": "metadata.max.age.ms",
    "receive_buffer_bytes": "socket.receive.buffer.bytes",
    "reconnect_backoff_max_ms": "reconnect.backoff.max.ms",
    "reconnect_backoff_ms": "reconnect.backoff.ms",
    "request_timeout_ms": "message.timeout.ms",
    "retries": "message.send.max.retries",
    "retry_backoff_ms": "retry.backoff.ms",
    "sasl_kerberos_service_name": "sasl.kerberos.service.name",
    "sasl_mechanism": "sasl.mechanism",
    "sasl_plain_password": "sasl.password",
    "sasl_plain_username": "sasl.username",
    "security_protocol": "security.protocol",
    "send_buffer_bytes": "socket.send.buffer.bytes",
    "ssl_cafile": "ssl.ca.location",
    "ssl_certfile": "ssl.certificate.location",
    "ssl_ciphers": "ssl.cipher.suites",
    "ssl_crlfile": "ssl.crl.location",
    "ssl_keyfile": "ssl.key.location",
    "ssl_password": "ssl.key.password",
}
"""kafka-python's names, and librdkafka's; None for what has no equal and needs none."""
_TLS_NAMES = {
    "ca_certs": "ssl.ca.location",
    "certfile": "ssl.certificate.location",
    "keyfile": "ssl.key.location",
    "ciphers": "ssl.cipher.suites",
}


class ConfluentWriter:
    """Sends up to `AHEAD` messages at a time, in order."""

    def __init__(self, settings: KafkaSettings, client_id: str) -> None:
        self._settings = settings
        self._topic = settings.topic or ""
        self._configuration = configuration(settings, client_id)
        self._producer: Any = None
        self._on_way: dict[int, Message] = {}
        self._done: list[Outcome] = []
        self._said = ""
        self._refused = False

    @property
    def room(self) -> int:
        return AHEAD - len(self._on_way)

    @property
    def pending(self) -> int:
        return len(self._on_way) + len(self._done)

    def open(self) -> int:
        try:
            from confluent_kafka import KafkaException, Producer
        except ImportError as error:
            raise WriterFailed(
                f"needs `pip install 'mqttcam[kafka]'` and confluent-kafka: {error}"
            ) from error
        quiet = logging.getLogger("confluent_kafka")
        quiet.propagate = False
        try:
            self._producer = Producer({**self._configuration, "error_cb": self._hear}, logger=quiet)
            found = self._find_topic()
        except (KafkaException, ValueError) as error:
            self.close()
            brokers = ",".join(self._settings.brokers)
            raise WriterFailed(f"no connection to {brokers}: {self._said or error}") from error
        if found.error is not None:
            self.close()
            raise WriterFailed(f"the topic {self._topic}: {found.error.str()}")
        limit = self._configuration["message.max.bytes"]
        return largest_jpeg(min(limit, self._topic_limit() or limit))

    def send(self, message: Message) -> None:
        from confluent_kafka import KafkaException

        key = id(message)
        self._on_way[key] = message
        try:
            self._producer.produce(
                self._topic,
                envelope.pack(message.jpeg, message.ts_ns // 1000),
                on_delivery=lambda error, _record: self._end(key, error),
            )
        except (KafkaException, BufferError) as error:
            self._end(key, error.args[0] if isinstance(error, KafkaException) else error)

    def outcomes(self, timeout: float) -> list[Outcome]:
        if self._on_way:
            end = time.monotonic() + timeout
            self._producer.poll(0)
            while self._on_way and not self._done and (left := end - time.monotonic()) > 0:
                self._producer.poll(left)
        done, self._done = self._done, []
        return done

    def close(self) -> list[Message]:
        if self._producer is not None:
            self._producer.purge()
            self._producer.flush(0)
            self._producer = None
        left = [outcome.message for outcome in self._done if outcome.error is not None]
        left += self._on_way.values()
        self._on_way.clear()
        self._done.clear()
        return left

    def _find_topic(self) -> Any:
        """What the brokers say of our topic; tried until they answer, refuse us, or time is up."""
        from confluent_kafka import KafkaException

        end = time.monotonic() + _OPEN_TIMEOUT
        while True:
            try:
                return self._producer.list_topics(self._topic, timeout=1.0).topics[self._topic]
            except KafkaException:
                self._producer.poll(0)
                if self._refused or time.monotonic() > end:
                    raise

    def _hear(self, error: Any) -> None:
        self._said = error.str()
        self._refused = self._refused or error.name() in ("_AUTHENTICATION", "_SSL")

    def _end(self, key: int, error: Any) -> None:
        message = self._on_way.pop(key, None)
        if message is None:
            return
        if error is None:
            self._done.append(Outcome(message))
            return
        from confluent_kafka import KafkaError

        too_large = isinstance(error, KafkaError) and error.code() in (
            KafkaError.MSG_SIZE_TOO_LARGE,
            KafkaError.INVALID_MSG_SIZE,
        )
        words = error.str() if isinstance(error, KafkaError) else str(error)
        self._done.append(
            Outcome(message, TooLarge(words) if too_large else WriterFailed(self._said or words))
        )

    def _topic_limit(self) -> int | None:
        from confluent_kafka import KafkaException, admin

        ours = {name: value for name, value in self._configuration.items() if not name.startswith("message.")}
        resource = admin.ConfigResource("topic", self._topic)  # type: ignore[attr-defined]
        try:
            client = admin.AdminClient(ours, logger=logging.getLogger("confluent_kafka"))
            (answer,) = client.describe_configs([resource], request_timeout=_OPEN_TIMEOUT).values()
            return int(answer.result(_OPEN_TIMEOUT)["max.message.bytes"].value)
        except (KafkaException, KeyError, ValueError, TimeoutError) as error:
            log.debug("the topic's limit is not known: %r", error)
            return None


def configuration(settings: KafkaSettings, client_id: str) -> dict[str, Any]:
    """librdkafka's parameters."""
    ours = client_parameters(settings, client_id)
    found: dict[str, Any] = {
        "bootstrap.servers": ",".join(settings.brokers),
        "acks": 0 if settings.consistency == "AT_MOST_ONCE" else 1,
        "message.max.bytes": DEFAULT_REQUEST,
        "message.timeout.ms": _REQUEST_TIMEOUT,
        "linger.ms": 0,
        "socket.nagle.disable": True,
    }
    tls = settings.tls.as_parameters() if settings.tls is not None else {}
    if tls.get("check_hostname") is False or ours.pop("ssl_check_hostname", None) is False:
        found["ssl.endpoint.identification.algorithm"] = "none"
    for name, value in ours.items():
        if name not in _NAMES:
            log.warning("kafka.%s has no equal in Confluent's client: ignored", name)
        elif (theirs := _NAMES[name]) is not None:
            found[theirs] = value
    return found | {_TLS_NAMES[name]: value for name, value in tls.items() if name in _TLS_NAMES}
