"""The web server: its address, users, tokens and proxies."""

import ipaddress
import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from mqttcam.settings.field_types import ExistingFile, Host, ListenPort, Network
from mqttcam.settings.section import AnyCase, Section, refuse

Role = Literal["admin", "viewer"]
Anonymous = Literal["none", "live"]

MIN_TOKEN = 20
"""Characters; wrong guesses of a token are not delayed, so it has to be long."""
MAX_HASH_MEMORY = 64 * 2**20
"""Bytes that checking a password may use (128 x n x r, RFC 7914)."""
_HASH = re.compile(r"scrypt:(\d{1,8}):(\d{1,3}):(\d{1,3}):[A-Za-z0-9_-]{16,}:[A-Za-z0-9_-]{32,}")
_NOT_A_HASH = "the line that `mqttcam password` prints"
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]*-]+")


def is_loopback(host: str) -> bool:
    """Return whether an address to listen on can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _password_hash(secret: SecretStr) -> SecretStr:
    match = _HASH.fullmatch(secret.get_secret_value())
    if match is None:
        raise refuse("is not a password hash", _NOT_A_HASH)
    n, r, p = map(int, match.groups())
    if n < 2 or n & (n - 1) or not r or not p or p > 16 or 128 * n * r > MAX_HASH_MEMORY:
        raise refuse("is a password hash with unsuitable parameters", _NOT_A_HASH)
    return secret


def _token(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if len(text) < MIN_TOKEN or not text.isascii() or not text.isprintable() or " " in text:
        raise refuse(
            "is too short or has invalid characters", f"at least {MIN_TOKEN} ASCII characters without spaces"
        )
    return secret


def _prefix(text: str) -> str:
    plain = text.rstrip("/")
    if not _PREFIX.fullmatch(plain):
        raise refuse("is not a path", "such as /cameras")
    return plain


def _web_origin(text: str) -> str:
    if not _ORIGIN.fullmatch(text):
        raise refuse("is not a web origin", "such as http://homeassistant.local:8123")
    return text


class WebUser(Section):
    """A user who logs in with name and password."""

    password_hash: Annotated[SecretStr, AfterValidator(_password_hash)] = Field(
        description="The output of `mqttcam password`; never the password itself."
    )
    role: Annotated[Role, AnyCase()] = Field(
        "admin", description="`viewer`: sees everything but changes nothing."
    )


class WebToken(Section):
    """A program that sends `Authorization: Bearer <token>`."""

    token: Annotated[SecretStr, AfterValidator(_token)] = Field(
        description=f"At least {MIN_TOKEN} random characters, such as the output of `openssl rand -hex 32`."
    )
    role: Annotated[Role, AnyCase()] = Field("viewer", description="`admin`: may also make changes.")


class WebTlsSettings(Section):
    """HTTPS."""

    cert_file: ExistingFile = Field(description="The certificate and its chain (PEM).")
    key_file: ExistingFile = Field(description="The certificate's key (PEM), not encrypted.")


UserName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._@-]{1,64}$")]


class WebSettings(Section):
    """The web page, MJPEG streams, HTTP API, health and metrics."""

    enabled: bool = Field(False, description="true: run the web server.")
    host: Host = Field(
        "127.0.0.1", description="Address to listen on; 0.0.0.0: every interface; `::`: IPv6 as well."
    )
    port: ListenPort = Field(8080, description="Port to listen on; 0: any free one.")
    users: dict[UserName, WebUser] = Field(
        default_factory=dict, description="The users who may log in, by name."
    )
    tokens: dict[UserName, WebToken] = Field(
        default_factory=dict, description="Programs that may log in, by a name of your choice."
    )
    anonymous: Annotated[Anonymous, AnyCase()] = Field(
        "none",
        description="`live`: everyone who can reach the address sees live pictures without a login, and nothing else.",
    )
    allow_unauthenticated: bool = Field(
        False,
        validate_default=True,
        description="true: without users and tokens, everyone who can reach the address sees and changes everything. "
        "To let everyone only look, use `anonymous: live`.",
    )
    edit: bool = Field(
        False,
        validate_default=True,
        description="true: admins may add, change and remove cameras on the page, which changes this file.",
    )
    tls: WebTlsSettings | None = Field(None, description="HTTPS; default: HTTP.")
    path_prefix: Annotated[str, AfterValidator(_prefix)] = Field(
        "",
        max_length=200,
        description="The path under which a proxy serves mqttcam, if the proxy does not strip it.",
    )
    public_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=300)] | None = (
        Field(None, description="The address that users open, if it differs (a proxy, a DNS name).")
    )
    hosts: tuple[Host, ...] = Field(
        (), description="Additional host names of this machine; only needed without users and tokens."
    )
    trusted_proxies: tuple[Network, ...] = Field(
        (), description="Proxies whose X-Forwarded-For header is trusted."
    )
    trusted_networks: tuple[Network, ...] = Field(
        (),
        description="Clients that need no login, such as Home Assistant's ingress (172.30.32.2), which has its own.",
    )
    frame_ancestors: tuple[Annotated[str, AfterValidator(_web_origin)], ...] = Field(
        (), description="Other sites that may embed the page in a frame, such as a dashboard."
    )
    history: int = Field(10, ge=0, le=50, description="Snapshots per camera kept in memory.")
    max_viewers: int = Field(32, ge=1, le=1000, description="Maximum number of concurrent streams.")

    @field_validator("allow_unauthenticated")
    @classmethod
    def _login_unless_loopback(cls, allowed: bool, info: ValidationInfo) -> bool:
        host = info.data.get("host", "")
        all_valid = {"enabled", "host", "users", "tokens", "anonymous"} <= info.data.keys()
        if all_valid and allowed and info.data["anonymous"] != "none":
            raise refuse(
                "contradicts `anonymous: live`: everyone would also change everything", "one of the two"
            )
        if not all_valid or not info.data["enabled"] or allowed or is_loopback(host):
            return allowed
        if info.data["anonymous"] == "none" and not info.data["users"] and not info.data["tokens"]:
            raise refuse(
                f"host {host} lets everyone on the network see and change the cameras",
                "`users` or `tokens`, `anonymous: live` (pictures alone), a loopback host, "
                "or `allow_unauthenticated: true`",
            )
        return allowed

    @field_validator("edit")
    @classmethod
    def _not_by_everyone(cls, edit: bool, info: ValidationInfo) -> bool:
        data = info.data
        everyone = data.get("allow_unauthenticated") and not data.get("users") and not data.get("tokens")
        if edit and everyone and not is_loopback(data.get("host", "")):
            raise refuse(
                "would let everyone on the network add and remove cameras",
                "`users` or `tokens`, or a loopback host",
            )
        return edit
