"""Every command gets exactly one result: arguments, request ids, error codes, limits."""

from __future__ import annotations

import asyncio

import pytest

from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraUnavailable
from mqttcam.commands.command import Command, command
from mqttcam.commands.request import MAX_PAYLOAD, Request
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.errors import Code, CommandError
from mqttcam.devices.node import Node
from mqttcam.settings import SettingsError
from mqttcam.settings.document.problems import Problem
from mqttcam.values import InvalidValue
from tests.support.devices import opened
from tests.support.lamp import LAMP, Lamp, ask, lamp_commands, refused


@pytest.fixture
def lamp() -> Lamp:
    return Lamp()


# arguments


@pytest.mark.parametrize(
    ("body", "call"),
    [
        (b"green", ("Green", 50)),
        ({"colour": "RED"}, ("Red", 50)),
        ({"colour": "red", "level": "7"}, ("Red", 7)),
        (b' {"colour": "red", "level": 7}\n', ("Red", 7)),
    ],
)
async def test_arguments(lamp: Lamp, body: object, call: object) -> None:
    assert (await ask(lamp, "shine", body))["ok"] is True
    assert lamp.calls == [call]


async def test_a_command_without_arguments_accepts_any_plain_text(lamp: Lamp) -> None:
    for body in (b"", b"PRESS", b"ON", b"\xff\x00"):
        assert (await ask(lamp, "flash", body))["ok"] is True
    assert len(lamp.calls) == 4


async def test_the_declaration_follows_from_the_signature() -> None:
    assert (LAMP["shine"].help, LAMP["shine"].required) == ("Switch it on.", ("colour",))
    assert list(LAMP["shine"].arguments) == ["colour", "level"]
    assert LAMP["flash"].from_request == {"request_id"}
    assert not LAMP["shine"].from_request


# the request id


@pytest.mark.parametrize("request_id", ["x", "", "玄関", 7, 1.5, True, "y" * 256])
async def test_the_result_has_the_request_id_unchanged(lamp: Lamp, request_id: object) -> None:
    assert (await ask(lamp, "flash", {"request_id": request_id}))["request_id"] == request_id
    assert lamp.calls == [request_id]
    answer = await ask(lamp, "no such", {"request_id": request_id})
    assert (answer["ok"], answer["request_id"]) == (False, request_id)


@pytest.mark.parametrize("request_id", [[], {}, ["x"], "y" * 257])
async def test_an_invalid_request_id_is_refused(lamp: Lamp, request_id: object) -> None:
    error = await refused(lamp, "flash", {"request_id": request_id})
    assert (error["code"], error["field"]) == ("invalid_value", "request_id")
    assert len(error["message"]) < 120
    assert not lamp.calls


# every code


async def test_unknown_command(lamp: Lamp) -> None:
    error = await refused(lamp, "shin")
    assert (error["code"], error["field"], error["allowed"]) == (
        "unknown_command",
        "command",
        ["flash", "shine"],
    )
    assert "did you mean shine?" in error["message"]
    assert (await refused(Node("yard"), "set", {"a": 1}))["code"] == "unknown_command"


async def test_a_command_that_only_others_of_its_kind_have(lamp: Lamp) -> None:
    error = await refused(lamp, "dim")
    assert (error["code"], error["field"], error["allowed"]) == (
        "not_supported",
        "command",
        ["flash", "shine"],
    )


async def test_unknown_key(lamp: Lamp, device: CameraDevice) -> None:
    error = await refused(lamp, "shine", {"color": "red"})
    assert (error["code"], error["field"], error["allowed"]) == ("unknown_key", "color", ["colour", "level"])
    error = await refused(opened(device), "set", {"image_qualty": 3})
    assert (error["code"], error["field"]) == ("unknown_key", "image_qualty")
    assert "did you mean image_quality?" in error["message"]


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"x", b"{", b'{"a": NaN}', b'{"a": 1e999}', b"{}}"])
async def test_invalid_json(device: CameraDevice, body: bytes) -> None:
    assert (await refused(device, "set", body))["code"] == "invalid_json"


