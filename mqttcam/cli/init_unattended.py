"""`mqttcam init --yes`: options and defaults, without a question."""

from __future__ import annotations

import asyncio

from mqttcam.camera.trial import TrialFailed
from mqttcam.cli.init_options import GivenAnswers
from mqttcam.cli.outcome import CommandFailed, UsageError
from mqttcam.cli.prompts import say
from mqttcam.settings.settings import default_node
from mqttcam.setup.answers import (
    BrokerLogin,
    CameraAnswer,
    InvalidAnswer,
    SetupAnswers,
    broker_answer,
    id_for,
)
from mqttcam.setup.broker_login import LoginFailed, check_login
from mqttcam.setup.brokers import find_brokers
from mqttcam.setup.cameras import find_cameras, take_picture
from mqttcam.setup.extras import missing_extra


def default_answers(given: GivenAnswers, *, test: bool) -> SetupAnswers:
    """Return the answers of options, and the defaults of the others.

    Raises:
        UsageError: there is no default, or an answer needs a package that is not installed.
        CommandFailed: a camera or the broker failed the test.
    """
    cameras = given.cameras if given.cameras is not None else _attached()
    broker = given.broker if given.broker is not None else _found_broker()
    has_web = missing_extra("aiohttp", "web") is None
    for wanted, option, library, extra in (
        (given.user is not None, "--user", "aiohttp", "web"),
        (broker == "none", "--broker none", "aiohttp", "web"),
        (broker == "embedded", "--broker embedded", "iotcore", "broker"),
        (bool(given.recordings), "--recordings", "av", "video"),
    ):
        if wanted and (missing := missing_extra(library, extra)):
            raise UsageError(f"{option}: {missing}")
    if test:
        for camera in cameras:
            _test_camera(camera)
        if isinstance(broker, BrokerLogin):
            _test_broker(broker)
    return SetupAnswers(
        given.node or default_node(),
        cameras,
        broker,  # type: ignore[arg-type]
        given.user,
        given.web_port if has_web else None,
        bool(given.recordings),
    )


def _attached() -> list[CameraAnswer]:
    cameras: list[CameraAnswer] = []
    for found in find_cameras():
        taken = [one.id for one in cameras]
        name = "Camera" if not taken else f"Camera {len(taken) + 1}"
        cameras.append(CameraAnswer(id_for(name, taken), name, found.source, found.size))
    if not cameras:
        raise UsageError(
            "--camera is not given, and no camera is attached; allowed: --camera test, or an address such as "
            "--camera rtsp://camera.lan/stream"
        )
    return cameras


def _found_broker() -> BrokerLogin:
    search = asyncio.run(find_brokers())
    if len(search.brokers) == 1:
        return broker_answer(search.brokers[0].address)
    found = ", ".join(one.address for one in search.brokers)
    what = f"there are several: {found}" if found else "none was found"
    note = f" ({search.note})" if search.note else ""
    raise UsageError(
        f"--broker is not given, and {what}{note}; allowed: --broker mqtt://USER@HOST, embedded, or none"
    )


def _test_camera(camera: CameraAnswer) -> None:
    try:
        picture = asyncio.run(take_picture(camera.source, camera.size))
    except (TrialFailed, InvalidAnswer) as error:
        raise CommandFailed(
            f"--camera {camera.id}: no picture: {error} (--no-test writes the file anyway)"
        ) from None
    say(f"camera {camera.id}: ok, a picture of {picture.width}x{picture.height}")


def _test_broker(broker: BrokerLogin) -> None:
    try:
        asyncio.run(check_login(broker.settings()))
    except LoginFailed as error:
        option = "--password-file" if error.field == "username" and broker.password_file else "--broker"
        option = "--ca-file" if error.field == "ca_file" else option
        raise CommandFailed(f"{option}: {broker.where}: {error} (--no-test writes the file anyway)") from None
    except InvalidAnswer as error:
        option = {"password_file": "--password-file", "ca_file": "--ca-file"}.get(error.field, "--broker")
        raise UsageError(f"{option}: {error}") from None
    say(f"broker {broker.where}: ok, it accepts the login")
