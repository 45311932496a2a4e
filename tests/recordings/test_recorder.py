"""When a recording begins and ends, and what is in it."""

from __future__ import annotations

import pytest

from mqttcam.recordings.recording import Recording
from tests.recordings.rig import BEGIN, SECOND, MakeRig, event, frames, probe, tree

pytest.importorskip("av")


async def test_motion_is_recorded_with_the_seconds_before_and_after(make_rig: MakeRig) -> None:
    rig = make_rig(before=2, after=3)
    rig.video.seconds(10)
    motion = event(begin_ns=BEGIN + 10 * SECOND)
    rig.recorder.begin(motion)
    assert rig.recorder.recording
    rig.video.seconds(4)
    ended = motion.model_copy(update={"end_ns": BEGIN + 14 * SECOND})
    rig.recorder.end(ended, quiet=1)
    rig.video.seconds(1.8)
    assert rig.recorder.recording
    rig.video.seconds(0.3)
    assert not rig.recorder.recording
    (recording,) = await rig.whole(1)
    assert recording.stem == "front/2026-11-29/193019-motion"
    assert recording.reason == "motion"
    assert recording.events == (ended,)
    # From the keyframe at or before 8 seconds.
    assert recording.begin_ns == BEGIN + 7 * SECOND
    assert recording.seconds == pytest.approx(9, abs=0.15)
    pictures = frames(rig.path(recording))
    assert len(pictures) == pytest.approx(90, abs=1)
    assert pictures[0]["pts"] == 0
    assert pictures[0]["key_frame"] == 1
    shown = probe(rig.path(recording), "-show_format")
    assert shown["format"]["tags"]["creation_time"].startswith("2026-11-29T19:30:19")
    assert float(shown["format"]["duration"]) == pytest.approx(recording.seconds, abs=0.001)
    assert tree(rig.library.path) == [recording.stem + ".json", recording.stem + ".mp4"]


