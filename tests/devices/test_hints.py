"""What a problem says is wrong, and what to do about it."""

from __future__ import annotations

import ast
import errno
import os
from collections.abc import Iterator

import pytest

from mqttcam.devices.hints import BROKER, CAMERAS, DAEMON, KAFKA, TCP, Hint, explain
from tests.support.project import PROJECT


@pytest.mark.parametrize(
    ("problem", "tables", "what", "hint"),
    [
        pytest.param("the fan is loud", (BROKER,), "the fan is loud", None, id="unknown"),
        pytest.param("the fan is loud; clean it", (BROKER,), "the fan is loud", "Clean it.", id="in the text"),
        pytest.param(
            "MQTT hub:1883: Connection refused: is the broker running, and is mqtt.port right?",
            (BROKER,),
            "MQTT hub:1883: Connection refused",
            "Nothing listens on mqtt.host and mqtt.port. Start the broker, or correct them.",
            id="the table replaces a question",
        ),
        pytest.param(
            "/dev/video0 cannot be opened: permission denied; add the user to the group video",
            (CAMERAS,),
            "/dev/video0 cannot be opened: permission denied",
            "sudo usermod -aG video $USER, then log in again. The systemd service is in the group already.",
            id="the table replaces what follows",
        ),
        pytest.param(
            "recordings: /mnt/a: its disk is not mounted at /mnt; to use another one, delete /var/disk",
            (DAEMON,),
            "recordings: /mnt/a: its disk is not mounted at /mnt",
            "Mount the disk of the recordings. Until then, nothing is recorded. "
            "To use another one, delete /var/disk.",
            id="the table comes before what else to do",
        ),
        pytest.param(
            "no answer from the broker for 15 s", (BROKER,), "no answer from the broker for 15 s", None,
            id="tables are those of the part",
        ),
    ],
)  # fmt: skip
def test_a_problem_and_its_hint(
    problem: str, tables: tuple[object, ...], what: str, hint: str | None
) -> None:
    assert explain(problem, *tables) == (what, hint)  # type: ignore[arg-type]


def test_links_and_code_are_plain_text() -> None:
    for hint in (*BROKER, *CAMERAS, *KAFKA, *TCP, *DAEMON):
        assert not set(hint.plain) & set("`[]")


def _messages(folder: str, *makers: str) -> Iterator[str]:
    """What modules give to these exceptions and methods, or these functions return; `…` is a value."""
    for path in sorted((PROJECT / "mqttcam" / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in makers and node.args:
                yield from _texts(node.args[0])
            elif isinstance(node, ast.FunctionDef) and node.name in makers:
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Return) and inner.value is not None:
                        yield from _texts(inner.value)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _texts(value: ast.expr) -> Iterator[str]:
    match value:
        case ast.Constant(str(text)):
            yield text
        case ast.JoinedStr(parts):
            texts = [str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts]
            yield "".join(texts)
        case ast.IfExp(_, one, other):
            yield from _texts(one)
            yield from _texts(other)
        case ast.BoolOp(_, values):
            for each in values:
                yield from _texts(each)


def _values(module: str, name: str) -> Iterator[str]:
    """The texts of a dictionary in a module."""
    tree = ast.parse((PROJECT / "mqttcam" / module).read_text(encoding="utf-8"))
    for node in tree.body:
        if (
            isinstance(node, ast.Assign)
            and _name(node.targets[0]) == name
            and isinstance(node.value, ast.Dict)
        ):
            for value in node.value.values:
                yield from _texts(value)


_OF_A_REQUEST = (
    "this camera takes no pictures in full resolution",
    "this camera provides no encoded video",
    "this camera gives no H.264 in its present format",
    "the camera is not open",
    "the camera sends neither H.264 nor H.265",
    "no still picture: …",
    "no still picture: it did not arrive in time",
    "the shared connection has ended",
)
"""They answer one request or are over at once, and are never a problem."""
_KNOWN_BY_THEIR_VALUES = ("recordings: …: …", "… has no ……")
"""A value of theirs has the words that the table knows."""
_OF_THE_SYSTEM = [os.strerror(number) for number in (errno.EACCES, errno.EIO, errno.ENOSPC, errno.EROFS)]


@pytest.mark.parametrize(
    ("table", "messages"),
    [
        (
            CAMERAS,
            [*_messages("camera", "SourceError", "SourceEnded", "_reason", "_refusal"), "Permission denied"],
        ),
        (
            KAFKA,
            [
                *_messages("outputs/kafka", "WriterFailed"),
                *_values("kafka/errors.py", "_TEXTS"),
                *_values("kafka/log.py", "_TEXTS"),
                *_values("outputs/kafka/confluent_errors.py", "_TEXTS"),
            ],
        ),
        (TCP, ["no connection to …: …", "…: the listener has closed the connection", "…: Broken pipe"]),
        (
            BROKER,
            [
                *_messages("mqtt", "ConnectionFailure", "BrokerError"),
                *_values("mqtt/failures.py", "_PERMANENT"),
            ],
        ),
        (
            DAEMON,
            [
                *_messages("series", "_set_problem"),
                *_messages("recordings", "failed", "fail", "set_problem", "_set_no_answer"),
                *_messages("video", "VideoUnavailable"),
                *_OF_THE_SYSTEM,
            ],
        ),
    ],
    ids=["cameras", "Kafka", "TCP", "broker", "daemon"],
)
def test_every_problem_has_a_hint(table: tuple[Hint, ...], messages: list[str]) -> None:
    """What a newcomer can do is in the message itself, or in the table."""
    words = {text for text in messages if any(map(str.isalpha, text.replace("…", "")))} - {
        *_OF_A_REQUEST,
        *_KNOWN_BY_THEIR_VALUES,
    }
    assert [text for text in sorted(words) if explain(text, table)[1] is None] == []
