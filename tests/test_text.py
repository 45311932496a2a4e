"""Text for people and for JSON."""

from __future__ import annotations

import os
import shutil

import orjson
import pytest

from mqttcam.text import (
    MAX_ID,
    MAX_SHOWN,
    as_root,
    encodable,
    host_and_port,
    is_id,
    one_line,
    shorten,
    shown,
    slug,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Front Door", "front-door"),
        ("pi_2", "pi_2"),
        (" -a/b- ", "a-b"),
        ("玄関", ""),
        ("x" * 100, "x" * MAX_ID),
    ],
)
def test_slug_is_the_nearest_id(text: str, expected: str) -> None:
    assert slug(text) == expected
    assert not expected or is_id(expected)


@pytest.mark.parametrize("text", ["", "Front", "a b", "a/b", "a\n", "+"])
def test_other_texts_are_not_ids(text: str) -> None:
    assert not is_id(text)


def test_long_texts_are_cut() -> None:
    assert shorten("x" * MAX_SHOWN) == "x" * MAX_SHOWN
    assert shorten("x" * (MAX_SHOWN + 1)) == "x" * (MAX_SHOWN - 3) + "..."
    assert shorten("abcdef", 5) == "ab..."


def test_values_are_shown_as_text_or_by_their_repr() -> None:
    assert shown("a") == "a"
    assert shown([1, "a"]) == "[1, 'a']"
    assert len(shown(list(range(100)))) == MAX_SHOWN


def test_one_line_escapes_what_is_not_printable() -> None:
    assert one_line("a\nb\x1b\u2028ü") == "a\\nb\\x1b\\u2028ü"


def test_encodable_escapes_lone_surrogates_alone() -> None:
    assert encodable("Grüße\n\udcff.jpg") == "Grüße\n\\udcff.jpg"
    orjson.dumps(encodable("\udcff"))


def test_an_address_with_its_port() -> None:
    assert host_and_port("broker.lan", 1883) == "broker.lan:1883"
    assert host_and_port("::1", 1883) == "[::1]:1883"


@pytest.mark.parametrize(
    ("user", "sudo", "expected"),
    [
        (0, "/usr/bin/sudo", "reboot"),
        (1000, "/usr/bin/sudo", "sudo reboot"),
        (1000, None, "reboot (as root)"),
    ],
)
def test_a_command_as_root_needs_no_sudo_where_there_is_none(
    user: int, sudo: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(shutil, "which", lambda _name: sudo)
    assert as_root("reboot") == expected
