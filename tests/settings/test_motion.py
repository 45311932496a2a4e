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


TRIANGLE = "{points: [[0.1, 0.4], [0.5, 0.4], [0.5, 1]]}"


def test_zones_and_masks(tmp_path: Path) -> None:
    text = camera(f"""
    motion:
      zones:
        gate: {TRIANGLE}
        road: {{points: [[0, 0], [1, 0], [1, 1]], threshold: 20}}
      masks: [{TRIANGLE}]
    """)
    motion = loaded(tmp_path, text).cameras["x"].motion
    assert motion is not None
    assert {name: (zone.points[0], zone.threshold) for name, zone in motion.zones.items()} == {
        "gate": ((0.1, 0.4), 0.5),
        "road": ((0, 0), 20),
    }
    assert [mask.points for mask in motion.masks] == [((0.1, 0.4), (0.5, 0.4), (0.5, 1))]
    assert list(jsonschema.Draft202012Validator(json_schema()).iter_errors(yaml.safe_load(text))) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{gate: {points: [[0, 0], [1, 1]]}}", "zones.gate.points: has 2 points, allowed: 3 to 100 points"),
        ("{gate: {points: [[0, 0], [1, 1], [0, 640]]}}", "zones.gate.points.2.1: 640 is out of range"),
        ("{gate: {threshold: 1}}", "zones.gate.points: is missing"),
        (f"{{gate: {TRIANGLE[:-1]}, threshold: 0}}}}", "zones.gate.threshold: 0 is out of range"),
        (f"{{front-gate: {TRIANGLE}}}", "zones.front-gate: has a hyphen"),
        (f"{{front-gate: {TRIANGLE}}}", "such as front_gate"),
        (f"{{Gate: {TRIANGLE}}}", "zones.Gate: is not an id"),
        (f"{{gate: {TRIANGLE}, gate_motion: {TRIANGLE}}}", "zones: the zone gate_motion would share a key"),
        (f"[{TRIANGLE}]", "zones: is a list"),
        (
            "{" + ", ".join(f"z{number}: {TRIANGLE}" for number in range(21)) + "}",
            "zones: has too many entries, allowed: at most 20",
        ),
    ],
)
def test_refused_zones(tmp_path: Path, text: str, words: str) -> None:
    (line,) = lines(tmp_path, camera(f"    motion: {{zones: {text}}}"))
    assert words in line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[{points: [[0, 0], [1, 0], [0.5, 0]]}]", "masks.0.points: has no area"),
        (f"{TRIANGLE}", "masks: a section is not a list"),
        ("[" + ", ".join([TRIANGLE] * 51) + "]", "masks: has too many entries, allowed: at most 50"),
    ],
)
def test_refused_masks(tmp_path: Path, text: str, words: str) -> None:
    (line,) = lines(tmp_path, camera(f"    motion: {{masks: {text}}}"))
    assert words in line


def test_a_zone_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(camera(f"    motion: {{zones: {{gate: {TRIANGLE}}}}}"))
    motion = load(file, {"MQTTCAM__CAMERAS__X__MOTION__ZONES__GATE__THRESHOLD": "7"}).cameras["x"].motion
    assert motion is not None
    assert motion.zones["gate"].threshold == 7
