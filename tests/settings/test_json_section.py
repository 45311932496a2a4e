"""Sections of the configuration from JSON: the same checks, with the path of the key at fault."""

from __future__ import annotations

import pytest

from mqttcam.settings import SettingsError
from mqttcam.settings.loading.json_section import section_from_json
from mqttcam.settings.motion import MotionSettings

CORNERS = [[0, 0], [1, 0], [1, 1]]


def test_a_valid_section() -> None:
    section = section_from_json(MotionSettings, {"fps": 2, "zones": {"gate": {"points": CORNERS}}})
    assert section == MotionSettings.model_validate({"fps": 2, "zones": {"gate": {"points": CORNERS}}})
    assert section_from_json(MotionSettings, {}) == MotionSettings()


def test_every_problem_has_its_path() -> None:
    data = {
        "fps": "fast",
        "treshold": 1,
        "zones": {"gate": {"points": CORNERS, "threshold": 500}},
        "masks": [5],
    }
    with pytest.raises(SettingsError) as caught:
        section_from_json(MotionSettings, data)
    assert {problem.key: problem.message for problem in caught.value.problems} == {
        "treshold": "unknown key (did you mean threshold?)",
        "fps": "'fast' is not a number",
        "zones.gate.threshold": "500 is out of range",
        "masks.0": "is not a section",
    }


@pytest.mark.parametrize(
    "data", [None, [], "text", 5, {"zones": b"bytes"}, {"masks": [[[[[[[[[[[[[[]]]]]]]]]]]]]]}]
)
def test_what_is_no_section_is_refused(data: object) -> None:
    with pytest.raises(SettingsError):
        section_from_json(MotionSettings, data)
