"""Cameras elsewhere: frames from a Kafka topic, from another node's MQTT topic, or over plain TCP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from mqttcam.settings.base import Host, Network, OneOf, Port, Section, refuse, switch_or
from mqttcam.settings.kafka_client import Brokers, KafkaConnection, KafkaCrypto, SinetstreamSettings, Word
from mqttcam.settings.mqtt import PORT, TLS_PORT, TlsSettings

SILENCE = 15.0
Silence = Annotated[float, Field(ge=1, le=86_400)]
_SILENCE = (
    "Seconds without a picture after which the camera counts as away; longer than its pause between two."
)
LARGEST_JPEG = 64_000_000


class SinetstreamSource(SinetstreamSettings, KafkaConnection):
    """A Kafka topic of pictures, as mqttcam's bridge or NII's sender fills it."""

    type: Literal["sinetstream"] = Field("sinetstream", description="Pictures from a Kafka topic.")
    brokers: Brokers = Field(min_length=1, description="host:port, several joined with commas or as a list.")
    topic: Word = Field(description="The topic.")
    group_id: Word | None = Field(
        None, description="Consumer group; without it, every reader gets every picture."
    )
    max_bytes: int = Field(
        16_000_000, ge=100_000, le=LARGEST_JPEG, description="Memory for messages that were fetched."
    )
    silence: Silence = Field(SILENCE, description=_SILENCE)

    @field_validator("crypto")
    @classmethod
    def _encryption_says_how(cls, crypto: KafkaCrypto | None, info: ValidationInfo) -> KafkaCrypto | None:
        if crypto is None and info.data.get("data_encryption"):
            raise refuse("is missing beside data_encryption", "a section with mode and password")
        return crypto


class MqttSource(Section):
    """The `image` topic of a camera of another node, or any other topic of JPEGs."""

    type: Literal["mqtt"] = Field("mqtt", description="Pictures from an MQTT topic.")
    host: Host = Field(description="Host name or IP address of the broker.")
    port: Port | None = Field(None, description=f"{PORT}, or {TLS_PORT} with tls, if not given.")
    topic: Word = Field(description="Such as mqttcam/pi-garden/front/image.")
    username: str | None = Field(None, description="Where the broker wants one.")
    password: SecretStr | None = Field(None, description="The user's password.")
    protocol: Annotated[
        Literal[5, "3.1.1"], OneOf(**{"5.0": 5, "v5": 5, "311": "3.1.1", "v3.1.1": "3.1.1"})
    ] = Field(5, description="MQTT version: 5 or 3.1.1.")
    keepalive: int = Field(30, ge=5, le=65535, description="Seconds.")
    tls: Annotated[TlsSettings | None, switch_or(TlsSettings)] = Field(
        None, description="true (with the system's authorities), or a section with files."
    )
    max_bytes: int = Field(
        16_000_000, ge=10_000, le=LARGEST_JPEG, description="The largest picture that is taken."
    )
    silence: Silence = Field(SILENCE, description=_SILENCE)

    @field_validator("topic")
    @classmethod
    def _one_topic(cls, topic: str) -> str:
        if "+" in topic or "#" in topic:
            raise refuse("is more than one topic", "a topic without + and #")
        return topic


class TcpSource(Section):
    """A sender that connects to us: 4 bytes of length (big-endian), then a JPEG, over and over."""

    type: Literal["tcp"] = Field("tcp", description="A sender that connects to us.")
    host: Host = Field(
        "127.0.0.1", description="Address to listen on; 0.0.0.0: every network. The newest sender wins."
    )
    port: Port = Field(description="Port to listen on.")
    allow: tuple[Network, ...] = Field(
        (), description="Addresses or networks that may send, such as 192.168.1.0/24; everyone if not given."
    )
    max_bytes: int = Field(
        16_000_000, ge=10_000, le=LARGEST_JPEG, description="The largest picture that is taken."
    )
    silence: Silence = Field(SILENCE, description=_SILENCE)
