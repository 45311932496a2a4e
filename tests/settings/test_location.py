"""The location, and schedules that need it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.cases import lines, loaded, problems_of

_SUN = "every 10 minutes from sunrise to sunset"
_MISSING = "depends on the sun, but there is no `location`, allowed: `location: {latitude: …, longitude: …}`"


def camera(rest: str) -> str:
    return f"cameras:\n  a:\n    source: {{type: test_pattern}}\n    {rest}\n"


def test_location(tmp_path: Path) -> None:
    text = f"location: {{latitude: -33.9, longitude: 151}}\n{camera(f'image: {{schedule: {_SUN}}}')}"
    location = loaded(tmp_path, text).location
    assert location is not None
    assert (location.latitude, location.longitude) == (-33.9, 151)
    environ = {"MQTTCAM__LOCATION__LATITUDE": "1.5", "MQTTCAM__LOCATION__LONGITUDE": "-2"}
    location = loaded(tmp_path, camera(f"image: {{schedule: {_SUN}}}"), environ).location
    assert location is not None
    assert (location.latitude, location.longitude) == (1.5, -2)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (camera(f"image: {{schedule: {_SUN}}}"), "config.yaml:4: cameras.a.image.schedule"),
        (camera("image: {schedule: AT SUNSET+1h}"), "config.yaml:4: cameras.a.image.schedule"),
        (camera(f"tcp: {{host: x, port: 1, schedule: {_SUN}}}"), "config.yaml:4: cameras.a.tcp.schedule"),
        (camera("motion: {active: from sunset to 6:00}"), "config.yaml:4: cameras.a.motion.active"),
        (f"kafka: {{brokers: x, topic: y, schedule: {_SUN}}}\n", "config.yaml:1: kafka.schedule"),
        (
            f"kafka: {{brokers: x, topic: y}}\n{camera(f'kafka: {{schedule: {_SUN}}}')}",
            "config.yaml:5: cameras.a.kafka.schedule",
        ),
    ],
)
def test_a_schedule_with_the_sun_needs_a_location(tmp_path: Path, text: str, key: str) -> None:
    """The error names both: the line of the schedule, and the section that is missing."""
    (found,) = lines(tmp_path, text)
    assert found.startswith(f"{key}: ")
    assert _MISSING in found


def test_in_the_variables_of_the_reference_sender(tmp_path: Path) -> None:
    environ = {"PICAMERA2_SIZE": "VGA", "SS_BROKERS": "x", "SS_TOPIC": "y", "SCHEDULE": "at sunrise"}
    (found,) = map(str, problems_of(None, environ))
    assert found.startswith("environment: SCHEDULE: ")
    assert _MISSING in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{latitude: 91, longitude: 0}",
            "location.latitude: 91 is out of range, allowed: a number from -90 to 90",
        ),
        ("{latitude: 0, longitude: 181}", "location.longitude: 181 is out of range"),
        ("{latitude: 1}", "location.longitude: is missing"),
        ("{lat: 1, longitude: 2}", "location.lat: unknown key (did you mean latitude?)"),
        ("{lon: 1, latitude: 2}", "location.lon: unknown key (did you mean longitude?)"),
    ],
)
def test_invalid(tmp_path: Path, text: str, expected: str) -> None:
    assert any(expected in line for line in lines(tmp_path, f"location: {text}\n"))
