"""The connection to the MQTT broker, Home Assistant's discovery, and the embedded broker."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from mqttcam.settings.field_types import ExistingFile, Host, ListenPort, MqttVersion, Port, Topic
from mqttcam.settings.section import Section, bool_or_section, plain, refuse
from mqttcam.tls import TlsFiles

PORT, TLS_PORT = 1883, 8883
LARGEST_PACKET = 268_435_455
"""Bytes; the protocol's limit (MQTT 5, 2.1.4)."""


class TlsSettings(Section):
    """TLS to the broker. Without `ca_file`, the system's authorities are trusted."""

    ca_file: ExistingFile | None = Field(
        None, description="Certificate of the authority that signed the broker's certificate (PEM)."
    )
    cert_file: ExistingFile | None = Field(
        None, description="Client certificate, if the broker requires one (PEM)."
    )
    key_file: ExistingFile | None = Field(
        None, validate_default=True, description="The key of `cert_file` (PEM)."
    )
    key_password: SecretStr | None = Field(
        None, description="The password of `key_file`, if it is encrypted."
    )
    insecure: bool = Field(
        False, description="true: do not verify that the certificate is for `host`. For tests only."
    )

    @field_validator("key_file")
    @classmethod
    def _key_needs_certificate(cls, key_file: Path | None, info: ValidationInfo) -> Path | None:
        if key_file is not None and "cert_file" in info.data and info.data["cert_file"] is None:
            raise refuse("has no cert_file", "both or neither")
        return key_file

    def files(self, section: str) -> TlsFiles:
        """Return the files for `mqttcam.tls`; `section` is where these settings are, such as `mqtt.tls`."""
        return TlsFiles(section, self.ca_file, self.cert_file, self.key_file, plain(self.key_password) or "")


class MqttSettings(Section):
    """The broker, and where to publish."""

    host: Host = Field("localhost", description="Host name or IP address of the broker.")
    port: Port | None = Field(None, description=f"Default: {PORT}, or {TLS_PORT} with tls.")
    username: str | None = Field(None, description="The user name, if the broker requires one.")
    password: SecretStr | None = Field(
        None, description='The user\'s password; with `username: ""`, a password without a user name.'
    )
    client_id: str | None = Field(None, min_length=1, max_length=128, description="Default: mqttcam-<node>.")
    keepalive: int = Field(
        60, ge=5, le=65535, description="Seconds; a dead connection is detected after 1.5 times this."
    )
    protocol: MqttVersion = Field(
        5, description="MQTT version: 5 or 3.1.1. 5 falls back to 3.1.1 if the broker does not support it."
    )
    base_topic: Topic = Field("mqttcam", description="Every topic starts with <base_topic>/<node>/.")
    max_packet_size: int = Field(
        2_000_000,
        ge=10_000,
        le=LARGEST_PACKET,
        description="Bytes; larger packets are never sent, even if the broker allows them.",
    )
    tls: Annotated[TlsSettings | None, bool_or_section(TlsSettings)] = Field(
        None, description="true (trust the system's authorities), or a section with files."
    )

    @property
    def connect_port(self) -> int:
        """The port to connect to: `port`, or the default port."""
        return self.port or (TLS_PORT if self.tls else PORT)


class HomeAssistantSettings(Section):
    """Home Assistant's MQTT discovery."""

    enabled: bool = Field(True, description="false: publish no discovery.")
    discovery_prefix: Topic = Field(
        "homeassistant", description="The same as in Home Assistant's MQTT integration."
    )
    birth_topic: Topic | None = Field(
        None,
        description="The topic of Home Assistant's birth message, if it was changed in its MQTT integration; "
        "default: <discovery_prefix>/status.",
    )
    suggested_area: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="The area that Home Assistant suggests for this machine when it is added.",
    )

    @property
    def listen_topic(self) -> str:
        """Where Home Assistant publishes its birth and last will: `birth_topic`, or the default."""
        return self.birth_topic or f"{self.discovery_prefix}/status"


class BrokerSettings(Section):
    """The embedded MQTT broker, for users without one. It accepts every client that can reach it."""

    enabled: bool = Field(
        False, description="true: run it; unless `mqtt.host` is set, mqttcam connects to it."
    )
    host: Host = Field("127.0.0.1", description="Address to listen on; 0.0.0.0: every interface.")
    port: ListenPort = Field(PORT, description="Port to listen on; 0: any free one.")
