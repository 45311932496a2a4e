"""The same messages by Confluent's client (librdkafka): several in flight at a time, and less work in Python."""

from __future__ import annotations

import logging
import time
from typing import Any

from mqttcam.kafka.log import WRONG_PORT
from mqttcam.outputs.kafka import confluent_errors
from mqttcam.outputs.kafka.parameters import DEFAULT_REQUEST, client_parameters, largest_jpeg
from mqttcam.outputs.kafka.record import RecordFields
from mqttcam.outputs.queue import QueuedMessage
from mqttcam.outputs.writer import DeliveryReport, ReportProblem, SendAgain, TooLarge, WriterFailed
from mqttcam.settings.kafka import KafkaSettings

log = logging.getLogger(__name__)
_quiet = logging.getLogger("confluent_kafka")
_quiet.propagate = False
_quiet.addHandler(logging.NullHandler())

MAX_IN_FLIGHT, MAX_BYTES_IN_FLIGHT = 16, 8_000_000
"""Messages, and bytes; the client keeps a copy of each."""
_LIMIT_TIMEOUT = 5.0
"""Seconds to ask for the topic's limit."""
_reached: set[tuple[str, object]] = set()
"""The brokers and security protocols with which there was a connection: the port is of the right kind."""
_REQUEST_TIMEOUT, _TOPIC_TIMEOUT = 30_000, 5_000
"""Milliseconds."""
_NAMES = {
    "acks": "acks",
    "batch_size": "batch.size",
    "client_id": "client.id",
    "compression_type": "compression.type",
    "connection_timeout_ms": "socket.connection.setup.timeout.ms",
    "connections_max_idle_ms": "connections.max.idle.ms",
    "enable_idempotence": "enable.idempotence",
    "linger_ms": "linger.ms",
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
"""librdkafka's names of kafka-python's parameters; the others have no effect, see `mqttcam.settings.kafka_warnings`."""
_TLS_NAMES = {
    "ca_certs": "ssl.ca.location",
    "certfile": "ssl.certificate.location",
    "keyfile": "ssl.key.location",
    "ciphers": "ssl.cipher.suites",
}


class ConfluentWriter:
    """Has up to `MAX_IN_FLIGHT` messages in flight, in order."""

    def __init__(
        self, settings: KafkaSettings, client_id: str, record: RecordFields, open_timeout: float
    ) -> None:
        """`open_timeout` is in seconds."""
        self._record = record
        self._open_timeout = open_timeout
        self._settings = settings
        self._topic = settings.topic or ""
        self._configuration = configuration(settings, client_id)
        self._producer: Any = None
        self._in_flight: dict[int, QueuedMessage] = {}
        self._done: list[DeliveryReport] = []
        self._bytes_in_flight = 0
        self._last_error = ""
        self._refused = self._aborted = False
        self._report_problem: ReportProblem = lambda words: None

    @property
    def room(self) -> int:
        return MAX_IN_FLIGHT - len(self._in_flight) if self._bytes_in_flight < MAX_BYTES_IN_FLIGHT else 0

    @property
    def pending(self) -> int:
        return len(self._in_flight) + len(self._done)

    def open(self, report_problem: ReportProblem) -> None:
        try:
            from confluent_kafka import KafkaException, Producer
        except ImportError as error:
            raise WriterFailed(f"needs `pip install 'mqttcam[confluent]'`: {error}") from error
        self._report_problem = report_problem
        try:
            self._producer = Producer({**self._configuration, "error_cb": self._on_error}, logger=_quiet)
            found = self._find_topic()
        except (KafkaException, ValueError) as error:
            self.close()
            raise WriterFailed(self._why_not_open(error)) from error
        if found.error is not None:
            self.close()
            raise WriterFailed(self._in_words(found.error))
        _reached.add(self._port)

    def limit(self) -> int:
        ours = int(self._configuration["message.max.bytes"])
        return largest_jpeg(min(ours, self._topic_limit() or ours), self._record.longest)

    def send(self, frame: QueuedMessage) -> None:
        from confluent_kafka import KafkaException

        key, timestamp = id(frame), self._record.timestamp_ms(frame)
        self._in_flight[key] = frame
        self._bytes_in_flight += len(frame.payload)
        try:
            self._producer.produce(
                self._topic,
                self._record.value(frame),
                self._record.key,
                timestamp=timestamp,
                headers=self._record.headers(frame),
                on_delivery=lambda error, _record: self._end(key, timestamp, error),
            )
        except (KafkaException, BufferError) as error:
            self._end(key, timestamp, error.args[0] if isinstance(error, KafkaException) else error)

    def delivery_reports(self, timeout: float) -> list[DeliveryReport]:
        if self._in_flight:
            end = time.monotonic() + timeout
            self._producer.poll(0)
            while self._in_flight and not self._done and (left := end - time.monotonic()) > 0:
                self._producer.poll(left)
        done, self._done = self._done, []
        return done

    def abort(self) -> None:
        """End a wait in `open`, the only method that waits for long."""
        self._aborted = True

    def close(self) -> list[QueuedMessage]:
        if self._producer is not None:
            self._producer.purge()
            self._producer.flush(0)
            self._producer = None
        left = [delivery.frame for delivery in self._done if delivery.error is not None]
        left += self._in_flight.values()
        self._in_flight.clear()
        self._done.clear()
        return left

    def __str__(self) -> str:
        return f"{self._brokers}, topic {self._topic}"

    def _find_topic(self) -> Any:
        """Return the metadata of our topic; ask until the brokers answer or refuse, or time is up."""
        from confluent_kafka import KafkaException

        end = time.monotonic() + self._open_timeout
        while True:
            try:
                return self._producer.list_topics(self._topic, timeout=1.0).topics[self._topic]
            except KafkaException:
                self._producer.poll(0)
                if self._refused or self._aborted or time.monotonic() > end:
                    raise

    @property
    def _brokers(self) -> str:
        return ",".join(self._settings.brokers)

    @property
    def _port(self) -> tuple[str, object]:
        return self._brokers, self._configuration.get("security.protocol")

    def _why_not_open(self, error: Exception) -> str:
        from confluent_kafka import KafkaError

        known = self._port in _reached
        if self._last_error:
            return confluent_errors.not_connected(self._brokers, self._last_error, right_port=known)
        cause = error.args[0] if error.args else error
        if isinstance(cause, KafkaError):
            silent = cause.name() in ("_TRANSPORT", "_TIMED_OUT") and not known
            return self._in_words(cause) + (f": {WRONG_PORT}" if silent else "")
        return f"no connection to {self._brokers}: {cause}"

    def _in_words(self, error: Any) -> str:
        return confluent_errors.in_words(error, self._topic, str(self), self._last_error)

    def _on_error(self, error: Any) -> None:
        if error.name() == "_ALL_BROKERS_DOWN":
            return  # the error of each broker was reported before
        self._last_error = confluent_errors.report(error) or confluent_errors.plain(error)
        self._refused = self._refused or error.name() in ("_AUTHENTICATION", "_SSL")
        self._report_problem(self._last_error)

    def _end(self, key: int, timestamp: int, error: Any) -> None:
        frame = self._in_flight.pop(key, None)
        if frame is None:
            return
        self._bytes_in_flight -= len(frame.payload)
        self._done.append(
            DeliveryReport(frame, None if error is None else self._explained(error, frame, timestamp))
        )

    def _explained(self, error: Any, frame: QueuedMessage, timestamp: int) -> Exception:
        from confluent_kafka import KafkaError

        if not isinstance(error, KafkaError):
            return WriterFailed(str(error))
        if error.code() in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG_SIZE):
            return TooLarge(error.str())
        if error.code() == KafkaError._INVALID_DIFFERENT_RECORD:  # noqa: SLF001 - its public name
            return SendAgain(error.str())
        # INVALID_RECORD is the client's name for any reason if several records were sent together.
        invalid = error.code() in (KafkaError.INVALID_TIMESTAMP, KafkaError.INVALID_RECORD)
        if invalid and self._record.refused(frame, timestamp):
            return SendAgain(error.str())
        return WriterFailed(self._in_words(error))

    def _topic_limit(self) -> int | None:
        from confluent_kafka import KafkaException, admin

        ours = {name: value for name, value in self._configuration.items() if not name.startswith("message.")}
        resource = admin.ConfigResource("topic", self._topic)  # type: ignore[attr-defined]
        try:
            client = admin.AdminClient(ours, logger=_quiet)
            (answer,) = client.describe_configs([resource], request_timeout=_LIMIT_TIMEOUT).values()
            return int(answer.result(_LIMIT_TIMEOUT)["max.message.bytes"].value)
        except (KafkaException, KeyError, ValueError, TimeoutError) as error:
            log.debug("kafka: the limit of the topic is not known: %r", error)
            return None


