"""An MQTT topic of pictures."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from mqttcam.settings.field_types import Host, MqttVersion, Port, Word
from mqttcam.settings.mqtt import PORT, TLS_PORT, TlsSettings
from mqttcam.settings.section import bool_or_section, refuse
from mqttcam.settings.sources.limits import (
    DEFAULT_MAX_PIXELS,
    DEFAULT_SILENCE,
    LARGEST_JPEG,
    MaxPixels,
    Silence,
)
from mqttcam.settings.sources.section import SourceSection


class MqttSource(SourceSection):
    """The `image` topic of another node's camera, or any other topic of pictures."""

    type: Literal["mqtt"] = Field("mqtt", description="Pictures from an MQTT topic.")
    host: Host = Field(description="Host name or IP address of the broker.")
    port: Port | None = Field(None, description=f"Default: {PORT}, or {TLS_PORT} with tls.")
    topic: Word = Field(description="Such as mqttcam/pi-garden/front/image.")
    username: str | None = Field(None, description="The user name, if the broker requires one.")
    password: SecretStr | None = Field(None, description="The user's password.")
    protocol: MqttVersion = Field(5, description="MQTT version: 5 or 3.1.1.")
    keepalive: int = Field(30, ge=5, le=65535, description="Seconds.")
    tls: Annotated[TlsSettings | None, bool_or_section(TlsSettings)] = Field(
        None, description="true (trust the system's authorities), or a section with files."
    )
    max_bytes: int = Field(
        16_000_000, ge=10_000, le=LARGEST_JPEG, description="The largest picture accepted, in bytes."
    )
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS
    silence: Silence = DEFAULT_SILENCE

    @field_validator("topic")
    @classmethod
    def _no_wildcards(cls, topic: str) -> str:
        if "+" in topic or "#" in topic:
            raise refuse("has a wildcard", "a topic without + and #")
        return topic
