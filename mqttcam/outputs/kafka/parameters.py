"""The parameters that both writers to Kafka share."""

from __future__ import annotations

from mqttcam.kafka import envelope
from mqttcam.settings.kafka import KafkaSettings
from mqttcam.settings.kafka_client import KafkaClient, as_parameters

DEFAULT_REQUEST = 1_048_576
"""kafka-python's `max_request_size`, in bytes."""
_RECORD = 160
"""The most bytes that Kafka's record and batch add to a message without key and headers."""
_ENCRYPTION = 96
"""The most bytes that salt, nonce, padding and tag add."""
DEFAULTS = {"max_block_ms": 5000, "retries": 3}
"""Different from kafka-python's: report a missing topic soon, and retry after a lost connection."""


def client_parameters(settings: KafkaSettings, client_id: str) -> dict[str, object]:
    """Return the client's parameters by kafka-python's names, as plain values."""
    return {**DEFAULTS, "client_id": client_id} | given_parameters(settings, secure=settings.tls is not None)


def given_parameters(settings: KafkaSettings, *, secure: bool) -> dict[str, object]:
    """Return those in the settings; `type_spec` overrides the same key beside it. `secure`: the connection has TLS."""
    spec = settings.type_spec
    both = settings.model_copy(update={name: getattr(spec, name) for name in spec.model_fields_set})
    given = as_parameters(both, KafkaClient, secure=secure)
    if given.get("compression_type") == "none":
        del given["compression_type"]
    return given


def for_kafka_python(given: dict[str, object]) -> dict[str, object]:
    """Return parameters in kafka-python's types, without those that it does not have."""
    spec = {name: value for name, value in given.items() if name != "enable_idempotence"}
    if isinstance(version := spec.get("api_version"), str):
        spec["api_version"] = tuple(int(part) for part in version.split("."))
    return spec


def largest_jpeg(max_request: int, fields: int, *, encrypted: bool = False, compressed: bool = False) -> int:
    """Return the bytes of the largest JPEG whose record has at most `max_request` bytes.

    Args:
        fields: the most bytes that the record's key and headers add.
    """
    largest = max_request - _RECORD - fields - envelope.LONGEST - (_ENCRYPTION if encrypted else 0)
    # Incompressible data gets a little larger (RFC 1950, zstd's frame format).
    return largest - largest // 1000 - 64 if compressed else largest
