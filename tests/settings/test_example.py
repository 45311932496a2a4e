"""config.example.yaml and the JSON Schema: both have every key, and agree with the models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import SecretStr

from mqttcam.settings import Settings, SettingsError, TestPatternSource, json_schema, load
from mqttcam.settings.document.key_schema import ANY_NAME, ROOT, KeyKind, child_schema, known_keys
from mqttcam.settings.section import Section
from tests.settings.cases import lines, loaded, problems, written
from tests.support.project import PROJECT

EXAMPLE = PROJECT / "config.example.yaml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
_LINE = re.compile(r"(?P<indent> *)(?P<off>#?)(?P<key>[a-z_]+):(?P<value>( .*)?)")
_PRESETS = ("cameras", ANY_NAME, "presets")
_ZONES = ("cameras", ANY_NAME, "motion", "zones")
_SERIES = ("cameras", ANY_NAME, "series")
_NAMED_BY_USERS = (("cameras",), _PRESETS, _ZONES, _SERIES, ("web", "users"), ("web", "tokens"))
_BLOCKS = (("web", "users"), ("web", "tokens"), ("web", "tls"))
"""Sections whose keys only make sense together."""
_KAFKA = (("kafka",), ("kafka", "brokers"), ("kafka", "topic"))
"""What every key of Kafka needs."""
_LOGIN = tuple(("kafka", key) for key in ("sasl_mechanism", "sasl_plain_username", "sasl_plain_password"))
"""What a login needs."""
_FILES = ("ca.pem", "client.pem", "client.key", "crl.pem", "web.pem", "web.key", "secret")
_EXAMPLES = {
    "node",
    "state_dir",
    "kafka.queue",
    "kafka.compression",
    "kafka.type_spec",
    f"cameras.{ANY_NAME}.privacy",
    f"cameras.{ANY_NAME}.source.type",
    f"cameras.{ANY_NAME}.video",
    f"cameras.{ANY_NAME}.presets",
    f"cameras.{ANY_NAME}.series",
}
"""Keys that show an example although they have a default."""


def entries() -> Iterator[tuple[int, tuple[str, ...], bool, str]]:
    """Each key's line number, path (`*` for the camera's id), whether it is commented out, and value."""
    above: list[tuple[int, str]] = []
    for number, line in enumerate(TEXT.splitlines(), 1):
        if match := _LINE.fullmatch(line):
            indent = len(match["indent"])
            above = [*(entry for entry in above if entry[0] < indent), (indent, match["key"])]
            path = tuple(key for _, key in above)
            named = tuple(
                ANY_NAME if path[:level] in _NAMED_BY_USERS else key for level, key in enumerate(path)
            )
            yield number, named, bool(match["off"]), match["value"].strip()


def shown() -> set[tuple[str, ...]]:
    """The key paths of the example, those in `{…}` included."""
    paths: set[tuple[str, ...]] = set()
    for _, path, _, value in entries():
        paths |= {path, *_inside(path, yaml.safe_load(value))}
    return paths


def _inside(path: tuple[str, ...], value: object) -> Iterator[tuple[str, ...]]:
    for key, below in value.items() if isinstance(value, dict) else ():
        named = (*path, ANY_NAME if path in (_PRESETS, _ZONES, _SERIES) else key)
        yield named
        if key != "controls":
            yield from _inside(named, below)


def declared_by(path: tuple[str, ...]) -> set[tuple[str, str]]:
    """Return the sections that declare a key, and its name there."""
    above = ROOT
    for part in path[:-1]:
        below = child_schema(above, part)
        assert below is not None
        above = below
    key = path[-1]
    name = key if any(key in model.model_fields for model in above.models) else key.removesuffix("_file")
    found = (
        next(one for one in reversed(model.__mro__) if name in getattr(one, "model_fields", ()))
        for model in above.models
        if name in model.model_fields
    )
    return {(owner.__name__, key) for owner in found}


def test_loads_as_it_is() -> None:
    settings = load(EXAMPLE, {})
    assert settings.mqtt is not None
    assert settings.mqtt.host == "localhost"
    assert {name: camera.source for name, camera in settings.cameras.items()} == {
        "front": TestPatternSource()
    }


def test_shows_every_key_and_no_other() -> None:
    known = {path for path, _ in known_keys()}
    here = shown() - {(*path, ANY_NAME) for path in _NAMED_BY_USERS}
    assert here <= known
    # What several sections have in common (a camera's `kafka` and that for all) is shown once.
    explained = set[tuple[str, str]]().union(*map(declared_by, here))
    assert [path for path in sorted(known - here) if not declared_by(path) <= explained] == []


def test_every_line_with_a_hash_before_it_is_a_key_or_a_sentence() -> None:
    for line in TEXT.splitlines():
        text = line.strip()
        assert not text.startswith("#") or _LINE.fullmatch(line) or text == "#" or text.startswith("# "), line


def _choose_source(text: list[str], path: tuple[str, ...], value: str) -> None:
    """Leave the example's own source out for a line that is one, or that needs another."""
    if path == _PRESETS and "source" in value:  # it changes that of a camera module
        start = text.index("    source:")
        text[start + 1] = "      type: picamera2"
    if path == ("cameras", ANY_NAME, "source"):
        start = text.index("    source:")
        del text[start : start + 2]


