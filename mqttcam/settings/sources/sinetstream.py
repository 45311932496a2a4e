"""A Kafka topic of pictures."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from mqttcam.settings.field_types import Word
from mqttcam.settings.kafka_client import Brokers, KafkaConnection, KafkaCrypto, SinetstreamSettings
from mqttcam.settings.section import refuse
from mqttcam.settings.sources.limits import (
    DEFAULT_MAX_PIXELS,
    DEFAULT_SILENCE,
    LARGEST_JPEG,
    MaxPixels,
    Silence,
)
from mqttcam.settings.sources.section import SourceSection


class SinetstreamSource(SinetstreamSettings, KafkaConnection, SourceSection):
    """A Kafka topic of pictures, as written by mqttcam's Kafka output or NII's sender."""

    type: Literal["sinetstream"] = Field("sinetstream", description="Pictures from a Kafka topic.")
    brokers: Brokers = Field(min_length=1, description="host:port, several separated by commas or as a list.")
    topic: Word = Field(description="The topic.")
    group_id: Word | None = Field(
        None, description="Consumer group; without it, every reader receives every picture."
    )
    max_bytes: int = Field(
        16_000_000, ge=100_000, le=LARGEST_JPEG, description="Memory for fetched messages, in bytes."
    )
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS
    silence: Silence = DEFAULT_SILENCE

    @field_validator("crypto")
    @classmethod
    def _encryption_needs_crypto(cls, crypto: KafkaCrypto | None, info: ValidationInfo) -> KafkaCrypto | None:
        if crypto is None and info.data.get("data_encryption"):
            raise refuse("is missing, and `data_encryption` needs it", "a section with mode and password")
        return crypto
