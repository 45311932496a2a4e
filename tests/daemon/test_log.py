"""The log as text and as JSON; clients cannot inject lines."""

from __future__ import annotations

import json

import pytest

from tests.support.rig import Launch, Rig

FORGED = "\n2026-01-01 00:00:00 ERROR mqttcam: the house is on fire\n"


def _provoke(rig: Rig) -> None:
    """Let things happen that are worth a line, with names and values that try to look like lines."""
    rig.front.next_image()
    rig.front.set({"request_id": FORGED, "brightness": FORGED})
    rig.front.set({FORGED: 1})
    rig.front.set(FORGED)
    rig.front.command(f"no such {FORGED.strip()}", FORGED)
    rig.node.command("log_level", FORGED)
    rig.front.command("restart_camera")
    rig.front.next_image()
    rig.daemon.config_file.write_text(f"mqtt: {{host: b, {json.dumps(FORGED)}: 1}}\n")
    rig.node.command("reload")
    rig.daemon.stop()


def test_json_is_one_object_per_line(launch: Launch) -> None:
    rig = launch(log={"format": "json", "level": "DEBUG"})
    _provoke(rig)
    lines = [json.loads(line) for line in rig.daemon.log.splitlines()]
    assert len(lines) > 2
    assert all(isinstance(line, dict) for line in lines)
    assert {"INFO", "WARNING", "ERROR"} & {
        value for line in lines for value in line.values() if isinstance(value, str)
    }


@pytest.mark.parametrize("level", ["DEBUG", "info"])
def test_a_client_cannot_forge_log_lines(launch: Launch, level: str) -> None:
    rig = launch(log={"level": level})
    _provoke(rig)
    assert not [line for line in rig.daemon.log.splitlines() if line.startswith("2026-01-01 00:00:00")]
    assert rig.daemon.log.count("DEBUG") or level == "info"
    assert "\x1b" not in rig.daemon.log, "colours are for terminals"


def test_a_level_hides_lower_ones(launch: Launch) -> None:
    rig = launch(log={"level": "ERROR"})
    rig.front.next_image()
    rig.daemon.stop()
    assert rig.daemon.log == ""
