"""The cameras of a backup put into a configuration file; over HTTP, see `tests/web/test_restore.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.settings.editing import restored_cameras
from mqttcam.settings.editing.restored_cameras import with_cameras_of
from mqttcam.settings.editing.yaml_edit import CannotEdit

PRESENT = "cameras:\n  front: {source: {type: test_pattern}}\n"


def backup(cameras: int, name: str = "") -> str:
    return "cameras:\n" + "".join(
        f"  c{n}: {{source: {{type: test_pattern}}, name: Camera {n}{name}}}\n" for n in range(cameras)
    )


def test_too_many_changes_are_refused_before_the_first_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each parses the whole text again, so that those up to the limit would take half a minute."""

    def change(_text: str, name: str, _section: object) -> str:
        raise AssertionError(f"{name} is changed")

    monkeypatch.setattr(restored_cameras, "with_camera", change)
    for present in (PRESENT, backup(2000, " of old")):
        with pytest.raises(CannotEdit, match="too many at once"):
            with_cameras_of(present, backup(2000), Path("recordings"), lambda text: text)


def test_as_many_as_a_large_house_has_are_added() -> None:
    found = with_cameras_of(PRESENT, PRESENT + backup(30).partition("\n")[2], Path("recordings"), str)
    assert [one.change for one in found.cameras] == ["unchanged", *["added"] * 30]
