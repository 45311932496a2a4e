"""The next times of each schedule, as `mqttcam check` prints them."""

from __future__ import annotations

from pathlib import Path

from mqttcam.cli.upcoming import upcoming
from mqttcam.settings import load
from tests.schedule.local import BERLIN, OSLO, at
from tests.support.daemon import mqttcam_command

_FILE = """\
mqtt: {host: broker.lan}
location: {latitude: 69.6492, longitude: 18.9553}
kafka: {brokers: kafka.lan, topic: x, schedule: every day at 02:30}
cameras:
  a:
    source: {type: test_pattern}
    image: {schedule: At Sunrise + 15m}
    kafka: {schedule: every 2 days at 10:30 on mon}
    tcp: {host: viewer.lan, port: 1, schedule: 1.5}
  b:
    source: {type: test_pattern}
    image: {fps: 1}
"""


def test_five_times_of_each_with_the_offset(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(_FILE)
    settings = load(tmp_path / "config.yaml", {})
    found = dict(line.split(": ", 1) for line in upcoming(settings, at("2026-10-24 12:00:00"), BERLIN))
    assert found["kafka.schedule"] == (
        "every day at 02:30: 2026-10-25 02:30:00+02:00, 2026-10-26 02:30:00+01:00, 2026-10-27 02:30:00+01:00, "
        "2026-10-28 02:30:00+01:00, 2026-10-29 02:30:00+01:00"
    )
    assert found["cameras.a.kafka.schedule"].startswith(
        "every 2 days at 10:30 on mon: 2026-10-26 10:30:00+01:00, 2026-11-09"
    )
    assert found["cameras.a.tcp.schedule"].startswith(
        "1.5: 2026-10-24 12:00:01.500+02:00, 2026-10-24 12:00:03+02:00"
    )
    assert found["cameras.a.tcp.schedule"].endswith("(from the first picture, if it is now)")
    assert set(found) == {"kafka.schedule"} | {
        f"cameras.a.{name}.schedule" for name in ("image", "kafka", "tcp")
    }


def test_periods(tmp_path: Path) -> None:
    text = (
        _FILE
        + """\
    motion: {active: on mon-fri from 22:00 to 02:30}
  c:
    source: {type: test_pattern}
    motion: {active: from sunset to sunrise}
  d:
    source: {type: test_pattern}
    motion: {active: on mon-sun}
"""
    )
    (tmp_path / "config.yaml").write_text(text)
    settings = load(tmp_path / "config.yaml", {})
    found = dict(line.split(": ", 1) for line in upcoming(settings, at("2026-10-24 01:00:00"), BERLIN))
    assert found["cameras.b.motion.active"] == (
        "on mon-fri from 22:00 to 02:30: active now, until 2026-10-24 02:30:00+02:00"
    )
    assert found["cameras.c.motion.active"].startswith(
        "from sunset to sunrise: active now, until 2026-10-24 08:"
    )
    assert found["cameras.d.motion.active"] == "on mon-sun: active, always"
    found = dict(line.split(": ", 1) for line in upcoming(settings, at("2026-06-24 12:00:00"), BERLIN))
    assert found["cameras.b.motion.active"].endswith("not active now, next at 2026-06-24 22:00:00+02:00")
    assert found["cameras.c.motion.active"].startswith(
        "from sunset to sunrise: not active now, next at 2026-07-2"
    )
    assert found["cameras.c.motion.active"].endswith("(the sun does not rise or set today, it is up)")


def test_the_polar_night_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(_FILE)
    settings = load(tmp_path / "config.yaml", {})
    line = next(line for line in upcoming(settings, at("2026-12-01 12:00:00", OSLO), OSLO) if "image" in line)
    assert line.startswith("cameras.a.image.schedule: at sunrise+15m: 2027-01-15 11:4")
    assert line.endswith("(the sun does not rise today)")


def test_never(tmp_path: Path) -> None:
    text = _FILE.replace("At Sunrise + 15m", "at sunrise from 14:00 to 15:00")
    (tmp_path / "config.yaml").write_text(text)
    settings = load(tmp_path / "config.yaml", {})
    lines = list(upcoming(settings, at("2026-12-01 12:00:00", OSLO), OSLO))
    assert any(
        "image.schedule: at sunrise from 14:00 to 15:00: not within the next year" in line for line in lines
    )


def test_check_prints_them(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(_FILE)
    done = mqttcam_command(tmp_path, "check", "-c", str(tmp_path / "config.yaml"))
    assert done.returncode == 0, done.stderr
    line = next(
        line for line in done.stdout.splitlines() if line.startswith("kafka.schedule: every day at 02:30: ")
    )
    assert line.count(" 02:30:00") == 5
