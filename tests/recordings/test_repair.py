"""What a killed daemon has left is finished at the next start."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
from pathlib import Path

import pytest

from mqttcam.recordings.open_file import OpenFile
from mqttcam.recordings.paths import RecordingsFolder
from mqttcam.recordings.recording import Recording
from mqttcam.recordings.repair import Repair, finish_recording, unfinished
from tests.recordings.rig import BEGIN, SECOND, encoded, event, frames, probe, tree
from tests.support.waiting import until

pytest.importorskip("av")


def killed(tmp_path: Path, count: int = 38) -> Path:
    """Return a folder as it is on the disk while a recording of motion is being written."""
    draft = Recording(
        id="some-id",
        camera="front",
        stem="",
        reason="motion",
        begin_ns=BEGIN,
        seconds=0,
        bytes=0,
        events=(event(),),
    )
    writing = OpenFile(RecordingsFolder(tmp_path / "recordings"), draft, encoded()[0])
    writing.write_picture("start", b"start")
    for unit in encoded()[:count]:
        writing.write(unit)
    left = Path(shutil.copytree(tmp_path / "recordings", tmp_path / "left"))
    writing.discard()
    return left


async def test_a_recording_is_finished_with_its_sidecar(tmp_path: Path) -> None:
    left = killed(tmp_path)
    (torn,) = left.rglob("*.part")
    with torn.open("ab") as file:
        file.write(b"\0\0\1\0moof")
    (torn.parent / ".193012-motion.json.new").write_bytes(b"{")
    found: list[Recording] = []
    repair = Repair(left, found.append)
    repair.start()
    await until(lambda: found, "the recording")
    (recording,) = found
    assert recording.stem == "front/2026-11-29/193012-motion"
    assert recording.seconds == 3.4
    end_ns = BEGIN + round(recording.seconds * SECOND)
    assert recording.events == (event(end_ns=end_ns),)
    assert recording.pictures == ("start",)
    video = left / (recording.stem + ".mp4")
    assert len(frames(video)) == round(recording.seconds * 10)
    assert float(probe(video, "-show_format")["format"]["duration"]) == pytest.approx(recording.seconds)
    sidecar = (left / (recording.stem + ".json")).read_bytes()
    assert Recording.model_validate_json(sidecar) == recording
    assert tree(left) == [recording.stem + ending for ending in ("-start.jpg", ".json", ".mp4")]
    repair.stop()


def test_nothing_is_left_of_a_recording_without_video(tmp_path: Path) -> None:
    left = killed(tmp_path, 2)
    (files,) = unfinished(left)
    assert finish_recording(files) is None
    assert tree(left) == []


def test_a_recording_without_sidecar_is_named_by_its_place(tmp_path: Path) -> None:
    left = killed(tmp_path)
    (files,) = unfinished(left)
    files.sidecar.write_bytes(b"{")
    recording = finish_recording(files)
    assert recording is not None
    assert (recording.camera, recording.reason) == ("front", "motion")
    assert recording.begin_ns == BEGIN
    assert recording.seconds == 3.4
    assert Recording.model_validate_json(files.sidecar.read_bytes()) == recording
    assert files.video.exists()


def test_what_is_being_written_is_left_alone(tmp_path: Path) -> None:
    left = killed(tmp_path)
    (files,) = unfinished(left)
    with files.part.open("rb") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        assert finish_recording(files) is None
        assert files.part.exists()
    assert finish_recording(files) is not None


@pytest.mark.parametrize("linked", ["file", "folder"])
def test_nothing_behind_a_symbolic_link_is_finished(tmp_path: Path, linked: str) -> None:
    left = killed(tmp_path)
    (files,) = unfinished(left)
    inside = files.part if linked == "file" else files.part.parent
    outside = inside.rename(tmp_path / "outside")
    inside.symlink_to(outside)
    real = files.part.resolve()
    before = real.read_bytes()
    with pytest.raises(OSError, match="symbolic link"):
        finish_recording(files)
    assert real.read_bytes() == before


async def test_a_file_that_is_no_video_stays(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    part = tmp_path / "front" / "2026-11-29" / "193012-motion.mp4.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"\0\0\0\x10moov12345678\0\0\0\x10mdat12345678")
    repair = Repair(tmp_path, lambda recording: None)
    repair.start()
    await until(lambda: "stays unfinished" in caplog.text, "the log line")
    assert part.exists()
    await asyncio.sleep(0)
