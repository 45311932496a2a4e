"""The parameters of SINETStream and of its Kafka client, by their own names, for readers and writers."""

import base64
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from mqttcam.settings.field_types import ExistingFile, Word
from mqttcam.settings.section import AnyCase, Section, bool_or_section, plain, refuse

LARGEST_REQUEST = 1 << 30
Milliseconds = Annotated[int, Field(ge=1, le=3_600_000)]
_BROKER = re.compile(
    r"(?:[^\s:/\[\](){}<>,;@\"'`]+|\[[0-9a-fA-F:.]+(?:%\w+)?\])(?::(?P<port>[^\s:/]*))?|[0-9a-fA-F]*(?::[0-9a-fA-F.]*){2,}"
)
"""A host name or address, optionally with a port; an IPv6 address with a port is in brackets."""


def _brokers(raw: object) -> object:
    return [part.strip() for part in raw.split(",") if part.strip()] if isinstance(raw, str) else raw


def _broker(text: str) -> str:
    match = _BROKER.fullmatch(text)
    if match is None:
        raise refuse("is not the address of a broker", "host:port, several separated by commas")
    port = match["port"]
    if port is not None and not (port.isdecimal() and 0 < int(port) < 65536):
        raise refuse("has an invalid port", "host:port, several separated by commas")
    return text


def _version(text: str) -> str:
    if not re.fullmatch(r"\d+(\.\d+){0,2}", text):
        raise refuse("is not a version", "numbers and dots, such as 2.6.0")
    return text


Brokers = Annotated[
    tuple[Annotated[str, AfterValidator(_broker)], ...],
    BeforeValidator(_brokers, json_schema_input_type=str | list[str]),
]


def as_parameters(section: Section, model: type[Section], *, secure: bool) -> dict[str, object]:
    """Return the values of `model`'s keys in a section as the libraries expect them, without unset ones.

    Args:
        secure: whether TLS is on, which determines the default security protocol.
    """
    given = {name: _plain(getattr(section, name)) for name in model.model_fields}
    given = {name: value for name, value in given.items() if value is not None}
    secure = secure or "ssl_cafile" in given
    if "security_protocol" not in given and "sasl_mechanism" in given:
        given["security_protocol"] = "SASL_SSL" if secure else "SASL_PLAINTEXT"
    elif "security_protocol" not in given and secure:
        given["security_protocol"] = "SSL"
    return given


def _plain(value: object) -> object:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value) if isinstance(value, Path) else value


def _key_bytes(key: SecretStr) -> bytes:
    """Return the bytes of a key in hexadecimal or base64; none if it is neither."""
    text = key.get_secret_value()
    try:
        return bytes.fromhex(text)
    except ValueError:
        pass
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


class KafkaTls(Section):
    """SINETStream's `tls`. Without `ca_certs`, the system's authorities are trusted."""

    ca_certs: ExistingFile | None = Field(
        None, description="Certificate of the brokers' certificate authority (PEM)."
    )
    certfile: ExistingFile | None = Field(None, description="Client certificate (PEM).")
    keyfile: ExistingFile | None = Field(None, description="The key of `certfile` (PEM).")
    ciphers: Word | None = Field(None, description="OpenSSL's list of ciphers.")
    check_hostname: bool = Field(
        True, description="false: do not verify that the certificate is for the broker's name."
    )

    def as_parameters(self) -> dict[str, object]:
        """Return the parameters as SINETStream expects them."""
        return {name: _plain(value) for name, value in self if value is not None}


class KafkaCompression(Section):
    """SINETStream's `compression`, if `data_compression` is true. It does not make a JPEG smaller."""

    algorithm: Annotated[Literal["gzip", "zstd"], AnyCase()] = Field("gzip", description="gzip or zstd.")
    level: int | None = Field(None, ge=-131072, le=22, description="The algorithm's compression level.")


class KafkaKeyDerivation(Section):
    """SINETStream's `crypto.key_derivation`."""

    algorithm: Annotated[Literal["pbkdf2"], AnyCase(PBKDF2WithHmacSHA256="pbkdf2")] = Field(
        "pbkdf2", description="pbkdf2."
    )
    salt_bytes: int = Field(8, ge=1, le=1024, description="Length of the salt in bytes.")
    iteration: int = Field(10_000, ge=1, le=10_000_000, description="Rounds.")
    prf: Annotated[Literal["HMAC-SHA256", "HMAC-SHA384", "HMAC-SHA512"], AnyCase()] = Field(
        "HMAC-SHA256", description="HMAC-SHA256, HMAC-SHA384 or HMAC-SHA512."
    )


