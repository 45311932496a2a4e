"""`SSCFG_*`: SINETStream's configuration server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from tests.settings.nii_sender.cases import KAFKA, kafka, note_of, problem_of

AUTH = json.dumps({"config-server": {"address": "https://c", "user": "u", "secret-key": "k"}})


def test_parameters() -> None:
    found = kafka(
        SSCFG_NAME="cameras",
        SSCFG_SERVICE="images",
        SSCFG_AUTH=AUTH,
        SSCFG_PRIVATE_KEY="key",
        HTTPS_PROXY="socks5h://proxy.example.org:1080",
    )
    assert (found.config, found.service) == ("cameras", "images")
    assert found.auth == SecretStr(AUTH)
    assert found.private_key == SecretStr("key")
    assert found.https_proxy == SecretStr("socks5h://proxy.example.org:1080")


def test_alone() -> None:
    """As in the reference, only the server's parameters are used."""
    found = kafka(SSCFG_NAME="cameras", SSCFG_AUTH=AUTH, SS_TOPIC="other")
    assert found.topic is None
    assert "configuration server has" in note_of("SS_TOPIC", SSCFG_NAME="n", SSCFG_AUTH="{}", SS_TOPIC="x")


def test_no_name() -> None:
    """Without a name no server is asked, which is a problem if there is nothing else to send to."""
    given = {"SSCFG_AUTH": AUTH, "SSCFG_SERVICE": "images"}
    assert problem_of(**given) == (
        "environment: SSCFG_NAME: is missing, and SSCFG_AUTH needs it, allowed: a name on the configuration server"
    )
    assert kafka(**KAFKA, **given).config is None
    for name in given:
        assert note_of(name, **KAFKA, **given) == f"{name}: no effect (only used together with SSCFG_NAME)"


def test_no_auth(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Unless an `auth.json` is where the library looks for it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "SSCFG_AUTH: is missing, and SSCFG_NAME needs it" in problem_of(SSCFG_NAME="n")
    folder = tmp_path / ".config/sinetstream"
    folder.mkdir(parents=True)
    (folder / "auth.json").write_text(AUTH)
    assert kafka(SSCFG_NAME="n").config == "n"


def test_bad_auth() -> None:
    with pytest.raises(ValidationError, match="auth"):
        kafka(SSCFG_NAME="n", SSCFG_AUTH="{}")