@pytest.mark.parametrize(("number", "path", "off", "value"), list(entries()))
def test_shows_the_defaults(number: int, path: tuple[str, ...], off: bool, value: str) -> None:
    if not value or ".".join(path) in _EXAMPLES or not _has_default(path):
        return
    bare = {
        "mqtt": {},
        "kafka": {"brokers": "kafka.lan:9092", "topic": "x"},
        "cameras": {"front": {"source": {"type": "test_pattern"}}},
    }
    changed = yaml.safe_load(yaml.safe_dump(bare))
    section = changed
    for key in path[:-1]:
        section = section.setdefault("front" if key == ANY_NAME else key, {})
    section[path[-1]] = yaml.safe_load(value)
    assert Settings.model_validate(changed) == Settings.model_validate(bare)


def _has_default(path: tuple[str, ...]) -> bool:
    """Whether something holds without this key, and it is not in a section that is an example as a whole."""
    above = ROOT
    for part in path[:-1]:
        below = child_schema(above, part)
        assert below is not None
        named = below.kind is KeyKind.SECTIONS and part != "cameras"
        if named or (below.has_keys and below.optional and part not in {"mqtt", "kafka"}):
            return False
        above = below
    fields = [field for model in above.models if (field := model.model_fields.get(path[-1])) is not None]
    values = [
        None if field.is_required() else field.get_default(call_default_factory=True) for field in fields
    ]
    return above.kind is not KeyKind.SECTIONS and any(value is not None for value in values)


@pytest.mark.parametrize(("number", "path", "off", "value"), [entry for entry in entries() if entry[2]])
def test_each_line_works_without_its_hash(
    tmp_path: Path, number: int, path: tuple[str, ...], off: bool, value: str
) -> None:
    for name in _FILES:
        (tmp_path / name).write_text("http://camera.lan/")
    text = TEXT.splitlines()
    if path[:2] in _BLOCKS:
        (tmp_path / "secret").write_text(_secret(path))
        _turn_on(text, path)
    if "kafka" in path:
        if path[-1] == "auth_file":
            auth = next(value for _, other, _, value in entries() if other == ("kafka", "auth"))
            (tmp_path / "secret").write_text(yaml.safe_load(auth))
        for needed, other, _, _ in entries():
            if other in _KAFKA or (path[-1] in ("sasl_mechanism", "security_protocol") and other in _LOGIN):
                text[needed - 1] = text[needed - 1].replace("#", "", 1)
    if "on_detection" in value:  # its labels are those of `detections`
        needed = next(number for number, other, _, _ in entries() if other[-1] == "detections")
        text[needed - 1] = text[needed - 1].replace("#", "", 1)
    line = text[number - 1] if path in _KAFKA else text[number - 1].replace("#", "", 1)
    if "crypto_key" in line:
        (tmp_path / "secret").write_text("00" * 16)
    text[number - 1] = re.sub(r"/run/secrets/[\w.]+", str(tmp_path / "secret"), line)
    if path[:2] == ("mqtt", "tls") and len(path) == 3:
        above = max(i for i in range(number - 1) if text[i] == "  #tls:")
        text[above] = "  tls:"
        if path[-1] == "key_file":
            text[above] += "\n    cert_file: client.pem"
    _choose_source(text, path, value)
    found = [
        p for p in problems(tmp_path, "\n".join(text)) if not p.message.endswith("No such file or directory")
    ]
    assert found == []