def configuration(settings: KafkaSettings, client_id: str) -> dict[str, Any]:
    """Return librdkafka's parameters."""
    ours = client_parameters(settings, client_id)
    found: dict[str, Any] = {
        "bootstrap.servers": ",".join(settings.brokers),
        "acks": 0 if settings.consistency == "AT_MOST_ONCE" else 1,
        "message.max.bytes": DEFAULT_REQUEST,
        "message.timeout.ms": _REQUEST_TIMEOUT,
        "linger.ms": 0,
        # A topic that was deleted fails after this time, and not only after message.timeout.ms.
        "topic.metadata.propagation.max.ms": _TOPIC_TIMEOUT,
        # kafka-python's and Java's; librdkafka's own default puts the same key into another partition.
        "partitioner": "murmur2_random",
        "socket.nagle.disable": True,
    }
    if ours.get("enable_idempotence"):
        found["acks"] = "all"
    tls = settings.tls.as_parameters() if settings.tls is not None else {}
    if tls.get("check_hostname") is False or ours.pop("ssl_check_hostname", None) is False:
        found["ssl.endpoint.identification.algorithm"] = "none"
    found |= {theirs: value for name, value in ours.items() if (theirs := _NAMES.get(name)) is not None}
    return found | {_TLS_NAMES[name]: value for name, value in tls.items() if name in _TLS_NAMES}
