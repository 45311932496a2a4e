"""Presets that configure a camera, and what a camera has to be opened again for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.picamera2 import Picamera2Source
from tests.settings.cases import lines

_SOURCE: dict[str, Any] = {"type": "picamera2", "camera": 1, "buffers": 6, "photo": {"buffers": 2}}


def settings_of(**more: Any) -> CameraSettings:
    return CameraSettings.model_validate({"source": _SOURCE, "size": "HD"} | more)


def test_a_preset_changes_the_keys_that_it_has() -> None:
    settings = settings_of(
        presets={
            "detail": {"size": "FHD", "source": {"sensor_mode": "4056x3040", "raw": {"format": "SRGGB12"}}},
            "plain": {"controls": {"Brightness": 1}},
        }
    )
    changed = settings.with_preset(settings.presets["detail"])
    source = changed.source
    assert isinstance(source, Picamera2Source)
    assert str(changed.size) == "1920x1080"
    assert (source.camera, source.buffers, source.photo.buffers) == (1, 6, 2)
    assert (source.sensor_mode, source.raw.format) == ("4056x3040", "SRGGB12")
    assert settings.with_preset(settings.presets["plain"]) == settings.with_preset(None) == settings


def test_only_what_a_camera_is_opened_with_needs_an_opening() -> None:
    opening = settings_of().opening
    for same in (
        {"video": {"quality": 30}},
        {"presets": {"day": {"size": "VGA"}}},
        {"source": _SOURCE | {"photo": {"size": "VGA"}, "raw": {"format": "SRGGB12"}, "same_aspect": True}},
    ):
        assert settings_of(**same).opening == opening, same
    for other in (
        {"size": "VGA"},
        {"rotation": 90},
        {"source": _SOURCE | {"buffers": 2}},
        {"source": _SOURCE | {"tuning_file": "imx219_noir.json"}},
        {"source": {"type": "test_pattern"}},
    ):
        assert settings_of(**other).opening != opening, other


def test_streams_are_for_camera_modules(tmp_path: Path) -> None:
    presets = "{a: {size: HD}, b: {source: {}}}"
    text = f"cameras:\n  front:\n    source: {{type: test_pattern}}\n    presets: {presets}\n"
    (line,) = lines(tmp_path, text)
    assert "cameras.front.presets.b.source: is for cameras of type picamera2, allowed: controls, size" in line