def _secret(path: tuple[str, ...]) -> str:
    """The secret that the example shows where a `_file` twin stands beside it."""
    wanted = "password_hash" if "users" in path else "token"
    return next((value for _, other, _, value in entries() if other[-1] == wanted), "x")


def _turn_on(text: list[str], path: tuple[str, ...]) -> None:
    """Take the `#` away in the block that `path` is in; of a secret and its twin, only the one that is meant."""
    block = [(number, other) for number, other, _, _ in entries() if other[:2] == path[:2]]
    keys = {other for _, other in block}
    for number, other in block:
        base = (*other[:-1], other[-1].removesuffix("_file"))
        twin = base != other and base in keys
        if other == path or (twin and other != path) or (*other[:-1], f"{other[-1]}_file") == path:
            continue
        text[number - 1] = text[number - 1].replace("#", "", 1)


def test_passes_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    validator.check_schema(json_schema())
    assert list(validator.iter_errors(yaml.safe_load(TEXT))) == []


ACCEPTED = [
    "mqtt: {tls: true}",
    "mqtt: {tls: false}",
    "mqtt: {tls: {insecure: true}}",
    "mqtt:",
    "mqtt: {protocol: 3.1.1, password: x}",
    "cameras:",
    *(
        f"cameras: {{x: {{source: {{type: test_pattern}}, {rest}}}}}"
        for rest in (
            "size: fhd",
            "size: 1280x720",
            "size: (640x480)",
            "size: [320, 240]",
            "frame_rate: max",
            "image: {fps: max}",
            "image: ",
            "controls: {A: 1, B: [1, 2]}",
        )
    ),
    "cameras: {x: {source: {type: file, path: x, format: yuv420, size: VGA}}}",
    "cameras: {x: {source: {type: picamera2, camera: imx708}}}",
    "kafka: {brokers: 'kafka.lan:9092', topic: frames}",
]
REFUSED = [
    "mqtt: {hots: x}",
    "mqtt: {port: 99999}",
    "mqtt: {password: x, password_file: y}",
    "mqtt: {tls: {ca: x}}",
    "cameras: {x: {}}",
    "cameras: {Front Door: {source: {type: test_pattern}}}",
    "cameras: {x: {source: {type: webcam}}}",
    "cameras: {x: {source: {pattern: bars}}}",
    "cameras: {x: {source: {type: file}}}",
    "cameras: {x: {source: {type: test_pattern}, size: 640by480}}",
    "log: {level: loud}",
    "nodes: x",
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_schema_and_loader_accept(tmp_path: Path, text: str) -> None:
    assert lines(tmp_path, text) == []
    assert list(jsonschema.Draft202012Validator(json_schema()).iter_errors(yaml.safe_load(text))) == []


@pytest.mark.parametrize("text", REFUSED)
def test_schema_and_loader_refuse(tmp_path: Path, text: str) -> None:
    assert lines(tmp_path, text)
    assert list(jsonschema.Draft202012Validator(json_schema()).iter_errors(yaml.safe_load(text)))


def test_schema_has_the_twins(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("x")
    validator = jsonschema.Draft202012Validator(json_schema())
    text = "mqtt: {password_file: pw, tls: {key_password_file: pw}}"
    assert list(validator.iter_errors(yaml.safe_load(text))) == []
    assert loaded(tmp_path, text).mqtt is not None


def test_a_secret_that_is_required_may_come_from_a_file() -> None:
    class Needy(Section):
        token: SecretStr

    validator = jsonschema.Draft202012Validator(json_schema(Needy))
    tried: list[dict[str, Any]] = [{"token": "x"}, {"token_file": "x"}, {}, {"token": "x", "token_file": "x"}]
    assert [validator.is_valid(data) for data in tried] == [True, True, False, False]


def test_every_key_is_explained() -> None:
    document = json_schema()
    for section in (document, *document["$defs"].values()):
        for key, about in section["properties"].items():
            option = next(iter(about.get("anyOf", [{}])))
            target = document["$defs"].get(option.get("$ref", "").rpartition("/")[2], {})
            assert about.get("description") or target.get("description"), key


def test_every_known_path_is_reached_step_by_step() -> None:
    for path, schema in known_keys():
        here = ROOT
        for key in path:
            below = child_schema(here, key)
            assert below is not None
            here = below
        assert here.kind is schema.kind


def test_the_example_is_refused_with_a_mistake_in_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        load(written(tmp_path, TEXT.replace("host: localhost", "hots: localhost")), {})