async def test_invalid_value(lamp: Lamp) -> None:
    error = await refused(lamp, "shine", {"colour": "red", "level": 101})
    assert (error["code"], error["field"], error["allowed"]) == (
        "invalid_value",
        "level",
        {"min": 0, "max": 100},
    )
    assert (await refused(lamp, "shine", b"\xff"))["code"] == "invalid_value"
    error = await refused(lamp, "shine", {"level": 1})
    assert (error["code"], error["field"], error["allowed"]) == ("invalid_value", "colour", ["Red", "Green"])
    assert not lamp.calls


async def test_retained_takes_precedence_over_other_errors(lamp: Lamp) -> None:
    for body in (b"", {"request_id": 3}, b"{", b"x" * (MAX_PAYLOAD + 1)):
        assert (await refused(lamp, "flash", body, retained=True))["code"] == "retained"
    assert (await ask(lamp, "flash", {"request_id": 3}, retained=True))["request_id"] == 3
    assert not lamp.calls


async def test_too_large(lamp: Lamp, device: CameraDevice) -> None:
    error = await refused(lamp, "flash", b"x" * (MAX_PAYLOAD + 1))
    assert (error["code"], error["allowed"]) == ("too_large", {"max_bytes": MAX_PAYLOAD})
    assert (await refused(device, "set", b"1" * (MAX_PAYLOAD + 1), key="image_fps"))["code"] == "too_large"
    assert (await ask(lamp, "flash", b"x" * MAX_PAYLOAD))["ok"] is True


async def test_not_supported(device: CameraDevice) -> None:
    error = await refused(device, "set", {"fps": 3})
    assert (error["code"], error["field"]) == ("not_supported", "fps")
    assert "image_fps" in error["allowed"]
    assert "fps" not in error["allowed"]


async def test_unavailable_while_the_controls_are_not_known(device: CameraDevice) -> None:
    error = await refused(device, "set", {"brightness": 0.1})
    assert (error["code"], error["field"]) == ("unavailable", "brightness")


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (SourceError("gone"), "unavailable"),
        (CameraUnavailable("off"), "unavailable"),
        (CommandError(Code.TOO_LARGE, "no"), "too_large"),
        (InvalidValue("no", [1]), "invalid_value"),
        (SettingsError([Problem("config.yaml", 1, "a.b", "is bad", "good")]), "invalid_value"),
        (RuntimeError("a bug"), "internal"),
        (OSError(28, "No space left on device"), "internal"),
    ],
)
async def test_every_exception_has_a_code(lamp: Lamp, problem: Exception, code: str) -> None:
    lamp.problem = problem
    answer = await ask(lamp, "flash", {"request_id": "x"})
    assert (answer["error"]["code"], answer["request_id"]) == (code, "x")


async def test_a_settings_problem_without_a_key_has_no_field(lamp: Lamp) -> None:
    lamp.problem = SettingsError([Problem("config.yaml", 1, "", "no YAML")])
    assert (await refused(lamp, "flash"))["field"] is None


async def test_the_codes_are_those_of_the_interface() -> None:
    assert {code.value for code in Code} == {
        *("unknown_command", "unknown_key", "invalid_json", "invalid_value", "not_supported"),
        *("busy", "unavailable", "retained", "too_large", "internal"),
    }


# order


async def test_too_many_waiting_commands_are_refused_and_the_others_carried_out(lamp: Lamp) -> None:
    go = asyncio.Event()
    waiting: dict[str, Command[Lamp]] = {}

    @command(waiting)
    async def wait(lamp: Lamp) -> None:
        await go.wait()
        lamp.calls.append("done")

    runner = CommandRunner(lamp, lambda _lamp: waiting)
    runs = [asyncio.create_task(runner.run(Request("wait"))) for _ in range(70)]
    early, _ = await asyncio.wait(runs, return_when=asyncio.FIRST_COMPLETED)
    assert {run.result().error.code for run in early if run.result().error} == {Code.BUSY}  # type: ignore[union-attr]
    go.set()
    results = await asyncio.gather(*runs)
    good = [result for result in results if result.error is None]
    assert len(good) == len(lamp.calls) == 64
    assert (await runner.run(Request("wait"))).error is None


async def test_refuse_returns_a_result_with_the_request_id(lamp: Lamp) -> None:
    result = (
        CommandRunner(lamp, lamp_commands)
        .refuse(Request("flash", b'{"request_id": "x"}'), CommandError(Code.UNAVAILABLE, "too late"))
        .as_json()
    )
    assert (result["ok"], result["request_id"]) == (False, "x")
    assert not lamp.calls
