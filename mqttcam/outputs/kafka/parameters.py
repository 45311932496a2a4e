"""The parameters that every writer to Kafka has."""

from __future__ import annotations

from mqttcam.kafka import envelope
from mqttcam.settings.kafka import KafkaSettings
from mqttcam.settings.kafka_client import KafkaClient, as_parameters

DEFAULT_REQUEST = 1_048_576
"""kafka-python's `max_request_size`, in bytes."""
_RECORD = 160
"""Bytes that Kafka's record and batch add at the most, for a message without key and headers."""
_ENCRYPTION = 96
"""Bytes that salt, nonce, padding and tag add at the most."""
DEFAULTS = {"max_block_ms": 5000, "retries": 3}
"""Where we differ from kafka-python: a topic that is not there is said soon, a broken connection is tried again."""


def client_parameters(settings: KafkaSettings, client_id: str) -> dict[str, object]:
    """kafka-python's parameters, as plain values."""
    return {**DEFAULTS, "client_id": client_id} | given_parameters(settings, secure=settings.tls is not None)


def given_parameters(settings: KafkaSettings, *, secure: bool) -> dict[str, object]:
    """Those that are in the settings; `type_spec` counts more than the same key beside it. `secure`: there is TLS."""
    spec = settings.type_spec
    both = settings.model_copy(update={name: getattr(spec, name) for name in spec.model_fields_set})
    return as_parameters(both, KafkaClient, secure=secure)


def largest_jpeg(max_request: int, *, encrypted: bool = False, compressed: bool = False) -> int:
    """The largest JPEG whose message is at most so many bytes."""
    largest = max_request - _RECORD - envelope.LONGEST - (_ENCRYPTION if encrypted else 0)
    # What cannot be compressed gets a little larger (RFC 1950, zstd's frame format).
    return largest - largest // 1000 - 64 if compressed else largest
