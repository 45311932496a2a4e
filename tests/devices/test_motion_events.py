"""Events of motion: each begins and ends exactly once, whatever becomes of the camera, and has pictures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

import pytest

from mqttcam.camera.frame import CaptureSession, Frame
from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraStatus
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.motion_event import MotionEvent
from mqttcam.motion.detector import Movement
from mqttcam.recordings.recording import new_id
from tests.support.devices import Failing, MakeDevice, Recorder, opened
from tests.support.motion import HEIGHT, SECOND, SIZE, START, WIDTH, Scene
from tests.support.waiting import until

MOVEMENT = Movement(START + SECOND // 2, 12, 3.14159, (0.25, 0.1, 1 / 3, 0.5), "20231114-221320-5f3a9c01")


@dataclass
class Stage:
    """A camera with motion detection before which a square moves as the test says."""

    device: CameraDevice
    observer: Recorder
    scene: Scene

    @property
    def types(self) -> list[object]:
        return [event["event_type"] for event in self.observer.events]

    async def offer(self, left: int | None = None, size: int = SIZE) -> None:
        self.scene.offer(left, size)
        await asyncio.sleep(0)

    async def move(self) -> Mapping[str, object]:
        """Something comes; return the event."""
        self.scene.settle()
        await self.offer(60)
        return self.observer.events[-1]

    async def picture(self, count: int) -> None:
        """Wait until so many pictures were made."""
        await until(lambda: len(self.observer.motion_pictures) >= count, f"{count} pictures")


@pytest.fixture
async def stage(make_device: MakeDevice) -> AsyncIterator[Stage]:
    device = opened(make_device(motion={"clear_after": 2}))
    observer = Recorder()
    device.attach(observer)
    yield Stage(device, observer, Scene(device.camera.hub))
    await device.stop()


def test_what_is_published_of_an_event() -> None:
    event = MotionEvent(MOVEMENT, 100.0)
    assert event.id == MOVEMENT.event
    assert event.beginning() == {
        "event_type": "motion",
        "id": event.id,
        "ts": 1_700_000_000.5,
        "seq": 12,
        "score": 3.14,
        "box": {"x": 0.25, "y": 0.1, "width": 0.3333, "height": 0.5},
        "zone": None,
    }
    event.add(Movement(START + SECOND, 14, 9.999, (0, 0, 1, 1), MOVEMENT.event, ("gate",)), 101.5)
    event.add(Movement(START + 3 * SECOND, 18, 1.0, (0, 0, 1, 1), MOVEMENT.event, ("gate", "road")), 103.25)
    assert event.end("p", None) == {
        "event_type": "motion_end",
        "id": event.id,
        "ts": START / 1e9 + 3,
        "seconds": 3.25,
        "score": 10.0,
        "zones": ["gate", "road"],
        "picture": "p",
        "clip": None,
    }
    kept = event.as_event(ended=True)
    assert (kept.begin_ns, kept.end_ns) == (MOVEMENT.ts_ns, MOVEMENT.ts_ns + 13 * SECOND // 4)
    assert (kept.id, kept.type, kept.score, kept.zones) == (event.id, "motion", 10.0, ("gate", "road"))
    assert event.as_event().end_ns is None


def test_ids_are_unique() -> None:
    ids = {new_id(MOVEMENT.ts_ns) for _ in range(100)}
    assert len(ids) == 100
    assert {one[:16] for one in ids} == {"20231114-221320-"}


async def test_an_event_begins_once_and_ends_once(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.device.attach(Failing())
    begin = await stage.move()
    assert (begin["event_type"], begin["seq"]) == ("motion", stage.scene.seq)
    for step in range(8):
        await stage.offer(70 + 5 * step)
    last = stage.scene.now
    assert stage.types == ["motion"]
    while stage.device.motion and stage.device.motion.moving:
        await stage.offer()
    assert stage.types == ["motion", "motion_end"]
    end = stage.observer.events[1]
    assert end["id"] == begin["id"]
    assert last / 1e9 <= float(str(end["ts"])) < stage.scene.now / 1e9
    assert (end["picture"], end["clip"], end["zones"]) == (None, None, [])
    await stage.move()
    assert stage.types == ["motion", "motion_end", "motion"]
    assert stage.observer.events[2]["id"] != begin["id"]
    assert "a bug" in caplog.text


def _switch_off(device: CameraDevice) -> None:
    device.camera.set_enabled(False)


def _fail(device: CameraDevice) -> None:
    device.camera._failed(SourceError("gone"))


def _restart(device: CameraDevice) -> None:
    device.camera._set_status(CameraStatus.STARTING)


def _turn_off_detection(device: CameraDevice) -> None:
    assert device.motion is not None
    device.motion.set_enabled(False)


@pytest.mark.parametrize("interrupt", [_switch_off, _fail, _restart, _turn_off_detection])
async def test_an_event_ends_when_nothing_is_known_any_more(
    stage: Stage, interrupt: Callable[[CameraDevice], None]
) -> None:
    begin = await stage.move()
    stage.scene.offer(90)  # its report is still on the way
    interrupt(stage.device)
    assert stage.types == ["motion", "motion_end"], "at once"
    assert stage.observer.events[1]["id"] == begin["id"]
    stage.scene.session.ended = True
    await stage.offer(90)
    stage.device.changed()
    await stage.device.stop()
    assert stage.types == ["motion", "motion_end"], "once"


async def test_an_event_ends_when_the_daemon_stops(stage: Stage) -> None:
    await stage.move()
    await stage.device.stop()
    await stage.offer(90)
    await stage.device.stop()
    assert stage.types == ["motion", "motion_end"]


async def test_frames_that_come_again_without_a_new_session_are_another_event(stage: Stage) -> None:
    """As after the restart of a stream that stalled."""
    first = await stage.move()
    _fail(stage.device)
    opened(stage.device)
    await stage.offer(90)
    assert stage.types == ["motion", "motion_end"], "nothing is known yet"
    second = await stage.move()
    assert stage.types == ["motion", "motion_end", "motion"]
    assert first["id"] != second["id"]


async def test_a_camera_that_comes_back_begins_a_new_event(stage: Stage) -> None:
    first = await stage.move()
    _fail(stage.device)
    stage.scene.session.ended = True
    stage.scene.session = CaptureSession()
    opened(stage.device)
    second = await stage.move()
    assert stage.types == ["motion", "motion_end", "motion"]
    assert first["id"] != second["id"]


async def test_the_event_has_a_picture_and_better_ones_at_most_once_per_second(stage: Stage) -> None:
    await stage.move()
    first = stage.scene.seq
    await stage.picture(1)
    picture = stage.observer.motion_pictures[0]
    assert (picture.seq, picture.width, picture.height) == (first, WIDTH, HEIGHT)
    for left in (61, 62, 63):
        await stage.offer(left, 33)
    await stage.offer(70, 18)  # a second later, but with less motion
    assert stage.scene.now - picture.ts_ns < SECOND
    await stage.offer(64, 35)
    await stage.picture(2)
    assert stage.observer.motion_pictures[1].seq == stage.scene.seq
    for step in range(6):
        await stage.offer(70 + step, 24)
    await stage.offer(20, 38)
    await stage.picture(3)
    seqs = [one.seq for one in stage.observer.motion_pictures]
    assert seqs == [first, first + 5, stage.scene.seq], "only those with more motion than any before"


async def test_nothing_is_encoded_while_nothing_moves(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Frame, "_make", lambda *_: pytest.fail("a picture was made"))
    stage.scene.settle()
    assert stage.device.camera.encoder._thread is None
    assert stage.device.camera.hub.failures == 0


async def test_pictures_need_no_more_frames_than_the_detector(make_device: MakeDevice) -> None:
    """Of video that is decoded on demand."""
    hub = make_device(motion={"fps": 3}).camera.hub
    assert hub.wanted_fps() == 3
    assert make_device(motion={"enabled": False}).camera.hub.wanted_fps() == 0


async def test_no_picture_leaves_after_the_camera_was_switched_off(stage: Stage) -> None:
    await stage.move()
    stage.scene.session.ended = True
    _switch_off(stage.device)
    stage.device.camera.encoder.stop()
    thread = stage.device.camera.encoder._thread
    assert thread is not None
    await asyncio.to_thread(thread.join)
    await asyncio.sleep(0)
    assert stage.observer.motion_pictures == []


async def test_pictures_fit_the_smallest_limit(stage: Stage) -> None:
    stage.observer.max_snapshot_bytes = 1500
    await stage.move()
    await stage.picture(1)
    assert len(stage.observer.motion_pictures[0].jpeg) <= 1500
