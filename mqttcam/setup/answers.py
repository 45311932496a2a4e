"""The answers that a configuration is written from, each checked by itself."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import unquote, urlsplit

from mqttcam.settings import CameraSettings, MqttSettings, SettingsError
from mqttcam.settings.cameras import NODE_TOPICS
from mqttcam.settings.loading.json_section import section_from_json
from mqttcam.settings.mqtt import PORT, TLS_PORT
from mqttcam.settings.section import Section
from mqttcam.settings.sources.url import URL_SCHEMES
from mqttcam.text import MAX_ID, host_and_port, is_id, slug

_USER = re.compile(r"[A-Za-z0-9._@-]{1,64}")
WITHOUT_BROKER = ("embedded", "none")
"""Answers in place of a broker's address: mqttcam's own broker, or no MQTT."""


ModelT = TypeVar("ModelT", bound=Section)


class InvalidAnswer(Exception):
    """An answer that cannot be used; `field` names it, as in `SetupAnswers` or `BrokerLogin`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class CameraAnswer:
    """A camera.

    Attributes:
        source: what to write under `source`.
        size: width x height; None for the source's own.
    """

    id: str
    name: str
    source: Mapping[str, object]
    size: str | None = None


@dataclass(frozen=True, slots=True)
class BrokerLogin:
    """A broker, and the login there.

    Attributes:
        port: None for the default.
        password_file: the file with the password, in place of `password`.
        ca_file: the certificate of the authority for TLS; None for those of the system.
    """

    host: str
    port: int | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    password_file: Path | None = None
    tls: bool = False
    ca_file: Path | None = None

    @property
    def where(self) -> str:
        """Host and port."""
        return host_and_port(self.host, self.port or (TLS_PORT if self.tls else PORT))

    def section(self) -> dict[str, object]:
        """Return the section `mqtt` of the configuration."""
        tls: object = {"ca_file": str(self.ca_file)} if self.ca_file is not None else True
        known = {
            "host": self.host,
            "port": self.port,
            "username": self.username,
            "password": self.password,
            "password_file": None if self.password_file is None else str(self.password_file),
            "tls": tls if self.tls else None,
        }
        return {key: value for key, value in known.items() if value is not None}

    def settings(self) -> MqttSettings:
        """Return the settings to connect with.

        Raises:
            InvalidAnswer: one of the answers is not valid.
        """
        return _valid(MqttSettings, self.section())


@dataclass(frozen=True, slots=True)
class User:
    """The first user of the page."""

    name: str
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetupAnswers:
    """All answers.

    Attributes:
        user: None for a page without a login, on this machine only.
        web_port: the port of the page; None for no page.
        recordings: whether all cameras record motion.
    """

    node: str
    cameras: Sequence[CameraAnswer]
    broker: BrokerLogin | Literal["embedded", "none"]
    user: User | None = None
    web_port: int | None = None
    recordings: bool = False


def node_answer(text: str) -> str:
    """Return a valid node.

    Raises:
        InvalidAnswer: it is not a valid id.
    """
    return _id(text, "node")


def camera_id_answer(text: str, taken: Sequence[str] = ()) -> str:
    """Return a valid camera id that none of the others has.

    Raises:
        InvalidAnswer: it is not valid, is taken, or is reserved.
    """
    camera_id = _id(text, "id")
    if camera_id in taken:
        raise InvalidAnswer("id", f"another camera has the id {camera_id}")
    if camera_id in NODE_TOPICS:
        raise InvalidAnswer("id", f"{camera_id} is reserved for a topic of the node: choose another id")
    return camera_id


def user_answer(text: str) -> str:
    """Return a valid user name.

    Raises:
        InvalidAnswer: it is not valid.
    """
    name = text.strip()
    if not _USER.fullmatch(name):
        raise InvalidAnswer("user", "is not a user name; allowed: 1 to 64 of A-Z, a-z, 0-9, ., _, @ and -")
    return name


def id_for(name: str, taken: Sequence[str] = ()) -> str:
    """Return a free camera id for a displayed name: `front-door` for `Front door`, `kuche` for `Küche`."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    base = slug(ascii_name)[: MAX_ID - 4] or "camera"
    number, found = 1, base
    while found in taken or found in NODE_TOPICS:
        number += 1
        found = f"{base}-{number}"
    return found


def source_answer(text: str) -> dict[str, object]:
    """Return the source for `test`, `usb`, `usb:/dev/video0`, `pi`, `pi:0`, or the address of a network camera.

    Raises:
        InvalidAnswer: it is none of them.
    """
    kind, colon, rest = text.strip().partition(":")
    source: dict[str, object]
    if kind == "test" and not colon:
        source = {"type": "test_pattern"}
    elif kind == "usb":
        source = {"type": "v4l2", "device": rest} if rest else {"type": "v4l2"}
    elif kind == "pi":
        source = {"type": "picamera2", "camera": int(rest) if rest.isdecimal() else rest or 0}
    elif kind.lower() in URL_SCHEMES and rest.startswith("//"):
        source = {"type": "url", "url": text.strip()}
    else:
        allowed = "test, usb, usb:/dev/video0, pi, pi:0, or an address such as rtsp://camera.lan/stream"
        raise InvalidAnswer("source", f"is no camera; allowed: {allowed}")
    check_source(source)
    return source


def check_source(source: Mapping[str, object], size: str | None = None) -> CameraSettings:
    """Return the settings of a camera with this source.

    Raises:
        InvalidAnswer: the source or the size is not valid.
    """
    return _valid(CameraSettings, {"source": dict(source)} | ({"size": size} if size else {}))


def broker_answer(text: str) -> BrokerLogin:
    """Return the broker for `host`, `host:port`, `mqtt://user:password@host:port` or `mqtts://…`.

    Raises:
        InvalidAnswer: it is no address of a broker.
    """
    text = text.strip()
    scheme, mark, _ = text.partition("://")
    if mark and scheme.lower() not in ("mqtt", "mqtts", "tcp", "ssl"):
        raise InvalidAnswer("broker", f"{scheme}:// is not supported; allowed: mqtt:// and mqtts:// (TLS)")
    try:
        parts = urlsplit(text if mark else f"mqtt://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise InvalidAnswer("broker", "is no address of a broker; allowed: HOST, HOST:PORT, mqtt://USER@HOST")
    tls = scheme.lower() in ("mqtts", "ssl") if mark else port == TLS_PORT
    username = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    login = BrokerLogin(host, port, username, password, tls=tls)
    login.settings()
    return login


def _id(text: str, field: str) -> str:
    found = text.strip()
    if not is_id(found) or len(found) > MAX_ID:
        near = slug(found)
        hint = f"; such as {near}" if near else ""
        raise InvalidAnswer(field, f"allowed: 1 to {MAX_ID} of a-z, 0-9, _ and -{hint}")
    return found


def _valid(model: type[ModelT], data: Mapping[str, object]) -> ModelT:
    try:
        return section_from_json(model, dict(data))
    except SettingsError as error:
        problem = error.problems[0]
        allowed = f"; allowed: {problem.allowed}" if problem.allowed else ""
        raise InvalidAnswer(problem.key.rpartition(".")[2], f"{problem.message}{allowed}") from None
