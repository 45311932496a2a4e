"""The overlay: what its text may have, and how a mistake is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.camera.metadata_fields import METADATA_FIELDS
from mqttcam.settings import SettingsError, load
from mqttcam.settings.overlay import VALUES, OverlaySettings, overlay_parts

BASE = "cameras:\n  front:\n    source: {type: test_pattern}\n    overlay: "


def loaded(overlay: str, folder: Path) -> OverlaySettings | None:
    path = folder / "config.yaml"
    path.write_text(BASE + overlay)
    return load(path, {}).cameras["front"].overlay


@pytest.mark.parametrize(
    ("overlay", "text", "position"),
    [
        ("true", "{name} %Y-%m-%d %H:%M:%S", "bottom-left"),
        ("{position: Top-Right}", "{name} %Y-%m-%d %H:%M:%S", "top-right"),
        ('{text: "Gate {{1}} {Lux} lx"}', "Gate {{1}} {Lux} lx", "bottom-left"),
        (
            '{text: "Haustür\\n{seq}", size: 8, colour: "#ff8800", background: black}',
            "Haustür\n{seq}",
            "bottom-left",
        ),
    ],
)
def test_accepted(overlay: str, text: str, position: str, tmp_path: Path) -> None:
    found = loaded(overlay, tmp_path)
    assert found is not None
    assert (found.text, found.position) == (text, position)


def test_off(tmp_path: Path) -> None:
    assert loaded("false", tmp_path) is None


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        (
            '{text: "{lux}"}',
            "overlay.text: has an unknown value {lux}, allowed: {name}, {seq}, {ExposureTime}",
        ),
        ('{text: "{Lux:5}"}', "overlay.text: has an unknown value {Lux}"),
        ('{text: "{}"}', "overlay.text: has an unknown value {}"),
        ('{text: "50 % {"}', "overlay.text: has a brace that is not one of a pair"),
        ('{text: "a\\tb"}', "overlay.text: has a character that cannot be printed"),
        ('{text: ""}', "overlay.text: is empty"),
        ("{colour: whitish}", "overlay.colour: is not a colour, allowed: a name such as white"),
        ("{position: left}", "overlay.position"),
        ("{size: 0}", "overlay.size: 0 is out of range, allowed: a number from 1 to 25"),
        ("{font: /nowhere.ttf}", "overlay.font: the file /nowhere.ttf cannot be read"),
    ],
)
def test_mistakes_are_named(overlay: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(overlay, tmp_path)
    assert message in str(caught.value)


def test_everything_that_a_camera_measures_can_be_shown() -> None:
    assert set(VALUES) == {"name", "seq", *(field.name for field in METADATA_FIELDS)}
    text = " ".join(f"{{{name}}}" for name in VALUES)
    assert [name for _, name in overlay_parts(text)] == list(VALUES)


def test_pictures_are_then_not_passed_through(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(BASE + "true")
    assert load(path, {}).cameras["front"].changes_picture
