"""SINETStream's own writer, the default."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from mqttcam.kafka import log as kafka_log
from mqttcam.kafka.errors import broker_error, no_answer
from mqttcam.kafka.garbage import collect_clients
from mqttcam.kafka.intervals import measure_monotonically
from mqttcam.outputs.kafka.parameters import (
    DEFAULT_REQUEST,
    client_parameters,
    for_kafka_python,
    largest_jpeg,
)
from mqttcam.outputs.kafka.record import RecordFields
from mqttcam.outputs.kafka.topic import topic_error, topic_limit
from mqttcam.outputs.queue import QueuedMessage
from mqttcam.outputs.timing import OutputTiming
from mqttcam.outputs.writer import DeliveryReport, ReportProblem, SendAgain, TooLarge, WriterFailed
from mqttcam.settings.kafka import KafkaSettings

log = logging.getLogger(__name__)

_CONSISTENCY = {"EXACTLY_ONCE": "AT_LEAST_ONCE"}
_reached: set[tuple[str, object]] = set()
"""The brokers and security protocols with which there was a connection: the port is of the right kind."""
_HEADERS_SINCE = (0, 11)
"""The release of Kafka that introduced headers; a lower `api_version` may be configured."""


class SinetstreamWriter:
    """Sends one message at a time, each after Kafka has acknowledged the one before."""

    def __init__(
        self,
        settings: KafkaSettings,
        client_id: str,
        record: RecordFields,
        state_dir: Path,
        timing: OutputTiming,
    ) -> None:
        self._state_dir = state_dir
        self._record = record
        self._settings = settings
        self._timing = timing
        self._client_id = client_id
        self._parameters: dict[str, Any] = {}
        self._writer: Any = None
        self._producer: Any = None
        self._report_problem: ReportProblem = lambda words: None
        self._done: list[DeliveryReport] = []
        self._frame: QueuedMessage | None = None
        self._timestamp = 0

    @property
    def room(self) -> int:
        return 0 if self._done else 1

    @property
    def pending(self) -> int:
        return len(self._done)

    def open(self, report_problem: ReportProblem) -> None:
        self._report_problem = report_problem
        kafka_log.capture(self._client_id, report_problem)
        collect_clients()
        try:
            from sinetstream import MessageWriter

            measure_monotonically()
            self._parameters = self._all_parameters()
            self._writer = MessageWriter(no_config=True, **self._parameters)
            self._writer.open()
            # It waits for answers for minutes, and only kafka-python's producer can end that.
            self._producer = self._writer._plugin._client  # noqa: SLF001 - there is no public access
            self._add_record_fields()
            _reached.add(self._port)
        except WriterFailed:
            raise
        except Exception as error:
            raise WriterFailed(
                kafka_log.explain_open_failure(
                    error, self._brokers, self._client_id, right_port=self._port in _reached
                )
            ) from error

    def limit(self) -> int:
        parameters = self._parameters
        spec = parameters["type_spec"]
        limit = int(spec.get("max_request_size", DEFAULT_REQUEST))
        return largest_jpeg(
            min(limit, topic_limit(parameters) or limit),
            self._record.longest,
            encrypted=bool(parameters.get("data_encryption")),
            compressed=bool(parameters.get("data_compression") or spec.get("compression_type")),
        )

    def send(self, frame: QueuedMessage) -> None:
        self._frame = frame
        try:
            # Half a microsecond is added, so that SINETStream rounds down to the same microsecond.
            self._writer.publish(frame.payload, timestamp=(frame.ts_ns // 1000 + 0.5) / 1e6)
        except Exception as error:  # noqa: BLE001 - the libraries raise various exceptions
            self._done.append(DeliveryReport(frame, self._explained(error, frame)))
        else:
            self._done.append(DeliveryReport(frame))

    def delivery_reports(self, timeout: float) -> list[DeliveryReport]:
        done, self._done = self._done, []
        return done

    def abort(self) -> None:
        kafka_log.remove_callback(self._client_id, self._report_problem)
        if self._producer is not None:
            self._producer.close(timeout=0)

    def close(self) -> list[QueuedMessage]:
        self.abort()
        left = [delivery.frame for delivery in self._done if delivery.error is not None]
        self._done = []
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                writer.close()
            except Exception as error:  # noqa: BLE001 - the writer is not used again
                log.debug("kafka: closing a writer failed: %r", error)
        return left

    def __str__(self) -> str:
        return f"{self._brokers}, topic {self._parameters.get('topic')}"

    def _add_record_fields(self) -> None:
        """Have the producer send key, headers and timestamp, which SINETStream has no parameters for."""
        send, record = self._producer.send, self._record
        has_headers = self._producer.config["api_version"] >= _HEADERS_SINCE

        def send_record(topic: str, value: memoryview) -> Any:
            assert self._frame is not None, "SINETStream sends within `publish`"
            headers = record.headers(self._frame) if has_headers else None
            self._timestamp = record.timestamp_ms(self._frame)
            return send(topic, value, record.key, headers, timestamp_ms=self._timestamp)

        self._producer.send = send_record

    @property
    def _port(self) -> tuple[str, object]:
        return self._brokers, self._parameters.get("type_spec", {}).get("security_protocol")

    @property
    def _brokers(self) -> str:
        return ",".join(self._parameters.get("brokers", ()))

    def _all_parameters(self) -> dict[str, Any]:
        settings = self._settings
        if settings.config is not None:
            from mqttcam.outputs.kafka.server import fetch

            return fetch(settings, self._client_id, self._state_dir, self._timing)
        return {
            **settings.as_parameters(),
            "topic": settings.topic,
            "consistency": _CONSISTENCY.get(settings.consistency, settings.consistency),
            "type_spec": for_kafka_python(client_parameters(settings, self._client_id)),
        }

    def _explained(self, error: Exception, frame: QueuedMessage) -> Exception:
        from kafka.errors import InvalidTimestampError, MessageSizeTooLargeError, RecordListTooLargeError

        if isinstance(error, MessageSizeTooLargeError | RecordListTooLargeError):
            return TooLarge(str(error))
        if isinstance(error, InvalidTimestampError) and self._record.refused(frame, self._timestamp):
            return SendAgain(str(error))
        return WriterFailed(self._why_not_sent(error))

    def _why_not_sent(self, error: Exception) -> str:
        """Return the reason in words: from the error code, or from the libraries' log if there is none."""
        from kafka.errors import BrokerResponseError, KafkaTimeoutError

        logged = kafka_log.last_error(self._client_id)
        cause = error.__cause__ or error
        waited = isinstance(cause, KafkaTimeoutError)
        code = topic_error(self._parameters) if waited and not logged else None
        if isinstance(cause, BrokerResponseError):
            code = cause.errno
        known = None if code is None else broker_error(int(code), str(self._parameters.get("topic")))
        if known or logged:
            return known or logged
        if waited:
            return no_answer(str(self))
        return f"{type(cause).__name__}: {cause}" if str(cause) else type(cause).__name__
