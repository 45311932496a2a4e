"""Variables in files of `/run/secrets`."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from mqttcam.settings.nii_sender.variables import translate
from tests.settings.nii_sender.cases import KAFKA, kafka, translated


def test_beat_the_environment(tmp_path: Path) -> None:
    """A line break that an editor adds at the end is not part of them."""
    (tmp_path / "SS_SASL_PLAIN_PASSWORD").write_text("from a file\n")
    (tmp_path / "SS_TOPIC").write_text("topic.of.file\n")
    (tmp_path / "UNRELATED").write_text("x")
    found = kafka(tmp_path, **KAFKA, SS_SASL_PLAIN_PASSWORD="from the environment")
    assert found.sasl_plain_password == SecretStr("from a file")
    assert found.topic == "topic.of.file"


def test_alone(tmp_path: Path) -> None:
    for name, value in KAFKA.items():
        (tmp_path / name).write_text(value)
    assert kafka(tmp_path).topic == KAFKA["SS_TOPIC"]


def test_unreadable_secret(tmp_path: Path) -> None:
    """It is reported, and only that; it is not treated as missing."""
    (tmp_path / "SSCFG_AUTH").symlink_to(tmp_path / "not there")
    (problem,) = translated(tmp_path, SSCFG_NAME="cameras").problems
    assert "SSCFG_AUTH: the file " in str(problem)
    assert "cannot be read: No such file" in str(problem)
    (tmp_path / "SSCFG_NAME").symlink_to(tmp_path / "not there")
    assert {one.key for one in translated(tmp_path).problems} == {"SSCFG_AUTH", "SSCFG_NAME"}


@pytest.mark.parametrize(("data", "words"), [(b"\xff", "is not UTF-8 text"), (b"x" * 70_000, "is too large")])
def test_invalid_secret(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "SS_SASL_PLAIN_PASSWORD").write_bytes(data)
    (problem,) = translated(tmp_path, **KAFKA).problems
    assert words in str(problem)


def test_empty_is_none(tmp_path: Path) -> None:
    """It still overrides a variable."""
    (tmp_path / "SCHEDULE").write_text("\n")
    assert kafka(tmp_path, **KAFKA, SCHEDULE="60").schedule is None


def test_never_shown(tmp_path: Path) -> None:
    secret = "tell-nobody"
    names = ("SS_SASL_PLAIN_PASSWORD", "SS_CRYPTO__PASSWORD", "SS_SSL_PASSWORD", "SS_UNKNOWN_PASSWORD")
    found = translate({**KAFKA, **dict.fromkeys(names, secret)}, tmp_path)
    assert secret not in "".join(map(str, [*found.notes, *found.problems]))
    assert secret not in repr(found)
    server = {"SSCFG_NAME": "n", "SSCFG_AUTH": secret, "SSCFG_PRIVATE_KEY": secret, "HTTPS_PROXY": secret}
    assert secret not in "".join(map(str, translate(server, tmp_path).notes))
