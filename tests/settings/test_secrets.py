"""Secrets: where they come from, and that they are never shown."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.settings import Settings, SettingsError, load, plain
from tests.settings.cases import UNHURRIED, lines, loaded, written

SECRET = "s3cr3t-hunter2"


def password(settings: Settings) -> str | None:
    assert settings.mqtt is not None
    return plain(settings.mqtt.password)


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(b"\xef\xbb\xbf  0123 pw\xc3\xa4\r\n\n")
    return path


def test_from_a_file_stripped(tmp_path: Path, secret_file: Path) -> None:
    assert password(loaded(tmp_path, f"mqtt: {{password_file: {secret_file}}}")) == "0123 pwä"
    assert password(loaded(tmp_path, "mqtt: {password_file: secret}")) == "0123 pwä"
    assert password(load(None, {"MQTTCAM__MQTT__PASSWORD_FILE": str(secret_file)})) == "0123 pwä"


def test_every_secret_has_its_twin(tmp_path: Path, secret_file: Path) -> None:
    settings = loaded(tmp_path, "mqtt: {tls: {key_password_file: secret}}")
    assert settings.mqtt is not None
    assert settings.mqtt.tls is not None
    assert plain(settings.mqtt.tls.key_password) == "0123 pwä"


def test_none_given() -> None:
    assert plain(None) is None


def test_both_are_refused(tmp_path: Path, secret_file: Path) -> None:
    assert lines(tmp_path, f"mqtt:\n  password: {SECRET}\n  password_file: secret") == [
        "config.yaml:3: mqtt.password_file: is given together with password, allowed: one of them"
    ]
    environ = {"MQTTCAM__MQTT__PASSWORD": SECRET, "MQTTCAM__MQTT__PASSWORD_FILE": str(secret_file)}
    assert lines(tmp_path, "node: x", environ) == [
        "environment: MQTTCAM__MQTT__PASSWORD_FILE: is given together with password, allowed: one of them"
    ]


def test_the_environment_beats_the_file_in_either_form(tmp_path: Path, secret_file: Path) -> None:
    by_file = {"MQTTCAM__MQTT__PASSWORD_FILE": str(secret_file)}
    assert password(loaded(tmp_path, "mqtt: {password: other}", by_file)) == "0123 pwä"
    assert (
        password(loaded(tmp_path, "mqtt: {password_file: /no}", {"MQTTCAM__MQTT__PASSWORD": "other"}))
        == "other"
    )


def test_files_that_give_no_secret(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    for name, reason in [
        ("missing", "cannot be read: No such file or directory"),
        (".", "cannot be read: Is a directory"),
        ("empty", "is empty"),
        ("large", "is too large"),
        ("bytes", "is not UTF-8 text"),
    ]:
        assert lines(tmp_path, f"mqtt:\n  password_file: {name}") == [
            f"config.yaml:2: mqtt.password_file: the file {Path(name) if name != '.' else tmp_path} {reason}"
        ]
    assert lines(tmp_path, "mqtt: {password_file: ''}") == [
        "config.yaml:1: mqtt.password_file: is not a path, allowed: the path of a file that contains the secret"
    ]
    assert lines(tmp_path, "mqtt: {password_file: [a]}") == [
        "config.yaml:1: mqtt.password_file: is not a path, allowed: the path of a file that contains the secret"
    ]
    assert lines(tmp_path, "mqtt: {password_file: }") == []


def test_tls_files_have_to_be_there(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    assert lines(
        tmp_path, "mqtt:\n  tls:\n    ca_file: ca.pem\n    cert_file: no.pem\n    key_file: no.key"
    ) == [
        "config.yaml:4: mqtt.tls.cert_file: the file no.pem cannot be read: No such file or directory",
        "config.yaml:5: mqtt.tls.key_file: the file no.key cannot be read: No such file or directory",
    ]
    assert lines(tmp_path, "mqtt: {tls: {key_file: ca.pem}}") == [
        "config.yaml:1: mqtt.tls.key_file: has no cert_file, allowed: both or neither"
    ]


def test_hidden_in_everything_that_settings_can_show(tmp_path: Path) -> None:
    settings = loaded(tmp_path, f"mqtt: {{password: {SECRET}, tls: {{key_password: {SECRET}}}}}")
    shown = [
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        str(settings.model_dump()),
        f"{settings.mqtt}",
    ]
    assert not [text for text in shown if SECRET in text]
    assert password(settings) == SECRET


WRONG = [
    "mqtt: {password: [SECRET]}",
    "mqtt: {password: {SECRET: 1}}",
    "mqtt: {password: {a: SECRET}}",
    "mqtt: {password: SECRET, port: x}",
    "mqtt: {password: SECRET, password: SECRET}",
    "mqtt: {password: SECRET, passwort: SECRET}",
    "mqtt: {password: *SECRET}",
    "mqtt: {password: !SECRET x}",
    "mqtt: {password: &SECRET [x]}",
    'mqtt: {password: "SECRET\\q"}',
    "mqtt: {password: 'SECRET}",
    "mqtt: {password: @SECRET}",
    "mqtt: {password: SECRET\n",
    "mqtt:\n  password: SECRET: SECRET\n",
    "mqtt:\n  password: SECRET\n SECRET\n",
    "mqtt:\n\tpassword: SECRET\n",
    "mqtt: [password, SECRET]",
    "mqtt: mqtt://me:SECRET@broker",
    "mqtt: {host: 'me:SECRET@broker', password: x}",
    "mqtt: {tls: {key_password: [SECRET], key_file: x}}",
    "mqtt: {password: SECRET, password_file: x}",
    "mqtt: {tls: SECRET}",
    "mqtt: SECRET",
]


@pytest.mark.parametrize("text", WRONG)
def test_hidden_in_every_error(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text.replace("SECRET", SECRET))
    with pytest.raises(SettingsError) as caught:
        load(path, {})
    assert_hidden(caught.value, SECRET)


def test_hidden_in_errors_of_the_environment() -> None:
    for name, value in [
        ("MQTT", f"{{password: [{SECRET}]}}"),
        ("MQTT", f"{{password: {SECRET}"),
        ("PASSWORD", SECRET),
    ]:
        with pytest.raises(SettingsError) as caught:
            load(None, {f"MQTTCAM__{name}": value})
        assert_hidden(caught.value, SECRET)


@UNHURRIED
@given(
    st.text(st.characters(codec="utf-8", min_codepoint=33), min_size=4, max_size=20).filter(
        lambda s: s != "null"
    )
)
def test_any_secret_is_hidden(secret: str) -> None:
    quoted = '"' + secret.replace("\\", "\\\\").replace('"', '\\"') + '"'
    secret = f"{secret}-{SECRET}"
    quoted = f'{quoted[:-1]}-{SECRET}"'
    with pytest.raises(SettingsError) as caught:
        load(
            None,
            {"MQTTCAM__MQTT": f"{{password: [{quoted}], port: x, tls: {{key_password: {{a: {quoted}}}}}}}"},
        )
    assert_hidden(caught.value, SECRET)
    with pytest.raises(SettingsError) as caught:
        load(None, {"MQTTCAM__MQTT__PASSWORD": secret, "MQTTCAM__MQTT__PORT": "x"})
    assert_hidden(caught.value, SECRET)


def assert_hidden(error: SettingsError, secret: str) -> None:
    shown = [str(error), repr(error), repr(error.problems), *traceback.format_exception(error)]
    shown += [str(error.__cause__), repr(error.__context__)]
    assert not [text for text in shown if secret in text]
