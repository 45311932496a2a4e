"""The `web:` section: what it refuses, above all unprotected access from a network."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mqttcam.settings.web import WebSettings, is_loopback

HASH = "scrypt:16384:8:5:" + "A" * 22 + ":" + "B" * 43
TOKEN = "t" * 20


def make(**web: Any) -> WebSettings:
    return WebSettings.model_validate(web)


def refusal(**web: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        make(**web)
    (error,) = caught.value.errors(include_input=False, include_url=False)
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}"


def test_off_and_loopback_by_default() -> None:
    settings = WebSettings()
    assert not settings.enabled
    assert settings.host == "127.0.0.1"
    assert settings.port == 8080


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "pi.local"])
def test_beyond_loopback_a_login_is_required(host: str) -> None:
    assert "everyone on the network" in refusal(enabled=True, host=host)
    assert make(enabled=True, host=host, allow_unauthenticated=True).allow_unauthenticated
    assert make(enabled=True, host=host, users={"anna": {"password_hash": HASH}}).users
    assert make(enabled=True, host=host, tokens={"x": {"token": TOKEN}}).tokens
    assert make(enabled=False, host=host).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost", "LOCALHOST"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)
    assert make(enabled=True, host=host).enabled


@pytest.mark.parametrize(
    ("web", "where"),
    [
        ({"tokens": {"x": {"token": "short"}}}, "tokens.x.token"),
        ({"tokens": {"x": {"token": "with spaces in it, long enough"}}}, "tokens.x.token"),
        ({"users": {"no spaces": {"password_hash": HASH}}}, "users.no spaces.[key]"),
        ({"users": {"anna": {"password_hash": HASH, "role": "root"}}}, "users.anna.role"),
        ({"path_prefix": "cams"}, "path_prefix"),
        ({"path_prefix": "/a//b"}, "path_prefix"),
        ({"public_url": "cams.example"}, "public_url"),
        ({"frame_ancestors": ["*; script-src *"]}, "frame_ancestors.0"),
        ({"trusted_proxies": ["everyone"]}, "trusted_proxies.0"),
        ({"history": -1}, "history"),
        ({"max_viewers": 0}, "max_viewers"),
        ({"tls": {"cert_file": "x"}}, "tls.key_file"),
    ],
)
def test_refused(web: dict[str, Any], where: str) -> None:
    assert refusal(**web).startswith(f"{where}:")


def test_secrets_are_not_shown() -> None:
    settings = make(tokens={"x": {"token": "0123456789abcdefghij"}}, users={"anna": {"password_hash": HASH}})
    assert "0123456789abcdefghij" not in repr(settings)
    assert HASH not in repr(settings)


def test_roles_in_any_case() -> None:
    settings = make(users={"anna": {"password_hash": HASH, "role": "Viewer"}}, tokens={"x": {"token": TOKEN}})
    assert settings.users["anna"].role == "viewer"
    assert settings.tokens["x"].role == "viewer"


def test_anonymous_viewers_need_no_user_and_may_not_change_anything() -> None:
    assert make(enabled=True, host="0.0.0.0", anonymous="Live").anonymous == "live"
    assert make().anonymous == "none"
    both = refusal(enabled=True, host="0.0.0.0", anonymous="live", allow_unauthenticated=True)
    assert both.startswith("allow_unauthenticated: contradicts `anonymous: live`")


def test_a_prefix_has_no_slash_at_its_end() -> None:
    assert make(path_prefix="/cams/").path_prefix == "/cams"
    assert make(path_prefix="/").path_prefix == ""
