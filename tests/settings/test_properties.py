"""Any text and environment gives settings, or an error with one line per problem."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from mqttcam.settings import Problem, Settings, SettingsError, load
from mqttcam.settings.document.key_schema import KeyKind, known_keys
from tests.settings.cases import CAMERA, UNHURRIED, problems_of

_KEYS = "mqtt host port tls password password_file cameras front source type path size image fps controls log"
_VALUES = "file test_pattern VGA max true no ~ 1 -1 1.5 0x10 .nan ä 😀"
_SIGNS = "&a *a << !x !!str [ ] { } : ? ' \" # | % @ \\ ,"
_SPACES = ["", " ", ": ", "- ", "\n", "\n  ", "\t", "\n---\n", "\x00", "\ufeff", "9" * 50]
WORDS = st.sampled_from([*_KEYS.split(), *_VALUES.split(), *_SIGNS.split(), *_SPACES])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["VGA", "max", "on", "5"]),
)
KEYS = sorted({key for path, _ in known_keys() for key in path} | {"x", "a-b", "Front", "cmd", "<<"})
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=5),
    ),
    max_leaves=20,
)


@contextmanager
def configuration(data: bytes) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


def settings_or_problems(path: Path | None, environ: dict[str, str]) -> Settings | None:
    """Return the settings, or None after checking that each problem is one line."""
    problems: list[Problem] = []
    shown = ""
    try:
        return load(path, environ)
    except SettingsError as error:
        problems, shown = error.problems, str(error)
    assert problems
    assert shown.splitlines() == [str(problem) for problem in problems]
    assert all(problem.message and str(problem).isprintable() for problem in problems)
    return None


@UNHURRIED
@given(st.lists(WORDS, max_size=40).map("".join))
@example("mqtt: {tls: {ca_file: ['']}}")
@example("cameras: {x: {source: {type: file, path: {}}}}")
@example("cameras: {x: {source: {type: [a]}}}")
@example("cameras: {x: {source: {type: {a: b}}}}")
@example("mqtt: {password_file: ~x}")
def test_any_text(text: str) -> None:
    with configuration(text.encode()) as path:
        settings_or_problems(path, {})


@UNHURRIED
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    with configuration(data) as path:
        settings_or_problems(path, {})


@UNHURRIED
@given(st.dictionaries(st.sampled_from(KEYS), TREES, max_size=5), st.booleans())
def test_any_tree_as_yaml(tree: dict[str, object], flow: bool) -> None:
    with configuration(yaml.safe_dump(tree, default_flow_style=flow, allow_unicode=True).encode()) as path:
        settings_or_problems(path, {})


NAMES = st.lists(st.sampled_from([*KEYS, "", "FRONT", "A_B"]), min_size=1, max_size=5).map("__".join)
VALUES = st.text(st.characters(exclude_characters="\0"), max_size=30) | TREES.map(
    lambda tree: json.dumps(tree)
)


@UNHURRIED
@given(
    st.dictionaries(NAMES.map("MQTTCAM__{}".format) | st.just("LOG_LEVEL"), VALUES, max_size=6), st.booleans()
)
def test_any_environment(environ: dict[str, str], with_file: bool) -> None:
    with configuration(CAMERA.encode()) as path:
        settings_or_problems(path if with_file else None, environ)


LEAVES = {
    "node": st.from_regex(r"[a-z0-9_-]{1,10}", fullmatch=True),
    "mqtt.host": st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True),
    "mqtt.port": st.integers(1, 65535),
    # In a file, other spaces around a value are refused: they come from copying it, and nobody sees them.
    "mqtt.password": st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1
    ).filter(lambda text: text.strip() == text.strip(" ")),
    "mqtt.username": st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1),
    "mqtt.protocol": st.sampled_from([5, "3.1.1"]),
    "mqtt.keepalive": st.integers(5, 65535),
    "web.enabled": st.booleans(),
    "log.level": st.sampled_from(["DEBUG", "info", "Warning"]),
    "cameras.a_b.size": st.sampled_from(["VGA", "1280x720", "(640x480)"]),
    "cameras.a_b.frame_rate": st.floats(0.01, 240) | st.just("max"),
    "cameras.a_b.rotation": st.sampled_from([0, 90, 180, 270]),
    "cameras.a_b.image.fps": st.floats(0.001, 240) | st.just("max"),
    "cameras.a_b.image.quality": st.integers(1, 100),
    "cameras.a_b.name": st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=20),
}


@UNHURRIED
@given(st.fixed_dictionaries({}, optional=LEAVES))
def test_the_environment_and_the_file_mean_the_same(values: dict[str, object]) -> None:
    values = {"cameras.a_b.source.type": "test_pattern", **values}
    environ = {"MQTTCAM__" + key.replace(".", "__").upper(): str(value) for key, value in values.items()}
    tree: dict[str, object] = {}
    for key, value in values.items():
        *parents, last = key.split(".")
        section = tree
        for parent in parents:
            inner = section.setdefault(parent, {})
            assert isinstance(inner, dict)
            section = inner
        section[last] = value
    by_environment = settings_or_problems(None, environ)
    with configuration(yaml.safe_dump(tree, allow_unicode=True).encode()) as path:
        by_file = settings_or_problems(path, {})
        environment_over_nothing_new = settings_or_problems(path, environ)
    assert by_environment is not None
    assert by_environment == by_file == environment_over_nothing_new


@pytest.mark.parametrize(
    "name",
    sorted(
        {"__".join(path).replace("*", "my_cam") for path, s in known_keys() if s.kind is not KeyKind.SECTIONS}
    ),
)
def test_every_key_has_its_variable(name: str) -> None:
    variable = f"MQTTCAM__{name.upper()}"
    environ = {variable: "?", "MQTTCAM__CAMERAS__MY_CAM__SOURCE__TYPE": "test_pattern", variable.lower(): ""}
    assert not [problem for problem in problems_of(None, environ) if "unknown variable" in problem.message]
