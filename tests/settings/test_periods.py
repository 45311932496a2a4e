"""The hours of motion detection."""

from __future__ import annotations

from pathlib import Path

from tests.settings.cases import lines, loaded


def camera(active: str) -> str:
    return (
        f"cameras:\n  a:\n    source: {{type: test_pattern}}\n    motion: {{active: {active}, pause: 30}}\n"
    )


def test_motion(tmp_path: Path) -> None:
    motion = loaded(tmp_path, camera("On Mon - Fri  from 22:00 to 6:00")).cameras["a"].motion
    assert motion is not None
    assert (motion.active, motion.pause) == ("on mon - fri from 22:00 to 6:00", 30)


def test_refused_with_the_grammar(tmp_path: Path) -> None:
    (found,) = lines(tmp_path, camera("from 22:00 to 25:00"))
    assert found.startswith(
        "config.yaml:4: cameras.a.motion.active: is not a period ("
        "'25' is not a number from 0 to 23), allowed: `on DAYS` (on mon-fri"
    )
    (found,) = lines(tmp_path, camera("every 10 minutes"))
    assert "cameras.a.motion.active: is not a period, allowed: `on DAYS`" in found
