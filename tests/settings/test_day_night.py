"""The settings of day and night, whose key `for` is a word of Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.cases import lines, loaded

_CAMERA = "cameras:\n  a:\n    source: {type: test_pattern}\n    day_night: "


def test_from_the_file_and_the_environment(tmp_path: Path) -> None:
    section = loaded(tmp_path, f"{_CAMERA}{{night: dark, for: 60}}\n").cameras["a"].day_night
    assert section is not None
    assert (section.day, section.night, section.below, section.above, section.seconds) == (
        None,
        "dark",
        5,
        15,
        60,
    )
    environ = {"MQTTCAM__CAMERAS__A__DAY_NIGHT__FOR": "7.5"}
    section = loaded(tmp_path, f"{_CAMERA}{{for: 60}}\n", environ).cameras["a"].day_night
    assert section is not None
    assert section.seconds == 7.5
    section = loaded(tmp_path, f"{_CAMERA}true\n").cameras["a"].day_night
    assert section is not None
    assert section.seconds == 30
    assert loaded(tmp_path, f"{_CAMERA}false\n").cameras["a"].day_night is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{for: x}",
            "config.yaml:4: cameras.a.day_night.for: 'x' is not a number, allowed: a number from 0 to 86400",
        ),
        ("{for: -1}", "cameras.a.day_night.for: -1 is out of range"),
        ("{seconds: 3}", "cameras.a.day_night.seconds: unknown key"),
        ("{below: 20}", "cameras.a.day_night.above: is not more than `below`"),
        ("{below: 5, above: 5}", "cameras.a.day_night.above: 5 is not more than `below`"),
        ("maybe", "allowed: true, false, or the keys day, night, below, above, for"),
    ],
)
def test_refused(tmp_path: Path, text: str, expected: str) -> None:
    assert any(expected in line for line in lines(tmp_path, f"{_CAMERA}{text}\n")), lines(
        tmp_path, f"{_CAMERA}{text}\n"
    )
