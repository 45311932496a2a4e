"""Frames to Kafka through SINETStream: its writer's parameters under their own names, and which frames go.

`kafka` in the configuration is for every camera; `cameras.<id>.kafka` has what one camera has otherwise.
"""

from __future__ import annotations

import json
import math
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from mqttcam.schedule import BadSchedule, parse
from mqttcam.settings.base import OneOf, Section, refuse, switch_or
from mqttcam.settings.kafka_client import (
    LARGEST_REQUEST,
    KafkaClient,
    KafkaCompression,
    KafkaCrypto,
    KafkaTls,
    Word,
)

MIN_RATE, MAX_RATE = 0.00001, 240
_RATES = f"{MIN_RATE:f} to {MAX_RATE} frames a second, or max (every frame)"
_TOPIC_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_LONGEST_TOPIC = 249


def _brokers(raw: object) -> object:
    return [part.strip() for part in raw.split(",") if part.strip()] if isinstance(raw, str) else raw


def _broker(text: str) -> str:
    host, _, port = text.rpartition(":")
    if (not host and not port) or "/" in text or " " in text or not text.isprintable():
        raise refuse("is not the address of a broker", "host:port, several joined with commas")
    if host and ":" not in host and not (port.isdecimal() and 0 < int(port) < 65536):
        raise refuse("has a port that is none", "host:port, several joined with commas")
    return text


def _schedule(text: str) -> str:
    try:
        return str(parse(text))
    except BadSchedule as error:
        raise refuse(
            "is not a schedule" + (f" ({error.reason})" if error.reason else ""), error.allowed
        ) from None


def _fps(raw: object) -> float | Literal["max"]:
    if isinstance(raw, str) and raw.strip().lower() == "max":
        return "max"
    try:
        rate = math.nan if isinstance(raw, bool) else float(raw)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        rate = math.nan
    if not MIN_RATE <= rate <= MAX_RATE:
        raise refuse("is not a rate", _RATES)
    return rate


def _topic(text: str) -> str:
    plain = text.replace("{camera}", "c").replace("{node}", "n")
    if len(plain) > _LONGEST_TOPIC or plain in {".", ".."} or not set(plain) <= _TOPIC_CHARACTERS:
        raise refuse("is not a topic", "letters, digits, . _ - and {camera}, {node}; at most 249")
    return text


def _auth(secret: SecretStr) -> SecretStr:
    try:
        server = json.loads(secret.get_secret_value())["config-server"]
        there = all(isinstance(server[key], str) for key in ("address", "user", "secret-key"))
    except (ValueError, KeyError, TypeError):
        there = False
    if not there:
        raise refuse(
            "is not an auth.json", "JSON with config-server and in it address, user and secret-key"
        ) from None
    return secret


Brokers = Annotated[
    tuple[Annotated[str, AfterValidator(_broker)], ...],
    BeforeValidator(_brokers, json_schema_input_type=str | list[str]),
]
Times = Annotated[str, AfterValidator(_schedule)]
KafkaTopic = Annotated[str, AfterValidator(_topic)]
Rate = Annotated[
    float | Literal["max"],
    PlainValidator(_fps),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": MIN_RATE, "maximum": MAX_RATE}, {"const": "max"}]}
    ),
]


class KafkaQueue(Section):
    """What waits for Kafka, a camera. The oldest goes first when any of the limits is reached."""

    frames: int = Field(300, ge=1, le=100_000, description="At most so many.")
    bytes: int = Field(32_000_000, ge=100_000, le=LARGEST_REQUEST, description="At most so much memory.")
    age: float | None = Field(
        None,
        ge=0.1,
        le=86_400,
        description="Seconds; 60 if not given, without limit for frames on a schedule.",
    )


class KafkaSpool(Section):
    """Frames on a schedule are kept on disk until Kafka has them: a power cut loses none, may repeat some."""

    max_bytes: int = Field(256_000_000, ge=1_000_000, le=1 << 40, description="The oldest go first.")


