"""Password hashes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mqttcam.settings.web import WebUser
from mqttcam.web.passwords import hash_password, verify_password


def test_only_the_right_password_matches() -> None:
    line = hash_password("pässwörd")
    assert verify_password("pässwörd", line)
    assert not verify_password("passwörd", line)
    assert not verify_password("", line)


def test_the_same_password_gives_another_line_each_time() -> None:
    assert hash_password("x") != hash_password("x")


def test_a_known_hash_of_the_standard() -> None:
    # RFC 7914, section 12, the second vector, its first 64 bytes.
    line = (
        "scrypt:1024:8:16:TmFDbA:_bq-HJ00cgB4VucZDQHp_nxq18vII3gw53N2Y0s3MWIu"
        "rzDZLiKjiG_xCSedmDDaxyevuUqD7m2DYMvfoswGQA"
    )
    assert verify_password("password", line)


def test_the_settings_accept_a_hash() -> None:
    user = WebUser.model_validate({"password_hash": hash_password("x")})
    assert "scrypt" not in repr(user)


@pytest.mark.parametrize(
    "line",
    [
        "secret",
        "",
        "scrypt:16384:8:5:short:short",
        "$2b$12$abcdefghijklmnopqrstuv",
        "scrypt:1000:8:1:" + "A" * 22 + ":" + "A" * 43,
        "scrypt:67108864:8:1:" + "A" * 22 + ":" + "A" * 43,
        "scrypt:16384:0:1:" + "A" * 22 + ":" + "A" * 43,
    ],
)
def test_anything_else_is_refused_without_repeating_it(line: str) -> None:
    with pytest.raises(ValidationError) as caught:
        WebUser.model_validate({"password_hash": line})
    assert not line or line not in str(caught.value)
