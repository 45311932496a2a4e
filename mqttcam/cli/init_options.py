"""The answers that the options of `mqttcam init` give."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from mqttcam.cli.init_arguments import WEB_PORT
from mqttcam.cli.outcome import UsageError
from mqttcam.settings import default_name
from mqttcam.setup.answers import (
    WITHOUT_BROKER,
    BrokerLogin,
    CameraAnswer,
    InvalidAnswer,
    User,
    broker_answer,
    camera_id_answer,
    id_for,
    node_answer,
    source_answer,
    user_answer,
)
from mqttcam.text import is_id
from mqttcam.web.passwords import MAX_PASSWORD, hash_password

T = TypeVar("T")


class GivenAnswers(Struct, frozen=True):
    """The answers given as options; None for an option that is missing."""

    node: str | None
    cameras: list[CameraAnswer] | None
    broker: BrokerLogin | str | None
    user: User | None
    web_port: int
    recordings: bool | None


def given_answers(arguments: argparse.Namespace) -> GivenAnswers:
    """Return the answers in the options.

    Raises:
        UsageError: one is not valid; the message names the option.
    """
    port = WEB_PORT if arguments.web_port is None else arguments.web_port
    if not 1 <= port <= 65535:
        raise UsageError(f"--web-port {port}: is out of range; allowed: 1 to 65535")
    node = None if arguments.node is None else _named("--node", arguments.node, node_answer)
    return GivenAnswers(
        node,
        _cameras(arguments.camera, arguments.camera_name or []),
        _broker(arguments),
        _user(arguments),
        port,
        arguments.recordings,
    )


def _named(option: str, text: str, check: Callable[[str], T]) -> T:
    try:
        return check(text)
    except InvalidAnswer as error:
        raise UsageError(f"{option}: {error}") from None


def _cameras(specs: list[str] | None, names: list[str]) -> list[CameraAnswer] | None:
    if specs is None:
        if names:
            raise UsageError("--camera-name is given without --camera")
        return None
    sources: dict[str, dict[str, object]] = {}
    for spec in specs:
        camera_id, equals, rest = spec.partition("=")
        if not equals or not is_id(camera_id):
            camera_id, rest = id_for("camera", tuple(sources)), spec
        try:
            camera_id_answer(camera_id, tuple(sources))
            sources[camera_id] = source_answer(rest)
        except InvalidAnswer as error:
            raise UsageError(f"--camera: {error}") from None
    shown: dict[str, str] = {}
    for pair in names:
        camera_id, equals, name = pair.partition("=")
        if camera_id not in sources or not name:
            raise UsageError(f"--camera-name {pair}: allowed: ID=NAME, with an ID of {', '.join(sources)}")
        shown[camera_id] = name
    return [
        CameraAnswer(camera_id, shown.get(camera_id, default_name(camera_id)), source)
        for camera_id, source in sources.items()
    ]


def _broker(arguments: argparse.Namespace) -> BrokerLogin | str | None:
    if arguments.broker in (None, *WITHOUT_BROKER):
        for option in ("password_file", "ca_file"):
            if getattr(arguments, option) is not None:
                raise UsageError(
                    f"--{option.replace('_', '-')} is for --broker mqtt://USER@HOST or mqtts://…"
                )
        return arguments.broker  # type: ignore[no-any-return]
    login = _named("--broker", arguments.broker, broker_answer)
    password_file, ca_file = arguments.password_file, arguments.ca_file
    if ca_file is not None and not login.tls:
        raise UsageError("--ca-file is for a broker with TLS: --broker mqtts://…")
    if password_file is not None and login.username is None:
        raise UsageError("--password-file is given without a user: --broker mqtt://USER@HOST")
    return BrokerLogin(
        login.host,
        login.port,
        login.username,
        None if password_file is not None else login.password,
        password_file and password_file.absolute(),
        login.tls,
        ca_file and ca_file.absolute(),
    )


def _user(arguments: argparse.Namespace) -> User | None:
    name, file = arguments.user, arguments.user_password_file
    if name is None and file is None:
        return None
    if name is None or file is None:
        there, lacks = (
            ("--user", "--user-password-file") if file is None else ("--user-password-file", "--user")
        )
        raise UsageError(f"{there} is given without {lacks}")
    name = _named("--user", name, user_answer)
    try:
        password = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"--user-password-file {file}: {getattr(error, 'strerror', None) or error}"
        ) from None
    if not 0 < len(password) <= MAX_PASSWORD:
        raise UsageError(f"--user-password-file {file}: allowed: 1 to {MAX_PASSWORD} characters")
    return User(name, hash_password(password))
