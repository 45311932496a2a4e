"""How YAML is read: scalars, anchors, and malicious or odd documents."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import yaml

from mqttcam.settings import MqttSettings, Settings, TlsSettings, plain
from mqttcam.settings.document.tree import Origin
from mqttcam.settings.document.yaml_parser import LOADER, parse, resolve
from tests.settings.cases import lines, loaded

LOADERS = list(dict.fromkeys((LOADER, yaml.SafeLoader)))
"""libyaml's parser where PyYAML has it, and PyYAML's own."""


def mqtt_of(settings: Settings) -> MqttSettings:
    assert settings.mqtt is not None
    return settings.mqtt


@pytest.mark.parametrize("text", ["no", "on", "12", "012", "0o17", "1e3", "12_30", "true", "0x1f", "1-2"])
def test_text_stays_as_written(tmp_path: Path, text: str) -> None:
    lower = text.lower()
    yaml = f"node: {lower}\nmqtt: {{username: {text}, password: {text}, client_id: {text}}}\n"
    yaml += f"cameras: {{{lower}: {{name: {text}, source: {{type: file, path: /{text}}}}}}}\n"
    settings = loaded(tmp_path, yaml)
    mqtt = mqtt_of(settings)
    assert (settings.node, mqtt.username, plain(mqtt.password), mqtt.client_id) == (lower, text, text, text)
    assert settings.cameras[lower].name == text


@pytest.mark.parametrize("text", ["12:30", "2024-01-01", "1.10", "null and void", "a#b", "ä ö"])
def test_more_text_in_names(tmp_path: Path, text: str) -> None:
    settings = loaded(tmp_path, f"cameras: {{x: {{name: {text}, source: {{type: test_pattern}}}}}}")
    assert settings.cameras["x"].name == text


@pytest.mark.parametrize("word", ["yes", "on", "true", "True", "TRUE", "1", "'true'"])
def test_switches_on(tmp_path: Path, word: str) -> None:
    assert loaded(tmp_path, f"web: {{enabled: {word}}}").web.enabled is True


@pytest.mark.parametrize("word", ["no", "off", "false", "False", "FALSE", "0", '"no"'])
def test_switches_off(tmp_path: Path, word: str) -> None:
    assert loaded(tmp_path, f"home_assistant: {{enabled: {word}}}").home_assistant.enabled is False


def test_numbers(tmp_path: Path) -> None:
    text = "mqtt: {port: '1884', keepalive: 0x3c, protocol: 3.1.1}\ncameras: {x: {source: {type: picamera2, "
    text += "camera: 1}, rotation: 180, frame_rate: 1e1, size: [320, 240]}}"
    settings = loaded(tmp_path, text)
    mqtt, camera = mqtt_of(settings), settings.cameras["x"]
    assert (mqtt.port, mqtt.keepalive, mqtt.protocol) == (1884, 60, "3.1.1")
    assert (camera.rotation, camera.frame_rate, camera.size) == (180, 10.0, (320, 240))


def test_controls_are_values_of_yaml_1_2(tmp_path: Path) -> None:
    controls = "{A: no, B: 0o17, C: 12:30, D: [1.0, 2], E: true, F: .nan, G: '5', H: -1, I: 1e400, J: 1_000}"
    settings = loaded(tmp_path, f"cameras: {{x: {{source: {{type: picamera2}}, controls: {controls}}}}}")
    assert settings.cameras["x"].controls == {
        "A": "no",
        "B": 15,
        "C": "12:30",
        "D": [1.0, 2],
        "E": True,
        "F": ".nan",
        "G": "5",
        "H": -1,
        "I": "1e400",
        "J": "1_000",
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("NULL", None),
        ("nULL", "nULL"),
        ("False", False),
        ("yes", "yes"),
        ("007", 7),
        ("+12", 12),
        ("0xfF", 255),
        ("0b1", "0b1"),
        ("1:30", "1:30"),
        (".5", 0.5),
        ("1.", 1.0),
        ("-1.5E-3", -0.0015),
        (".inf", ".inf"),
        ("9" * 5000, "9" * 5000),
        ("e5", "e5"),
        (".", "."),
    ],
)
def test_core_schema(text: str, value: object) -> None:
    resolved = resolve(text)
    assert resolved == value
    assert type(resolved) is type(value)


def test_an_empty_section_has_its_defaults(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "mqtt:\nweb:\nlog: ~\ncameras:\nhome_assistant: null\n")
    assert settings == loaded(tmp_path, "mqtt: {}\nweb: {}\n")
    assert settings.mqtt == MqttSettings()


def test_null_is_none_where_there_may_be_none(tmp_path: Path) -> None:
    assert loaded(tmp_path, "mqtt: null\nnode: x\n").mqtt is None
    assert mqtt_of(loaded(tmp_path, "mqtt: {tls: null, username: , password: ~}")) == MqttSettings()
    assert mqtt_of(loaded(tmp_path, "mqtt:\n  tls:\n")).tls == TlsSettings()


def test_byte_order_mark_and_windows_lines(tmp_path: Path) -> None:
    assert loaded(tmp_path, b"\xef\xbb\xbfnode: a\r\nmqtt:\r\n  port: 5\r\n").node == "a"
    assert lines(tmp_path, b"\xef\xbb\xbfnode: a\r\nmqtt:\r\n  port: x\r\n")[0].startswith(
        "config.yaml:3: mqtt.port"
    )


@pytest.mark.parametrize("name", ["\U0001f600 é", "\\ud83d\\ude00", "\\\U0001f600", "\U0001f600\U0001f600"])
def test_json_escapes_a_character_in_two_halves(tmp_path: Path, name: str) -> None:
    text = json.dumps({"cameras": {"front": {"name": name, "source": {"type": "test_pattern"}}}})
    assert text.isascii()
    assert loaded(tmp_path, text).cameras["front"].name == name


def test_anchors_and_merges(tmp_path: Path) -> None:
    text = """
