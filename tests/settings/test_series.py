"""`series` of a camera."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
import yaml

from mqttcam.settings import json_schema
from mqttcam.settings.series import SeriesSettings, SeriesVideoSettings, end_of
from tests.settings.cases import lines, loaded


def camera(series: str) -> str:
    return f"cameras:\n  x:\n    source: {{type: test_pattern}}\n    series: {{garden: {series}}}"


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("{schedule: every 10 minutes}", {"schedule": "every 10 minutes"}),
        ("{schedule: 60, video: true}", {"schedule": "60", "video": SeriesVideoSettings()}),
        (
            "{schedule: 60, video: {fps: 10}, pictures: Drop}",
            {"schedule": "60", "video": SeriesVideoSettings(fps=10), "pictures": "drop"},
        ),
        (
            "{schedule: 60, exposures: [1000, 10000], focus: [0, 2.5]}",
            {"schedule": "60", "exposures": (1000, 10000), "focus": (0, 2.5)},
        ),
        (
            "{schedule: 60, until: 2027-03-31, count: 5}",
            {"schedule": "60", "until": "2027-03-31", "count": 5},
        ),
        ("{schedule: 60, keep: {size: 5GB}}", {"schedule": "60", "keep": {"size": 5 * 10**9}}),
    ],
)
def test_accepted(tmp_path: Path, text: str, series: dict[str, object]) -> None:
    wanted = SeriesSettings.model_validate(series)
    assert loaded(tmp_path, camera(text)).cameras["x"].series == {"garden": wanted}
    schema = jsonschema.Draft202012Validator(json_schema())
    assert list(schema.iter_errors(yaml.load(camera(text), yaml.BaseLoader))) == [] or "60" in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "schedule: is missing"),
        ("{schedule: sometimes}", "is not a schedule"),
        ("{schedule: at sunset}", "there is no `location`"),
        ("{schedule: 60, pictures: drop}", "is drop, but there is no video"),
        ("{schedule: 60, pictures: drop, video: true, exposures: [1, 2]}", "one picture of each set"),
        ("{schedule: 60, until: tomorrow}", "is not a date"),
        ("{schedule: 60, until: 2027-02-30}", "is not a date"),
        ("{schedule: 60, exposures: [0]}", "exposures"),
        (f"{{schedule: 60, exposures: {list(range(1, 41))}, focus: [1, 2]}}", "over 64 pictures"),
        ("{schedule: 60, vidoe: true}", "did you mean video?"),
    ],
)
def test_refused(tmp_path: Path, text: str, words: str) -> None:
    (line,) = lines(tmp_path, camera(text))
    assert "cameras.x.series" in line
    assert words in line


@pytest.mark.parametrize(
    ("name", "words"),
    [("gar-den", "has a hyphen"), ("a_next", "would share a key"), ("a_pictures", "would share a key")],
)
def test_names(tmp_path: Path, name: str, words: str) -> None:
    series = f"series: {{a: {{schedule: 60}}, {name}: {{schedule: 60}}}}"
    text = f"cameras:\n  x:\n    source: {{type: test_pattern}}\n    {series}"
    (line,) = lines(tmp_path, text)
    assert words in line


def test_the_schedules_of_series_are_among_those_of_the_camera(tmp_path: Path) -> None:
    settings = loaded(tmp_path, camera("{schedule: every 10 minutes}"))
    assert settings.schedules == {("cameras", "x", "series", "garden", "schedule"): "every 10 minutes"}


def test_the_end() -> None:
    assert end_of("2027-03-31T18:00:00+02:00") == datetime(2027, 3, 31, 16, tzinfo=UTC).timestamp()
    assert end_of("2027-03-31") - end_of("2027-03-31 18:00") == 6 * 3600, "the date is part of it"
