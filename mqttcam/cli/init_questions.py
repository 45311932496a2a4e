"""The questions of `mqttcam init` in the terminal; what an option answers is not asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mqttcam.camera.trial import TrialFailed
from mqttcam.cli.init_options import GivenAnswers
from mqttcam.cli.outcome import UsageError
from mqttcam.cli.prompts import ask, ask_secret, ask_text, ask_yes, choose, say
from mqttcam.settings.settings import default_node
from mqttcam.setup.answers import (
    BrokerLogin,
    CameraAnswer,
    InvalidAnswer,
    SetupAnswers,
    User,
    broker_answer,
    camera_id_answer,
    id_for,
    node_answer,
    source_answer,
    user_answer,
)
from mqttcam.setup.broker_login import LoginFailed, check_login
from mqttcam.setup.brokers import SEARCH_SECONDS, find_brokers
from mqttcam.setup.cameras import (
    PICTURE_SECONDS,
    TEST_PATTERN,
    FoundCamera,
    find_cameras,
    take_picture,
)
from mqttcam.setup.extras import missing_extra
from mqttcam.web.passwords import MAX_PASSWORD, hash_password

_NETWORK_CAMERA = "a network camera, by its address"


def ask_answers(given: GivenAnswers, *, test: bool) -> SetupAnswers:
    """Ask everything that `given` leaves open.

    Args:
        test: whether to connect to the broker, and to take a picture of each camera.

    Raises:
        UsageError: the input has ended, or an option needs a package that is not installed.
    """
    say("mqttcam init: a few questions, then the configuration is written. Enter takes what is in brackets.")
    node = given.node or ask("\nName of this machine in topics", default_node(), node_answer)
    cameras = given.cameras if given.cameras is not None else _ask_cameras(test=test)
    broker = given.broker if given.broker is not None else _ask_broker(test=test)
    user, port = _ask_page(given)
    recordings = given.recordings
    if recordings is None:
        recordings = bool(cameras) and _ask_recordings()
    assert isinstance(broker, BrokerLogin) or broker in ("embedded", "none")
    return SetupAnswers(node, cameras, broker, user, port, recordings)  # type: ignore[arg-type]


# cameras


def _ask_cameras(*, test: bool) -> list[CameraAnswer]:
    say("\nLooking for cameras on this machine (a few seconds) ...")
    found = find_cameras()
    if not found:
        say("No camera is attached to this machine, or it is in use (`mqttcam cameras` says more).")
    cameras: list[CameraAnswer] = []
    while True:
        used = [camera.source for camera in cameras]
        free = [one for one in found if one.source not in used]
        options = [one.model for one in free] + [_NETWORK_CAMERA, TEST_PATTERN.model]
        if cameras:
            options.insert(0, "no more cameras")
        chosen = choose("Camera", options) - (1 if cameras else 0)
        if chosen < 0:
            return cameras
        camera = _ask_camera(free, chosen, [one.id for one in cameras], test=test)
        if camera is not None:
            cameras.append(camera)
        say()


def _ask_camera(
    free: Sequence[FoundCamera], chosen: int, taken: Sequence[str], *, test: bool
) -> CameraAnswer | None:
    """Ask for the details of a camera; return None if it gives no picture and the user does not want it."""
    if chosen == len(free):
        source, size = _ask_address(), None
    else:
        found = [*free, TEST_PATTERN][min(chosen, len(free))]
        source, size = dict(found.source), found.size
    if test and not _shows_picture(source, size):
        return None
    name = ask("Name in Home Assistant", "Camera", _name)
    return CameraAnswer(
        ask("Id in topics", id_for(name, taken), lambda text: camera_id_answer(text, taken)),
        name,
        source,
        size,
    )


def _name(text: str) -> str:
    if not 1 <= len(text) <= 100:
        raise InvalidAnswer("name", "allowed: 1 to 100 characters")
    return text


def _ask_address() -> dict[str, object]:
    def check(text: str) -> dict[str, object]:
        source = source_answer(text)
        if source["type"] != "url":
            raise InvalidAnswer("source", "allowed: an address such as rtsp://camera.lan/stream")
        return source

    source = ask("Address (rtsp://… or http://…)", "", check)
    if "@" not in str(source["url"]):
        username = ask_text("User name (Enter: none)")
        if username:
            source |= {"username": username, "password": ask_secret("Password (not shown)")}
    return source


def _shows_picture(source: dict[str, object], size: str | None) -> bool:
    """Take a test picture; return whether it succeeds, or the user wants the camera without one."""
    say(f"Taking a test picture (up to {PICTURE_SECONDS:.0f} s) ...")
    try:
        picture = asyncio.run(take_picture(source, size))
    except (TrialFailed, InvalidAnswer) as error:
        say(f"  no picture: {error}")
        return ask_yes("Use this camera anyway?", default=False)
    say(f"  ok: a picture of {picture.width}x{picture.height}, {len(picture.jpeg) // 1000 or 1} kB")
    return True


# the broker


def _ask_broker(*, test: bool) -> BrokerLogin | str:
    say(f"\nLooking for MQTT brokers in the network ({SEARCH_SECONDS:.0f} s) ...")
    search = asyncio.run(find_brokers())
    if search.note:
        say(f"  {search.note}")
    if not search.brokers:
        say("  none found")
    addresses = [one.address for one in search.brokers]
    options = [f"{one.name}: {one.address}" for one in search.brokers] + ["another broker, by its address"]
    answers: list[str] = []
    if missing_extra("iotcore", "broker") is None:
        options.append("none yet: mqttcam's own broker, for everyone in the network, without a password")
        answers.append("embedded")
    if missing_extra("aiohttp", "web") is None:
        options.append("none: only the web page")
        answers.append("none")
    chosen = choose("Broker", options)
    if chosen > len(addresses):
        return answers[chosen - len(addresses) - 1]
    return _ask_login(addresses[chosen] if chosen < len(addresses) else None, test=test)


def _ask_login(address: str | None, *, test: bool) -> BrokerLogin:
    """Ask for the login until the broker accepts it, or the user keeps the login anyway."""
    usual = "homeassistant.local"
    username = ""
    while True:
        broker = broker_answer(address) if address else ask("Address of the broker", usual, broker_answer)
        if broker.username is None:
            username = ask_text(
                "User name (for the add-on Mosquitto broker: a user of Home Assistant; enter - for none)"
                if not username
                else "User name (enter - for none)",
                username or "-",
            )
            if username != "-":
                broker = replace(broker, username=username, password=ask_secret("Password (not shown)"))
        if broker.tls:
            file = ask_text("Certificate of the broker's authority, a PEM file (Enter: the system's)")
            broker = replace(broker, ca_file=Path(file).expanduser().absolute() if file else None)
        if not test or (problem := _login_problem(broker)) is None:
            return broker
        say(f"  refused: {problem}")
        if not ask_yes("Try other answers?", default=True):
            return broker
        usual, address = broker.where if not broker.tls else f"mqtts://{broker.where}", None
        username = "" if username == "-" else username


def _login_problem(broker: BrokerLogin) -> str | None:
    say(f"Logging in to {broker.where} ...")
    try:
        asyncio.run(check_login(broker.settings()))
    except (LoginFailed, InvalidAnswer) as error:
        return str(error)
    say("  ok: the broker accepts the login")
    return None


# the page and recordings


def _ask_page(given: GivenAnswers) -> tuple[User | None, int | None]:
    missing = missing_extra("aiohttp", "web")
    if given.user is not None:
        if missing:
            raise UsageError(f"--user: {missing}")
        return given.user, given.web_port
    if missing:
        say(f"\nNo web page: {missing}")
        return None, None
    say("\nThe web page can be opened on other machines if it has a user with a password.")
    name = ask("User name (enter - for none: the page is then for this machine only)", "admin", _user_or_none)
    if name is None:
        return None, given.web_port
    while True:
        password = ask_secret("Password (not shown)")
        if not 0 < len(password) <= MAX_PASSWORD:
            say(f"  allowed: 1 to {MAX_PASSWORD} characters")
        elif ask_secret("Repeat password") != password:
            say("  the two passwords differ")
        else:
            return User(name, hash_password(password)), given.web_port


def _user_or_none(text: str) -> str | None:
    return None if text == "-" else user_answer(text)


def _ask_recordings() -> bool:
    if missing := missing_extra("av", "video"):
        say(f"\nNo recordings: {missing}")
        return False
    return ask_yes("\nRecord a video when something moves?", default=True)