class KafkaCrypto(Section):
    """SINETStream's `crypto`, if `data_encryption` is true."""

    algorithm: Annotated[Literal["AES"], AnyCase()] = Field("AES", description="AES.")
    key_length: Annotated[Literal[128, 192, 256], AnyCase()] = Field(128, description="Bits.")
    mode: Annotated[
        Literal["EAX", "GCM", "CBC", "CFB", "OFB", "CTR", "OPENPGP"], AnyCase(OPENPGPCFB="OPENPGP")
    ] = Field(description="EAX, GCM, CBC, CFB, OFB, CTR or OPENPGP.")
    padding: Annotated[Literal["none", "pkcs7"], AnyCase(NoPadding="none")] = Field(
        "none", description="none or pkcs7 (CBC needs it)."
    )
    key_derivation: KafkaKeyDerivation = Field(
        default_factory=KafkaKeyDerivation, description="How the key is derived from the password."
    )
    key: SecretStr | None = Field(
        None, description="The key itself, in hexadecimal or base64, instead of `password`."
    )
    password: SecretStr | None = Field(
        None,
        validate_default=True,
        description="The password that the key is derived from; readers need the same.",
    )

    @field_validator("key")
    @classmethod
    def _key_has_its_length(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        length = info.data.get("key_length")
        if key is not None and length is not None and len(_key_bytes(key)) * 8 != length:
            raise refuse(
                "is not a key of key_length",
                f"{length // 8} bytes as {length // 4} hexadecimal digits or in base64",
            )
        return key

    @field_validator("password")
    @classmethod
    def _password_or_key(cls, password: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        key = info.data.get("key")
        if password is None and key is None and "key" in info.data:
            raise refuse("is missing", "text; or `key`")
        if password is not None and key is not None:
            raise refuse("is given together with key", "one of them")
        return password

    def as_parameters(self) -> dict[str, object]:
        """Return the parameters as SINETStream expects them."""
        parameters: dict[str, object] = self.model_dump(exclude={"key", "password"})
        if self.key is not None:
            return parameters | {"key": _key_bytes(self.key)}
        return parameters | {"password": {"value": plain(self.password)}}


class SinetstreamSettings(Section):
    """SINETStream's parameters that the readers and writers of a topic share."""

    brokers: Brokers = Field((), description="host:port, several separated by commas or as a list.")
    tls: Annotated[KafkaTls | None, bool_or_section(KafkaTls)] = Field(
        None, description="true (trust the system's authorities), or a section with files."
    )
    data_compression: bool = Field(False, description="true: use `compression`; readers need the same.")
    compression: KafkaCompression = Field(default_factory=KafkaCompression, description="How to compress.")
    data_encryption: bool = Field(False, description="true: use `crypto`; readers need the same.")
    crypto: KafkaCrypto | None = Field(None, validate_default=True, description="How to encrypt.")
    message_format: Annotated[Literal[2, 3], AnyCase()] = Field(
        3, description="SINETStream's message format; 2 for SINETStream before 1.7."
    )
    user_data_only: bool = Field(
        False,
        description="true: the JPEG alone, without SINETStream's envelope; readers need the same.",
    )

    def as_parameters(self) -> dict[str, Any]:
        """Return the parameters as SINETStream expects them for `no_config`."""
        parameters: dict[str, Any] = {
            "type": "kafka",
            "brokers": list(self.brokers),
            "value_type": "byte_array",
            "data_compression": self.data_compression,
            "compression": self.compression.model_dump(exclude_none=True),
            "data_encryption": self.data_encryption,
            "message_format": self.message_format,
            "user_data_only": self.user_data_only,
        }
        if self.tls is not None:
            parameters["tls"] = self.tls.as_parameters()
        if self.crypto is not None:
            parameters["crypto"] = self.crypto.as_parameters()
        return parameters


class KafkaConnection(Section):
    """kafka-python's parameters of both producers and consumers. Unset ones have the library's defaults."""

    api_version: Annotated[str, AfterValidator(_version)] | None = Field(
        None, description="The brokers' version, such as 2.6.0; default: ask the brokers."
    )
    api_version_auto_timeout_ms: Milliseconds | None = Field(
        None, description="Timeout for asking for the brokers' version."
    )
    client_id: Word | None = Field(
        None, description="The client's name in the brokers' logs; default: mqttcam-<node>-<camera>."
    )
    connections_max_idle_ms: int | None = Field(
        None, ge=1, le=2_000_000_000, description="Close connections that are idle for this long."
    )
    metadata_max_age_ms: int | None = Field(
        None, ge=100, le=2_000_000_000, description="Refresh the topic's metadata after this time."
    )
    metrics_num_samples: int | None = Field(None, ge=1, le=1000, description="For the client's own metrics.")
    metrics_sample_window_ms: Milliseconds | None = Field(None, description="For the client's own metrics.")
    receive_buffer_bytes: int | None = Field(None, ge=1024, le=LARGEST_REQUEST, description="SO_RCVBUF.")
    reconnect_backoff_max_ms: Milliseconds | None = Field(
        None, description="Longest wait between two attempts to connect."
    )
    reconnect_backoff_ms: Milliseconds | None = Field(None, description="Shortest wait between two attempts.")
    request_timeout_ms: Milliseconds | None = Field(None, description="Wait for a response; default: 30000.")
    retry_backoff_ms: Milliseconds | None = Field(None, description="Wait before a retry.")
    sasl_kerberos_domain_name: Word | None = Field(None, description="For GSSAPI.")
    sasl_kerberos_service_name: Word | None = Field(None, description="For GSSAPI.")
    sasl_mechanism: (
        Annotated[Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI"], AnyCase()] | None
    ) = Field(None, description="PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or GSSAPI.")
    sasl_plain_password: SecretStr | None = Field(None, description="For PLAIN and SCRAM.")
    sasl_plain_username: Word | None = Field(None, description="For PLAIN and SCRAM.")
    security_protocol: (
        Annotated[Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], AnyCase()] | None
    ) = Field(
        None,
        description="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; default: by `tls` and `sasl_…`.",
    )
    send_buffer_bytes: int | None = Field(None, ge=1024, le=LARGEST_REQUEST, description="SO_SNDBUF.")
    sock_chunk_buffer_count: int | None = Field(
        None, ge=1, le=1_000_000, description="Number of reads from the socket at a time."
    )
    sock_chunk_bytes: int | None = Field(None, ge=1, le=LARGEST_REQUEST, description="Bytes per read.")
    ssl_cafile: ExistingFile | None = Field(None, description="As `tls.ca_certs`.")
    ssl_certfile: ExistingFile | None = Field(None, description="As `tls.certfile`.")
    ssl_check_hostname: bool | None = Field(None, description="As `tls.check_hostname`.")
    ssl_ciphers: Word | None = Field(None, description="As `tls.ciphers`.")
    ssl_crlfile: ExistingFile | None = Field(None, description="Revoked certificates (PEM).")
    ssl_keyfile: ExistingFile | None = Field(None, description="As `tls.keyfile`.")
    ssl_password: SecretStr | None = Field(
        None, description="The password of `ssl_keyfile`, if it is encrypted."
    )


class KafkaClient(KafkaConnection):
    """kafka-python's parameters of a producer."""

    acks: Annotated[Literal[0, 1, "all"], AnyCase(**{"-1": "all"})] | None = Field(
        None, description="Instead of `consistency`: 0, 1 or all."
    )
    batch_size: int | None = Field(None, ge=0, le=LARGEST_REQUEST, description="Bytes per batch.")
    buffer_memory: int | None = Field(
        None, ge=1024, le=LARGEST_REQUEST, description="Bytes that may wait in the client."
    )
    compression_type: Annotated[Literal["none", "gzip", "zstd", "lz4", "snappy"], AnyCase()] | None = Field(
        None, description="Kafka's compression; it does not make a JPEG smaller."
    )
    connection_timeout_ms: Milliseconds | None = Field(
        None, description="Wait for a connection; default: `request_timeout_ms`."
    )
    enable_idempotence: bool | None = Field(
        None,
        description="true: no frame twice or out of order on a connection, with acks: all; "
        "needs `client: confluent`.",
    )
    linger_ms: int | None = Field(None, ge=0, le=60_000, description="Wait for more messages in a batch.")
    max_block_ms: Milliseconds | None = Field(None, description="Wait for a topic's metadata; default: 5000.")
    max_in_flight_requests_per_connection: int | None = Field(
        None, ge=1, le=100, description="Maximum number of unanswered requests."
    )
    max_request_size: int | None = Field(
        None,
        ge=10_000,
        le=LARGEST_REQUEST,
        description="Largest message in bytes; default: 1048576. 4K pictures need more.",
    )
    retries: int | None = Field(
        None, ge=0, le=1000, description="Retries of a message on a connection; default: 3."
    )
