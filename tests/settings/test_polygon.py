"""Polygons: which are areas, and how a mistake is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.settings import SettingsError, load

BASE = "cameras:\n  front:\n    source: {type: test_pattern}\n    privacy: "


def loaded(privacy: str, folder: Path) -> object:
    path = folder / "config.yaml"
    path.write_text(BASE + privacy)
    return load(path, {}).cameras["front"].privacy


def test_any_number_of_areas(tmp_path: Path) -> None:
    assert loaded("[]", tmp_path) == ()
    found = loaded("[{points: [[0, 0], [1, 0], [0.5, 0.25]]}, {points: [[0,0],[0,1],[1,1],[1,0]]}]", tmp_path)
    assert isinstance(found, tuple)
    assert [one.points for one in found] == [
        ((0, 0), (1, 0), (0.5, 0.25)),
        ((0, 0), (0, 1), (1, 1), (1, 0)),
    ]


@pytest.mark.parametrize(
    ("privacy", "message"),
    [
        ("[{points: [[0, 0], [1, 0]]}]", "privacy.0.points: has 2 points, allowed: 3 to 100 points"),
        ("[{points: [[0, 0], [1, 0], [0.5, 1.5]]}]", "privacy.0.points.2.1: 1.5 is out of range"),
        ("[{points: [[0, 0], [640, 0], [640, 480]]}]", "privacy.0.points.1.0: 640 is out of range"),
        ("[{points: [[0, 0], [1, 1], [0.5, 0.5]]}]", "privacy.0.points: has no area"),
        ("[{points: [[0, 0], [1, 1], [1, 0], [0, 1]]}]", "privacy.0.points: crosses itself"),
        ("[{corners: [[0, 0], [1, 1], [1, 0]]}]", "privacy.0.corners: unknown key"),
        ("[{}]", "privacy.0.points: is missing"),
        ("{points: [[0, 0], [1, 0], [1, 1]]}", "privacy: a section is not a list"),
    ],
)
def test_mistakes_are_named(privacy: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(privacy, tmp_path)
    assert message in str(caught.value)


def test_from_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(BASE + "[]")
    name = "MQTTCAM__CAMERAS__FRONT__PRIVACY"
    settings = load(path, {name: "[{points: [[0, 0], [1, 0], [1, 1]]}]"})
    assert len(settings.cameras["front"].privacy) == 1


def test_pictures_are_then_not_passed_through(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    for line, changes in (("[]", False), ("[{points: [[0, 0], [1, 0], [1, 1]]}]", True)):
        path.write_text(BASE + line)
        assert load(path, {}).cameras["front"].changes_picture is changes
    path.write_text(BASE + "[]\n    rotation: 90")
    assert load(path, {}).cameras["front"].changes_picture
