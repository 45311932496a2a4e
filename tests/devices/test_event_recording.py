"""A recording of motion ends some time after the last movement, and has a picture of its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.camera.frame import Picture
from mqttcam.devices.event_recording import EventRecording
from mqttcam.devices.motion_event import MotionEvent
from mqttcam.motion.detector import Movement
from tests.recordings.rig import BEGIN, Rig

pytest.importorskip("av")
AFTER = 3.0


def movement(score: float = 1.0) -> Movement:
    return Movement(BEGIN, 1, score, (0, 0, 1, 1), "20261129-193012-5f3a9c01")


def picture(text: bytes) -> Picture:
    return Picture(b"\xff\xd8" + text + b"\xff\xd9", 1, BEGIN, 64, 48, 85)


class Stage:
    """A camera that records, with motion and time as the test says."""

    def __init__(self, folder: Path) -> None:
        self.rig = Rig(folder, before=1, after=AFTER)
        self.motion = EventRecording(self.rig.recorder, AFTER, self.rig.clock)
        self.rig.recorder.listeners.add(self.motion.recorder_changed)
        self.rig.video.seconds(2)
        self.event = MotionEvent(movement(), self.rig.clock.now)
        self.motion.begin(self.event)

    def wait(self, seconds: float) -> None:
        self.rig.video.seconds(seconds)

    def move(self, score: float = 1.0) -> None:
        changed = self.event.add(movement(score), self.rig.clock.now)
        self.motion.moved(self.event, changed=changed)

    def end(self) -> None:
        self.motion.end(self.event, self.event.quiet(self.rig.clock.now))


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "recordings")


async def test_it_ends_after_the_last_movement_though_the_event_lasts(stage: Stage) -> None:
    stage.wait(1)
    stage.move(2.0)
    stage.wait(2.9)
    assert stage.rig.recorder.recording
    stage.wait(0.3)
    assert not stage.rig.recorder.recording
    (first,) = await stage.rig.whole(1)
    assert 1 + 1 + AFTER <= first.seconds < 2 + 1 + AFTER + 0.2, "from the keyframe before"
    assert [(event.end_ns, event.score) for event in first.events] == [(None, 2.0)]

    stage.move()
    stage.wait(1)
    assert stage.rig.recorder.recording, "it moves again, and this is the same event"
    stage.end()
    stage.wait(AFTER)
    # The first one is noted again, as the event has ended by now.
    recordings = {one.id: one for one in await stage.rig.whole(3)}
    assert len(recordings) == 2
    for recording in recordings.values():
        (event,) = recording.events
        assert (event.id, event.end_ns is None) == (stage.event.id, False)


async def test_an_event_that_ends_early_is_recorded_for_as_long(stage: Stage) -> None:
    stage.wait(1)
    stage.end()
    stage.wait(AFTER - 1.2)
    assert stage.rig.recorder.recording
    stage.wait(0.5)
    assert not stage.rig.recorder.recording
    stage.move()
    assert not stage.rig.recorder.recording, "the event has ended"


async def test_pictures(stage: Stage) -> None:
    assert not stage.motion.take_last_wanted()
    stage.motion.add_picture(picture(b"first"), 1.0)
    stage.motion.add_picture(picture(b"best"), 3.0)
    stage.motion.add_picture(picture(b"worse"), 2.0)
    stage.wait(AFTER - 0.4)
    assert stage.motion.take_last_wanted()
    assert not stage.motion.take_last_wanted(), "one is enough"
    stage.motion.add_last_picture(picture(b"last"))
    stage.wait(0.6)
    (recording,) = await stage.rig.whole(1)
    assert set(recording.pictures) == {"start", "best", "end"}
    for ending, text in (("-start.jpg", b"first"), (".jpg", b"best"), ("-end.jpg", b"last")):
        assert stage.rig.path(recording, ending).read_bytes() == picture(text).jpeg


async def test_no_picture_of_the_end_is_wanted_while_something_moves(stage: Stage) -> None:
    for _ in range(8):
        stage.wait(0.8)
        stage.move()
        assert not stage.motion.take_last_wanted()
    stage.motion.close()
    stage.wait(AFTER)
    assert not stage.motion.take_last_wanted()
