"""Tuning files, which libcamera loads when it enumerates the cameras. Virtual cameras have none: it is only seen here
that libcamera is told of them in time, as its source has it; `check-pi.py` sees their effect.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from picamera2 import Picamera2

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2 import PiCamera, library
from mqttcam.camera.sources.picamera2.tuning import Tunings
from tests.virtual_pi.inside.cameras import BARS, LINES, source_of

_TUNING = b'{"version": 2.0, "algorithms": [{"rpi.black_level": {"black_level": 4096}}]}'
Seen = list[dict[str, str]]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder with the tuning files a.json and b.json."""
    folder = tmp_path / "tuning"
    folder.mkdir()
    for name in ("a.json", "b.json"):
        (folder / name).write_bytes(_TUNING)
    monkeypatch.setattr(library, "TUNINGS", Tunings())
    yield tmp_path
    library.TUNINGS.unload()


@pytest.fixture
def enumerated(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """The tuning file of each model, at each enumeration from now on."""
    seen: Seen = []
    reset = Picamera2._cm.reset

    def spy() -> None:
        seen.append(loaded())
        reset()

    monkeypatch.setattr(Picamera2._cm, "reset", spy)
    return seen


def loaded() -> dict[str, str]:
    """The tuning files that libcamera finds before its own, by their links' names, with the names of the files."""
    path = os.environ.get("LIBCAMERA_IPA_CONFIG_PATH")
    found = Path(path, "rpi", "vc4").glob("*.json") if path else ()
    return {link.stem: link.resolve().name for link in found if not link.stem.endswith("_mono")}


def tuned(state: Path, camera: str, name: str | None, **more: Any) -> PiCamera:
    source = source_of(camera, size=None, tuning_file=name, **more)
    source.state_dir = state
    return source


def test_each_model_has_its_own(state: Path, enumerated: Seen) -> None:
    first, second = tuned(state, BARS, "a.json"), tuned(state, LINES, "b.json")
    second._want_tuning(Picamera2)  # as it has, while it waits for the first one to be opened
    assert first.open().details["tuning_file"] == "a.json"
    assert second.open().details["tuning_file"] == "b.json"
    try:
        assert enumerated == [{}, {"virtual-bars": "a.json", "virtual-lines": "b.json"}]
        assert first.notes == second.notes == []
        assert first.read(2) is not None
    finally:
        first.close()
        second.close()


def test_cameras_that_run_are_closed_for_another_tuning_file(state: Path, enumerated: Seen) -> None:
    first, second = tuned(state, BARS, "a.json"), tuned(state, LINES, "b.json")
    first.open()
    with pytest.raises(SourceError, match="waiting until the other cameras are closed"):
        second.open()
    with pytest.raises(SourceError, match="closed for a moment"):
        first.read(2)
    first.close()
    second.open()
    first.open()
    try:
        assert enumerated[-1] == {"virtual-bars": "a.json", "virtual-lines": "b.json"}
        assert first.read(2) is not None
        assert second.read(2) is not None
    finally:
        first.close()
        second.close()


def test_a_replaced_file_is_loaded_again(state: Path, enumerated: Seen) -> None:
    first, second = tuned(state, BARS, "a.json"), tuned(state, LINES, None)
    first.open()
    assert second.open().details["tuning_file"] is None
    second.close()
    second.open()
    second.close()
    (state / "tuning" / "a.json").write_bytes(_TUNING + b"\n\n")
    with pytest.raises(SourceError, match="waiting until the other cameras are closed"):
        second.open()
    first.close()
    first.open()
    first.close()
    assert enumerated == [{}, {"virtual-bars": "a.json"}] * 2


def test_cameras_of_one_model_share_the_first_ones(state: Path) -> None:
    library.TUNINGS.want(0, state / "tuning" / "a.json")
    source = tuned(state, Picamera2.global_camera_info()[0]["Id"], "b.json")
    source.open()
    source.close()
    (note,) = source.notes
    assert note.startswith("source.tuning_file: cameras of one model share one tuning file: ")
    assert note.endswith("a.json is used")


def test_a_file_that_is_not_there_is_noted_with_those_that_are(state: Path) -> None:
    source = tuned(state, BARS, "imx999.json")
    source.open()
    try:
        assert source.read(2) is not None
        (note,) = source.notes
        assert note.startswith(
            "source.tuning_file: there is no tuning file imx999.json; there are: a.json, b.json"
        )
        assert note.endswith("; libcamera's own is used")
    finally:
        source.close()


def test_a_file_with_which_libcamera_finds_no_camera_is_not_used(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = Picamera2.global_camera_info

    def found() -> list[Any]:
        """As on a Pi whose libcamera leaves out a camera with a broken tuning file."""
        return [info for info in everything() if info["Model"] not in loaded()]

    monkeypatch.setattr(Picamera2, "global_camera_info", staticmethod(found))
    source = tuned(state, BARS, "a.json")
    for _ in range(2):
        source.open()
        assert source.read(2) is not None
        source.close()
        (note,) = source.notes
        assert "a.json is refused by libcamera" in note
        assert note.endswith("libcamera's own is used")


def test_a_folder_that_cannot_be_written_is_noted(state: Path) -> None:
    (state / "tuning" / ".loaded").write_text("in the way", encoding="ascii")
    source = tuned(state, BARS, "a.json")
    source.open()
    source.close()
    (note,) = source.notes
    assert "a.json cannot be linked to" in note


def test_an_absolute_path_needs_no_folder(tmp_path: Path, state: Path, enumerated: Seen) -> None:
    path = tmp_path / "elsewhere.json"
    path.write_bytes(_TUNING)
    source = tuned(state, BARS, str(path))
    source.open()
    source.close()
    assert source.notes == []
    assert enumerated[-1] == {"virtual-bars": "elsewhere.json"}


def test_a_relative_state_folder(state: Path, enumerated: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(state.parent)
    source = tuned(Path(state.name), BARS, "a.json")
    source.open()
    monkeypatch.chdir("/")
    source.close()
    assert source.notes == []
    assert loaded() == enumerated[-1] == {"virtual-bars": "a.json"}
