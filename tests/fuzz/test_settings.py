"""The configuration file (YAML or JSON), `.env`, and the variables of NII's sender.

More about single keys, and that file and environment mean the same: tests/settings/test_properties.py.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.settings.loading.dotenv import FROM_DOTENV, MAX_BYTES, load_dotenv
from mqttcam.settings.nii_sender.variables import translate
from tests.fuzz.bounds import bounded
from tests.fuzz.mutations import JSON, mutated
from tests.fuzz.profile import fuzz
from tests.settings.test_properties import KEYS, configuration, settings_or_problems
from tests.support.project import PROJECT

_SHIPPED = (PROJECT / "config.example.yaml").read_bytes()
_ALL_KEYS = re.sub(rb"(?m)^( *)#(?=[a-z_]+:)", rb"\1", _SHIPPED)
_SECTIONS = [part for part in re.split(rb"(?m)^(?=[a-z_]+:)", _ALL_KEYS) if part.strip()]
_SMALL = b"""node: a
mqtt: {host: x, tls: {insecure: true}}
cameras:
  a: {source: {type: url, url: "rtsp://u:p@h/x"}, image: {fps: 2, schedule: "every 10 minutes"}, controls: {A: 1}}
kafka: {brokers: "k:1", topic: t, spool: true}
web: {enabled: true, tokens: {a: {token: "012345678901234567890123456789"}}}
"""
_WORDS = [
    b"null",
    b"[]",
    b"{}",
    b"- ",
    b"*x",
    b"&x ",
    b"<<: ",
    b"!!python/object:os.system ",
    b"1e999",
    b"-1",
    b"9" * 99,
]
_WORDS += [
    b"0x",
    b".nan",
    b"\xff\xfe",
    b"\xc2\x85",
    b"\t",
    b'"',
    b"'",
    b"|\n",
    b">",
    b"? ",
    b": ",
    b"%YAML 1.1\n",
    b"---\n",
]
_WORDS += [
    b"true",
    b"~",
    b"[" * 60,
    b"{a: " * 30,
    b"\xe2\x80\xa8",
    b"\xf0\x9f\x98\x80",
    b"12:30:45",
    b"\0",
    b"password_file: /x",
]
FILES = mutated([_SMALL, *_SECTIONS], _WORDS)


@fuzz
@given(FILES)
def test_any_file_gives_settings_or_problems(data: bytes) -> None:
    with configuration(data) as path, bounded(5):
        settings_or_problems(path, {})


@fuzz
@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), JSON, max_size=6))
def test_json_is_yaml_too(tree: dict[str, object]) -> None:
    with configuration(json.dumps(tree, ensure_ascii=False).encode()) as path, bounded(5):
        settings_or_problems(path, {})


@pytest.mark.parametrize(
    "data",
    [
        b"a: &a [x,x]\n"
        + b"".join(b"%c: &%c [*%c,*%c]\n" % (98 + n, 98 + n, 97 + n, 97 + n) for n in range(20)),
        b"[" * 100_000,
        b"{a: " * 50_000,
        b"a" * 500_000 + b": 1",
        b"\n".join(b"k%d: 1" % n for n in range(50_000)),
        b"a: " + b"9" * 500_000,
        b'a: "' + b"\\n" * 200_000 + b'"',
        b"a: &a [*a]",
        b"mqtt: {host: a}\ncameras:\n" + b"\n".join(b"  c%d: {}" % n for n in range(10_000)),
    ],
    ids=["aliases", "nested", "nested maps", "key", "keys", "number", "escapes", "recursive", "cameras"],
)
def test_bombs_cost_little(data: bytes) -> None:
    with configuration(data) as path, bounded(20, 300):
        settings_or_problems(path, {})


_DOTENV = b"""SS_BROKERS="a:1"
export SS_TOPIC='x y'
PICAMERA2_SIZE=HD # comment
A=${B:-c}${A}
MQTTCAM__MQTT__HOST=h
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dotenv") / ".env"


@fuzz
@given(
    mutated(
        [_DOTENV, b"A=x\n" + b"A=${A}${A}\n" * 30],
        [b"${", b"}", b":-", b"=", b"\n", b'"', b"'", b"\\", b"\xff", b"\0"],
    )
)
def test_any_dotenv_gives_variables_or_none(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    environ: dict[str, str] = {"B": "set"}
    with bounded():
        load_dotenv(environ, file)
    assert environ["B"] == "set"
    found = environ.get(FROM_DOTENV, "").split()
    assert sum(len(environ[name]) for name in found) <= 2 * MAX_BYTES
    for name, value in environ.items():
        os.fsencode(f"{name}={value}")
        assert "\0" not in name + value


_PLAIN = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=10)


@fuzz
@given(st.dictionaries(st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True), _PLAIN, max_size=5))
def test_a_dotenv_comes_back(file: Path, variables: dict[str, str]) -> None:
    file.write_text("".join(f"{name}='{value}'\n" for name, value in variables.items()))
    environ: dict[str, str] = {}
    load_dotenv(environ, file)
    assert {name: environ[name] for name in variables} == variables


_NAMES = "SIZE CONTROLS_AWB_MODE CONTROLS_COLOUR_GAINS FRAMERATE TRANSFORM_HFLIP ISO ZOOM CROP SENSOR_MODE ROTATION"
_KAFKA = (
    "BROKERS TOPIC TLS TLS__CA_CERTS CONSISTENCY CRYPTO CRYPTO__KEY_DERIVATION__PRF DATA_ENCRYPTION __ TYPE"
)
NII = st.sampled_from(
    [f"{prefix}_{name}" for prefix in ("PICAMERA2", "PICAMERA") for name in _NAMES.split()]
    + [f"{prefix}_{name}" for prefix in ("SS", "SSCFG") for name in _KAFKA.split()]
    + ["SCHEDULE", "LOG_LEVEL", "HTTPS_PROXY"]
)
_VALUES = "HD 640x480 max 1e400 -1 {a:1} [1,2 true (1,2) every\u00a010 kafka:9092,, 0.0,0.0,1,1"


@fuzz
@given(
    st.dictionaries(
        NII,
        st.text(st.characters(exclude_characters="\0"), max_size=20) | st.sampled_from(_VALUES.split(" ")),
        max_size=6,
    )
)
def test_any_variables_of_the_reference_sender(environ: dict[str, str]) -> None:
    with bounded():
        for note in translate(environ, Path("/nowhere")).notes:
            assert "\n" not in str(note)
    settings_or_problems(None, environ)