class KafkaSettings(KafkaClient):
    """Frames to Kafka, in the messages that SINETStream's readers expect: of every camera, or of one otherwise."""

    enabled: bool = Field(
        True, description="false: nothing is sent; what the switch was set to later survives."
    )
    type: Annotated[Literal["kafka"], OneOf()] = Field("kafka", description="SINETStream's broker type.")
    config: Word | None = Field(
        None, description="Name of the parameters on SINETStream's configuration server."
    )
    service: Word | None = Field(None, description="The service there, where it has several.")
    auth: Annotated[SecretStr, AfterValidator(_auth)] | None = Field(
        None, description="The text of `auth.json`, for the configuration server."
    )
    private_key: SecretStr | None = Field(
        None, description="Opens secrets of the configuration server (PEM)."
    )
    https_proxy: SecretStr | None = Field(None, description="Proxy on the way to the configuration server.")
    brokers: Brokers = Field((), description="host:port, several joined with commas or as a list.")
    topic: KafkaTopic | None = Field(None, description="May have {camera} and {node} in it.")
    consistency: Annotated[Literal["AT_MOST_ONCE", "AT_LEAST_ONCE", "EXACTLY_ONCE"], OneOf()] = Field(
        "AT_LEAST_ONCE",
        description="AT_LEAST_ONCE, AT_MOST_ONCE (no acknowledgement: losses are not seen), "
        "or EXACTLY_ONCE (SINETStream makes it AT_LEAST_ONCE).",
    )
    value_type: Annotated[Literal["byte_array", "image"], OneOf()] = Field(
        "byte_array", description="Both are the JPEG's bytes: readers of either type get it."
    )
    tls: Annotated[KafkaTls | None, switch_or(KafkaTls)] = Field(
        None, description="true (with the system's authorities), or a section with files."
    )
    data_compression: bool = Field(False, description="As `compression` says.")
    compression: KafkaCompression = Field(default_factory=KafkaCompression, description="How.")
    data_encryption: bool = Field(False, description="As `crypto` says.")
    crypto: KafkaCrypto | None = Field(None, validate_default=True, description="How.")
    message_format: Annotated[Literal[2, 3], OneOf()] = Field(
        3, description="SINETStream's; 2 for readers before 1.7."
    )
    user_data_only: bool = Field(False, description="true: the bare JPEG, for readers with the same setting.")
    type_spec: KafkaClient = Field(
        default_factory=KafkaClient,
        description="The Kafka client's parameters, as in version 3 of SINETStream's file.",
    )
    fps: Rate = Field("max", description="Frames a second; max: every frame.")
    schedule: Times | None = Field(
        None, description="Instead of `fps`: 60, `every 10 minutes`, `every day at 10:30`, `*/10 6-20 * * *`."
    )
    quality: int | None = Field(
        None, ge=1, le=100, description="JPEG quality; that of the camera's images if not given."
    )
    oversize: Annotated[Literal["fit", "refuse"], OneOf()] = Field(
        "fit", description="A picture over the size limit is made smaller, or not sent."
    )
    queue: KafkaQueue = Field(
        default_factory=KafkaQueue, description="What waits while Kafka is slow or away."
    )
    spool: Annotated[KafkaSpool | None, switch_or(KafkaSpool)] = Field(
        None, validate_default=True, description="true, or a section: for frames on a schedule."
    )
    client: Annotated[Literal["sinetstream", "confluent"], OneOf()] = Field(
        "sinetstream", description="confluent: the same messages by a faster client, without encryption."
    )

    @field_validator("crypto")
    @classmethod
    def _encryption_says_how(cls, crypto: KafkaCrypto | None, info: ValidationInfo) -> KafkaCrypto | None:
        if crypto is None and info.data.get("data_encryption"):
            raise refuse("is missing beside data_encryption", "a section with mode and password")
        return crypto

    @field_validator("schedule")
    @classmethod
    def _not_beside_fps(cls, schedule: str | None, info: ValidationInfo) -> str | None:
        if schedule is not None and info.data.get("fps", "max") != "max":
            raise refuse("is given beside fps", "one of them")
        return schedule

    @field_validator("client")
    @classmethod
    def _plain_only(cls, client: str, info: ValidationInfo) -> str:
        special = [name for name in _SINETSTREAM_ONLY if info.data.get(name) not in (None, False, 3)]
        if client == "confluent" and special:
            raise refuse(f"confluent cannot do {', '.join(special)}", "sinetstream")
        return client


_SINETSTREAM_ONLY = ("data_compression", "data_encryption", "user_data_only", "message_format", "config")


def missing(kafka: KafkaSettings) -> str | None:
    """The key without which `kafka`, as it holds for every camera, is not enough; None: it is."""
    if kafka.config is not None:
        return None
    return next((name for name in ("brokers", "topic") if not getattr(kafka, name)), None)


def for_camera(
    everyone: KafkaSettings, own: KafkaSettings | None, node: str, camera_id: str
) -> KafkaSettings:
    """What holds for one camera, its topic filled in."""
    changes = {name: getattr(own, name) for name in own.model_fields_set} if own is not None else {}
    if "schedule" in changes and "fps" not in changes:
        changes["fps"] = "max"
    elif "fps" in changes and "schedule" not in changes:
        changes["schedule"] = None
    topic = changes.get("topic") or everyone.topic
    if topic is not None:
        changes["topic"] = topic.replace("{camera}", camera_id).replace("{node}", node)
    return everyone.model_copy(update=changes)