cameras:
  a: &all
    source: &source {type: test_pattern, pattern: x}
    rotation: 180
    image: {fps: 5}
  b:
    <<: *all
    rotation: 0
  c: {<<: [{hflip: true, source: {type: file, path: p}}, *all], name: C}
  d: {source: *source}
"""
    cameras = loaded(tmp_path, text).cameras
    assert (cameras["b"].rotation, cameras["b"].image.fps, cameras["b"].name) == (0, 5, "B")
    assert cameras["b"].source == cameras["a"].source == cameras["d"].source
    assert (cameras["c"].hflip, cameras["c"].rotation, cameras["c"].name) == (True, 180, "C")
    assert lines(tmp_path, "mqtt: {<<: 5}\n") == ["config.yaml:1: `<<` with something that is not a section"]


def test_the_environment_changes_one_of_two_sections_that_share_an_anchor(tmp_path: Path) -> None:
    text = "cameras: {a: &a {source: {type: test_pattern}}, b: *a}\n"
    cameras = loaded(tmp_path, text, {"MQTTCAM__CAMERAS__B__IMAGE__FPS": "7"}).cameras
    assert (cameras["a"].image.fps, cameras["b"].image.fps) == (1.0, 7.0)


def test_billion_laughs_are_cut_short(tmp_path: Path) -> None:
    levels = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10) if i else 'x'}]" for i in range(15)]
    (tmp_path / "config.yaml").write_text("node: x\n")
    lines(tmp_path, "node: x")
    tracemalloc.start()
    try:
        found = lines(tmp_path, "\n".join(levels))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == ["config.yaml:5: too many values or levels, allowed: 20000 values, 20 levels"]
    assert peak < 2_000_000


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: *a}", "&a [*a]"])
def test_an_alias_within_its_own_anchor(tmp_path: Path, text: str) -> None:
    (line,) = lines(tmp_path, text)
    assert line.startswith("config.yaml:1: an alias (`*`) without an anchor (`&`)")


def test_deep_by_aliases(tmp_path: Path) -> None:
    levels = ["a0: &a0 [x]", *(f"a{i}: &a{i} [[[[[*a{i - 1}]]]]]" for i in range(1, 300))]
    (line,) = lines(tmp_path, "\n".join(levels))
    assert line == "config.yaml:5: too many values or levels, allowed: 20000 values, 20 levels"


DEEP = {
    "flow lists": "a: " + "[" * 5000,
    "flow mappings": "a: " + "{a: " * 5000,
    "flow lists that are closed": "a: " + "[" * 900 + "]" * 900,
    "block lists in a line": "- " * 5000,
    "block lists over lines": "".join(f"{'  ' * level}-\n" for level in range(600)),
    "block mappings": "".join(f"{' ' * level}a:\n" for level in range(1200)),
    "with an error after them": "a: " + "[" * 100 + "@",
}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_depth_is_limited_by_us_before_any_limit_of_pyyaml(text: str, loader: type[Any]) -> None:
    root, (problem,) = parse(text, lambda line, _path: Origin("f", line), loader)
    assert root is None
    assert (problem.message, problem.allowed) == ("too many levels", "20")


NOT_YAML = "not understood as YAML"
NO_TEXT = "a key that is not text"
TOO_DEEP = "too many levels"
UNKNOWN_TAG = "an unknown tag (`!`)"
ODD = {
    "an unknown directive": ("%FOO bar\n---\na: 1\n", {NOT_YAML, None}),
    "a directive without a name": ("%%%%\n", {NOT_YAML}),
    "a version from the future": ("%YAML 9.9\n---\na: 1\n", {NOT_YAML}),
    "a tag directive without a prefix": ("%TAG !\n---\na: 1\n", {NOT_YAML}),
    "a long tag": ("a: !" + "x" * 500_000 + " b\n", {UNKNOWN_TAG}),
    "a long anchor": ("a: &" + "x" * 500_000 + " b\n", {None}),
    "a long key": ("k" * 3000 + ": 1\n", {"an unexpected `: ` or wrong indentation"}),
    "half a character": ('a: "\\ud800"\n', {"a `\\u` escape that is no character", None}),
    "an anchor without a name": ("a: & b\n", {NOT_YAML}),
    "many documents": ("---\n" * 1000, {"a second document"}),
    "keys in keys": ("? " * 5000, {NO_TEXT, TOO_DEEP}),
    "mappings as keys": ("a: " + "{" * 5000, {NO_TEXT, TOO_DEEP}),
    "keys in lists": ("a: " + "[? " * 2000, {NO_TEXT, TOO_DEEP}),
    "brackets in quotes before an error": (
        "a: '" + "[" * 100 + "' @\n",
        {"a character that cannot start a value", NOT_YAML},
    ),
}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(("text", "messages"), ODD.values(), ids=ODD)
def test_odd_documents_are_refused_in_our_own_words(
    text: str, messages: set[str | None], loader: type[Any]
) -> None:
    """More than one message, or None (no problem), where the parsers or versions of PyYAML differ."""
    _, problems = parse(text, lambda line, _path: Origin("f", line), loader)
    found: set[str | None] = {problem.message for problem in problems}
    assert (found or {None}) <= messages


def test_places_of_list_items() -> None:
    root, problems = parse("a:\n  - 1\n  - b:\n      2\n", lambda line, path: Origin(str(path), line))
    assert problems == []
    assert root is not None
    items = root.get("a")
    assert items is not None
    first, second = items.get(0), items.get(1)
    assert first is not None
    assert second is not None
    inner = second.get("b")
    assert inner is not None
    assert (first.origin, inner.origin) == (Origin("['a', 0]", 2), Origin("['a', 1, 'b']", 3))
    assert root.plain() == {"a": [1, {"b": 2}]}
