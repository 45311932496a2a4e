"""The line, key and text of each problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.settings import CameraSettings, Problem, Settings, check_daemon
from mqttcam.settings.document.key_schema import keys_of
from tests.settings.cases import CAMERA, lines, problems, problems_of

MAPPING = "an unexpected `: ` or wrong indentation, allowed: quotes around text with `: `"
DOCUMENT = "a second document, allowed: one document, without `---` between its lines"
ALIAS = "an alias (`*`) without an anchor (`&`), allowed: quotes around text that starts with *"
TAG = "an unknown tag (`!`)"
_, *MISTAKES = (Path(__file__).parent / "mistakes.txt").read_text(encoding="utf-8").split("\n====\n")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes(tmp_path: Path, mistake: str) -> None:
    text, _, expected = mistake.partition("\n----\n")
    of_a_camera = ", ".join(keys_of(CameraSettings))
    found = [line.replace(of_a_camera, "(the camera's keys)") for line in lines(tmp_path, text)]
    assert found == expected.splitlines()


def test_all_at_once_in_the_order_of_the_lines_the_environment_last(tmp_path: Path) -> None:
    text = "log: {level: x}\nmqtt:\n  port: y\n  hosst: z\n  port: 1\ncameras:\n  a: {}\n"
    found = problems(tmp_path, text, {"MQTTCAM__WEB__PORT": "x", "MQTTCAM__NONSENSE": "1"})
    assert [(problem.line, problem.key) for problem in found] == [
        (1, "log.level"),
        (4, "mqtt.hosst"),
        (5, "mqtt.port"),
        (7, "cameras.a.source"),
        (None, "MQTTCAM__NONSENSE"),
        (None, "MQTTCAM__WEB__PORT"),
    ]


def test_given_twice_names_both_lines(tmp_path: Path) -> None:
    assert lines(tmp_path, "mqtt:\n  host: a\n  port: 1\n  host: b") == [
        "config.yaml:4: mqtt.host: given twice, first in line 2, allowed: once"
    ]
    assert lines(tmp_path, "mqtt: {host: a, host: b}") == [
        "config.yaml:1: mqtt.host: given twice, first in line 1, allowed: once"
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ": is empty, allowed: at least `mqtt:` and a camera"),
        ("# only this\n", ": is empty, allowed: at least `mqtt:` and a camera"),
        ("---\n", ": is empty, allowed: at least `mqtt:` and a camera"),
        ("- a\n- b\n", ":1: is a list, allowed: keys such as `mqtt:` and `cameras:`"),
        ("\nhello\n", ":2: is a single value, allowed: keys such as `mqtt:` and `cameras:`"),
        ("a: 1\n\tb: 2\n", ":2: a tab in the indentation (from line 1), allowed: spaces"),
        ("mqtt:\n\thost: 2\n", ":2: a tab in the indentation, allowed: spaces"),
        (b"a: 1\nb: \xff\n", ":2: byte 0xff is not UTF-8, allowed: UTF-8"),
        ("node: ä".encode("utf-16"), ": is UTF-16, allowed: UTF-8"),
        (b"a: 1\nb: \x00\n", ":2: the character 0x00 is not allowed in YAML"),
        ("ä: ä\nb: \x07", ":2: the character 0x07 is not allowed in YAML"),
        (b"\x1f\x8b\x08garbage", ":1: byte 0x8b is not UTF-8, allowed: UTF-8"),
        ("a: 1\n b: 2\n", f":2: {MAPPING}"),
        ("a: b: c\n", f":1: {MAPPING}"),
        ("a: x\nb\nc: 1\n", ":3: a line that is not `key: value` (from line 2)"),
        ("a: [1,\nb: 2\n", ":2: a bracket or brace that is not closed (from line 1)"),
        ('a: "x\n\n', ":2: a quote that is not closed (from line 1)"),
        ("a: @x\n", ":1: a character that cannot start a value, allowed: quotes around such text"),
        ('a: "\\q"\n', ":1: a \\ in double quotes, allowed: single quotes, or \\\\"),
        ("a: 1\n---\nb: 2\n", f":2: {DOCUMENT}"),
        ("a: *b\n", f":1: {ALIAS}"),
        ("? [a]\n: b\n", ":1: a key that is not text"),
        (f"a: {'[' * 5000}", ":1: too many levels, allowed: 20"),
        ("a" * (1 << 20) + "a", ": is too large, allowed: 1048576 bytes"),
    ],
)
def test_files_that_are_no_configuration(tmp_path: Path, text: str | bytes, line: str) -> None:
    assert lines(tmp_path, text) == [f"config.yaml{line}"]


def test_tags(tmp_path: Path) -> None:
    assert lines(tmp_path, "mqtt:\n  password: !secret pw\n") == [
        f"config.yaml:2: mqtt.password: {TAG}, allowed: `password_file: FILE` for a secret"
    ]
    assert lines(tmp_path, "node: !python/object:os.system x\n") == [
        f"config.yaml:1: node: {TAG}, allowed: quotes"
    ]
    assert lines(tmp_path, "node: !!str 12\nmqtt: !!map {port: !!int 12}\n") == []


def test_no_file(tmp_path: Path) -> None:
    assert [str(p) for p in problems_of(tmp_path / "no.yaml")] == [f"{tmp_path}/no.yaml: does not exist"]
    assert [str(p) for p in problems_of(tmp_path)] == [
        f"{tmp_path}: is a folder (Docker makes one where a mounted file is missing), allowed: a YAML file"
    ]
    assert [str(p) for p in problems_of(Path("a\0b"))] == [
        "a\\x00b: is not a path, allowed: a path without the character 0x00"
    ]
    assert [str(p) for p in problems_of(Path("/dev/zero"))] == [
        "/dev/zero: is too large, allowed: 1048576 bytes"
    ]


def test_unreadable_file() -> None:
    assert [str(p) for p in problems_of(Path("/dev/null/x"))] == [
        "/dev/null/x: cannot be read: Not a directory"
    ]


def test_a_problem_is_one_line() -> None:
    problem = Problem("a\nb.yaml", 3, "x\ty\x1b[31m", "is\r\nwrong\u2028", "a\x00b")
    assert str(problem) == r"a\nb.yaml:3: x\ty\x1b[31m: is\r\nwrong\u2028, allowed: a\x00b"
    assert str(Problem("f", None, "", "is wrong")) == "f: is wrong"


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    (line,) = lines(tmp_path, f"web: {{enabled: {'x' * 500}}}")
    assert (
        line
        == f"config.yaml:1: web.enabled: '{'x' * 57}...' is neither true nor false, allowed: true or false"
    )


def test_a_daemon_that_would_send_nothing(tmp_path: Path) -> None:
    (problem,) = check_daemon(Settings(), tmp_path / "c.yaml")
    assert (problem.file, problem.key) == (f"{tmp_path}/c.yaml", "mqtt")
    assert str(check_daemon(Settings())[0]) == (
        "configuration: mqtt: is missing, so nothing would be sent, allowed: "
        "`mqtt: {host: …}` (MQTTCAM__MQTT__HOST), `broker: {enabled: true}`, `web: {enabled: true}`, "
        "`kafka: {brokers: …, topic: …}` (SS_BROKERS and SS_TOPIC)"
    )
    for name in ("mqtt", "broker", "web"):
        section = {} if name == "mqtt" else {"enabled": True}
        assert check_daemon(Settings.model_validate({name: section})) == []


def test_no_camera_is_fine(tmp_path: Path) -> None:
    assert lines(tmp_path, "mqtt: {}\ncameras:\n") == []
    assert lines(tmp_path, CAMERA) == []