async def test_a_delay_of_the_detection_does_not_shorten_the_seconds_before(make_rig: MakeRig) -> None:
    rig = make_rig(before=2)
    rig.video.seconds(10.5)
    rig.recorder.begin(event(begin_ns=BEGIN + 95 * SECOND // 10))
    (recording,) = await rig.finished()
    assert recording.begin_ns == BEGIN + 7 * SECOND


async def test_the_sidecar_says_what_it_is_from_the_beginning_on(make_rig: MakeRig) -> None:
    rig = make_rig(before=1)
    rig.video.seconds(2)
    rig.recorder.begin(event())
    await rig.begun(1)
    sidecar = rig.sidecar(rig.library.begun[0])
    assert sidecar.id == rig.library.begun[0].id
    assert sidecar.events == (event(),)
    assert sidecar.seconds == 0
    assert tree(rig.library.path)[1].endswith(".mp4.part")
    (recording,) = await rig.finished()
    assert rig.sidecar(recording) == recording
    assert recording.bytes == pytest.approx(
        sum(file.stat().st_size for file in rig.library.path.rglob("*.*")), abs=10
    )


async def test_events_that_touch_are_one_recording(make_rig: MakeRig) -> None:
    rig = make_rig(before=1, after=2)
    rig.video.seconds(2)
    one, two = event(1), event(2, begin_ns=BEGIN + 4 * SECOND)
    rig.recorder.begin(one)
    rig.video.seconds(1)
    one = one.model_copy(update={"end_ns": BEGIN + 3 * SECOND, "score": 7.5})
    rig.recorder.end(one)
    rig.video.seconds(1)
    rig.recorder.begin(two)
    rig.video.seconds(5)
    two = two.model_copy(update={"end_ns": BEGIN + 9 * SECOND})
    rig.recorder.end(two)
    rig.video.seconds(2.1)
    assert not rig.recorder.recording
    (recording,) = await rig.finished()
    assert recording.events == (one, two)
    # From the keyframe at 0 s to 11 s.
    assert recording.seconds == pytest.approx(11, abs=0.15)


async def test_parts_begin_with_a_keyframe_and_lose_no_frame(make_rig: MakeRig) -> None:
    rig = make_rig(continuous=True, longest=5)
    rig.video.seconds(0.3)
    assert rig.recorder.recording
    rig.video.seconds(12)
    parts = await rig.finished()
    assert [part.reason for part in parts] == ["continuous"] * 3
    assert sum(len(frames(rig.path(part))) for part in parts) == len(rig.video.sent)
    assert parts[0].seconds == pytest.approx(5.1, abs=0.11)
    assert [frames(rig.path(part))[0]["key_frame"] for part in parts] == [1, 1, 1]
    gap = parts[1].begin_ns - parts[0].begin_ns - parts[0].seconds * 1e9
    assert abs(gap) < 0.001e9


async def test_motion_during_continuous_recording_is_noted_in_the_part(make_rig: MakeRig) -> None:
    rig = make_rig(continuous=True)
    rig.video.seconds(1)
    rig.recorder.begin(event())
    rig.video.seconds(1)
    assert rig.recorder.current is not None
    assert rig.recorder.current.events == (event(),)
    rig.recorder.end(event(end_ns=BEGIN + 2 * SECOND))
    (part,) = await rig.finished()
    assert part.events == (event(end_ns=BEGIN + 2 * SECOND),)


async def test_an_event_longer_than_a_part_is_noted_in_each_with_its_end(make_rig: MakeRig) -> None:
    rig = make_rig(before=0, after=0, longest=5)
    rig.recorder.begin(event())
    rig.video.seconds(7)
    (first,) = await rig.whole(1)
    assert first.events == (event(),)
    ended = event(end_ns=BEGIN + 7 * SECOND, score=12)
    rig.recorder.end(ended)
    rig.video.seconds(0.2)
    await rig.whole(3)
    assert [recording.events for recording in rig.library.added[1:]] == [(ended,), (ended,)]
    assert rig.sidecar(first).events == (ended,)
    assert len({recording.id for recording in rig.library.added}) == 2


async def test_the_seconds_after_an_event_belong_to_it_in_another_part_too(make_rig: MakeRig) -> None:
    rig = make_rig(before=0, after=4, longest=5)
    rig.recorder.begin(event())
    rig.video.seconds(3)
    rig.recorder.end(event(end_ns=BEGIN + 3 * SECOND))
    rig.video.seconds(5)
    parts = await rig.finished()
    assert [(part.reason, part.events) for part in parts] == [
        ("motion", (event(end_ns=BEGIN + 3 * SECOND),))
    ] * 2


async def test_an_event_ends_with_the_daemon(make_rig: MakeRig) -> None:
    rig = make_rig(before=0)
    rig.recorder.begin(event())
    rig.video.seconds(2)
    (recording,) = await rig.finished()
    assert recording.events == (event(end_ns=rig.video.sent[-1].ts_ns),)
    assert rig.sidecar(recording) == recording


async def test_a_command_records_from_now_on_without_any_setting(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.video.seconds(1)
    assert not rig.video.readers
    recording_id = rig.recorder.record(2, before=5)
    assert rig.video.readers
    rig.video.seconds(1)
    assert rig.recorder.record(2) == recording_id
    rig.video.seconds(2.1)
    assert not rig.video.readers
    (recording,) = await rig.whole(1)
    assert recording.id == recording_id
    assert recording.reason == "command"
    assert recording.events == ()
    assert recording.seconds == pytest.approx(3, abs=0.15)


async def test_a_command_takes_the_seconds_before_that_the_ring_has(make_rig: MakeRig) -> None:
    rig = make_rig(before=3)
    rig.video.seconds(9)
    rig.recorder.record(1, before=2)
    (recording,) = await rig.finished()
    assert recording.begin_ns == BEGIN + 6 * SECOND


async def test_stop_ends_the_recording_whatever_wants_it(make_rig: MakeRig) -> None:
    rig = make_rig(before=1)
    rig.video.seconds(1)
    rig.recorder.begin(event())
    rig.recorder.record(60)
    rig.video.seconds(1)
    rig.recorder.stop()
    assert not rig.recorder.recording
    rig.video.seconds(3)
    assert not rig.recorder.recording
    (recording,) = await rig.whole(1)
    # Its end is noted when the motion is over.
    rig.recorder.end(event(end_ns=BEGIN + 9 * SECOND))
    await rig.whole(2)
    assert rig.sidecar(recording).events == (event(end_ns=BEGIN + 9 * SECOND),)


async def test_stop_of_a_continuous_recording_begins_another_file(make_rig: MakeRig) -> None:
    rig = make_rig(continuous=True)
    rig.video.seconds(1)
    rig.recorder.stop()
    rig.video.seconds(1)
    parts = await rig.finished()
    assert len(parts) == 2
    assert sum(len(frames(rig.path(part))) for part in parts) == 20


@pytest.mark.parametrize(
    ("settings", "is_read"),
    [
        ({}, False),
        ({"before": 0}, False),
        ({"on_motion": False}, False),
        ({"before": 5}, True),
        ({"continuous": True, "before": 0}, True),
    ],
)
async def test_video_is_read_only_where_seconds_before_are_wanted(
    make_rig: MakeRig, settings: dict[str, object], is_read: bool
) -> None:
    rig = make_rig(**settings)
    assert bool(rig.video.readers) == is_read
    rig.recorder.camera_changed(enabled=True, running=False)
    assert not rig.video.readers


async def test_on_motion_can_be_switched(make_rig: MakeRig) -> None:
    rig = make_rig(before=5)
    rig.recorder.set_on_motion(False)
    assert not rig.video.readers
    rig.recorder.set_on_motion(True)
    assert rig.video.readers


async def test_pictures_stand_beside_the_recording(make_rig: MakeRig) -> None:
    rig = make_rig(before=0)
    rig.recorder.begin(event())
    rig.recorder.add_picture("start", b"start")
    rig.video.seconds(1)
    rig.recorder.add_picture("best", b"good")
    rig.recorder.add_picture("best", b"better")
    rig.recorder.add_picture("end", b"end")
    (recording,) = await rig.finished()
    assert recording.pictures == ("best", "start", "end")
    endings = ("-start.jpg", ".jpg", "-end.jpg")
    assert [rig.path(recording, ending).read_bytes() for ending in endings] == [b"start", b"better", b"end"]


async def test_a_recording_ends_though_no_frame_comes_any_more(make_rig: MakeRig) -> None:
    rig = make_rig(before=0)
    rig.recorder.record(2)
    rig.video.seconds(1)
    rig.clock.advance(2)
    assert not rig.recorder.recording
    assert not rig.video.readers


async def test_which_events_are_shown_is_known_also_while_the_files_are_completed(make_rig: MakeRig) -> None:
    rig = make_rig(before=0, after=1)
    assert not rig.recorder.shows("event-1")
    rig.video.seconds(1)
    rig.recorder.begin(event())
    rig.video.seconds(1)
    assert rig.recorder.shows("event-1")
    rig.recorder.end(event(end_ns=BEGIN + SECOND))
    rig.video.seconds(2)
    assert not rig.recorder.recording
    assert rig.recorder.last is None, "the writer has not reported yet"
    assert rig.recorder.shows("event-1")
    await rig.whole(1)
    assert rig.recorder.shows("event-1")
    assert not rig.recorder.shows("event-2")


async def test_listeners_learn_of_each_change(make_rig: MakeRig) -> None:
    rig = make_rig(before=0)
    seen: list[bool] = []
    whole: list[Recording] = []
    rig.recorder.listeners.add(lambda: seen.append(rig.recorder.recording))
    rig.recorder.on_finished.append(whole.append)
    rig.recorder.record(1)
    rig.video.seconds(1.3)
    await rig.whole(1)
    assert seen == [True, False, False]
    assert whole == rig.library.added == [rig.recorder.last]


async def test_an_event_that_outlasts_its_file_is_shown_whatever_is_recorded_after_it(
    make_rig: MakeRig,
) -> None:
    """As with an `after` that is shorter than the time until the event ends."""
    rig = make_rig(before=0, after=1)
    rig.video.seconds(1)
    motion = event()
    rig.recorder.begin(motion)
    rig.video.seconds(2)
    rig.recorder.end(motion, quiet=0)  # not of the event, but of its recording
    rig.video.seconds(2)
    await rig.whole(1)
    rig.recorder.record(1)
    rig.video.seconds(3)
    await rig.whole(2)
    assert rig.recorder.last == rig.library.added[1] != rig.library.added[0]
    assert rig.recorder.shows(motion.id)
    assert not rig.recorder.shows("another event")
