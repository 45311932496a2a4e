"""When a recording begins and ends, and what is in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.recordings.rig import BEGIN, SECOND, Rig, event, frames, probe, tree

pytest.importorskip("av")

MakeRig = Callable[..., Rig]


@pytest.fixture
async def make_rig(tmp_path: Path) -> AsyncIterator[MakeRig]:
    rigs: list[Rig] = []

    def make(**settings: object) -> Rig:
        rigs.append(Rig(tmp_path / "recordings", **settings))
        return rigs[-1]

    yield make
    for rig in rigs:
        await rig.recorder.close()


async def test_motion_is_recorded_with_the_seconds_before_and_after(make_rig: MakeRig) -> None:
    rig = make_rig(before=2, after=3)
    rig.video.seconds(10)
    motion = event(begin_ns=BEGIN + 10 * SECOND)
    rig.recorder.begin(motion)
    assert rig.recorder.recording
    rig.video.seconds(4)
    rig.recorder.end(motion.model_copy(update={"end_ns": BEGIN + 14 * SECOND}), quiet=1)
    rig.video.seconds(1.8)
    assert rig.recorder.recording
    rig.video.seconds(0.3)
    assert not rig.recorder.recording
    (recording,) = await rig.whole(1)
    assert recording.stem == "front/2026-11-29/193019-motion"
    assert recording.reason == "motion"
    assert recording.events == (motion.model_copy(update={"end_ns": BEGIN + 14 * SECOND}),)
    # From the keyframe at or before 8 seconds.
    assert recording.begin_ns == BEGIN + 7 * SECOND
    assert recording.seconds == pytest.approx(9, abs=0.15)
    pictures = frames(rig.path(recording))
    assert len(pictures) == pytest.approx(90, abs=1)
    assert pictures[0]["pts"] == 0
    assert pictures[0]["key_frame"] == 1
    shown = probe(rig.path(recording), "-show_format", "-show_streams")
    assert shown["format"]["tags"]["creation_time"].startswith("2026-11-29T19:30:19")
    assert float(shown["format"]["duration"]) == pytest.approx(recording.seconds, abs=0.001)
    assert tree(rig.library.path) == [recording.stem + ".json", recording.stem + ".mp4"]
