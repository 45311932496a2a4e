"""`motion` of a camera: true, false, a section, from the environment."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from mqttcam.settings import MotionSettings, json_schema, load
from tests.settings.cases import lines, loaded


def camera(motion: str) -> str:
    return f"cameras:\n  x:\n    source: {{type: test_pattern}}\n{motion}"


@pytest.mark.parametrize(
    ("text", "motion"),
    [
        ("", None),
        ("    motion: false", None),
        ("    motion: null", None),
        ("    motion: true", MotionSettings()),
        ("    motion:", MotionSettings()),
        ("    motion: {}", MotionSettings()),
        ("    motion: {enabled: false, fps: 2}", MotionSettings(enabled=False, fps=2)),
        ("    motion: {threshold: 0.1, clear_after: 3600}", MotionSettings(threshold=0.1, clear_after=3600)),
    ],
)
def test_accepted(tmp_path: Path, text: str, motion: MotionSettings | None) -> None:
    assert loaded(tmp_path, camera(text)).cameras["x"].motion == motion
    assert (
        list(jsonschema.Draft202012Validator(json_schema()).iter_errors(yaml.safe_load(camera(text)))) == []
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("maybe", "neither true nor false"),
        ("{threshold: 0}", "threshold: 0 is out of range"),
        ("{threshold: 51}", "threshold: 51 is out of range"),
        ("{fps: 31}", "fps: 31 is out of range"),
        ("{clear_after: 0}", "clear_after: 0 is out of range"),
        ("{treshold: 1}", "did you mean threshold?"),
    ],
)
def test_refused(tmp_path: Path, text: str, words: str) -> None:
    (line,) = lines(tmp_path, camera(f"    motion: {text}"))
    assert "cameras.x.motion" in line
    assert words in line


@pytest.mark.parametrize(
    ("name", "value", "motion"),
    [
        ("MOTION", "true", MotionSettings()),
        ("MOTION", "false", None),
        ("MOTION__THRESHOLD", "3", MotionSettings(threshold=3)),
    ],
)
def test_from_the_environment(tmp_path: Path, name: str, value: str, motion: MotionSettings | None) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(camera(""))
    assert load(file, {f"MQTTCAM__CAMERAS__X__{name}": value}).cameras["x"].motion == motion
