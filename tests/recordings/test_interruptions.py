"""A camera that is switched off, fails or changes while it is recorded, a clock that is set, an encoder that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recordings.rig import BEGIN, SECOND, MakeRig, event, frames, tree

pytest.importorskip("av")


async def test_off_ends_the_recording_and_empties_the_ring(make_rig: MakeRig) -> None:
    rig = make_rig(before=5, after=5)
    rig.video.seconds(8)
    rig.recorder.begin(event())
    rig.video.seconds(1)
    rig.recorder.camera_changed(enabled=False, running=False)
    assert not rig.recorder.recording
    assert not rig.video.readers
    off_at = len(rig.video.sent)
    await rig.whole(1)
    rig.recorder.camera_changed(enabled=True, running=False)
    rig.recorder.camera_changed(enabled=True, running=True)
    rig.video.seconds(1)
    assert not rig.recorder.recording, "the event is over"
    rig.recorder.record(1, before=5)
    _, second = await rig.finished()
    assert second.begin_ns == rig.video.sent[off_at].ts_ns, "nothing from before it was switched off"


async def test_a_command_for_a_camera_that_is_off_records_nothing(make_rig: MakeRig) -> None:
    rig = make_rig(before=5)
    rig.recorder.camera_changed(enabled=False, running=False)
    rig.recorder.record(10)
    assert not rig.recorder.recording
    rig.recorder.camera_changed(enabled=True, running=True)
    rig.video.seconds(1)
    assert rig.recorder.recording, "it was asked for this time"


async def test_a_camera_that_fails_ends_the_file_and_begins_another(make_rig: MakeRig) -> None:
    rig = make_rig(before=5, after=0)
    rig.video.seconds(3)
    rig.recorder.begin(event())
    rig.video.seconds(1)
    rig.recorder.camera_changed(enabled=True, running=False)
    assert not rig.recorder.recording
    rig.clock.advance(30)
    rig.recorder.camera_changed(enabled=True, running=True)
    rig.video.seconds(2)
    assert rig.recorder.recording
    rig.recorder.end(event(end_ns=BEGIN + 6 * SECOND))
    first, second = await rig.finished()
    assert [len(frames(rig.path(one))) for one in (first, second)] == [40, 20]
    assert {one.events[0].id for one in (first, second)} == {"event-1"}


async def test_a_recording_that_a_camera_could_not_give_is_over_in_its_time(make_rig: MakeRig) -> None:
    rig = make_rig(before=0)
    rig.recorder.record(5)
    rig.video.seconds(1)
    rig.recorder.camera_changed(enabled=True, running=False)
    rig.clock.advance(10)
    rig.recorder.camera_changed(enabled=True, running=True)
    rig.video.seconds(1)
    assert not rig.recorder.recording
    assert not rig.video.readers


async def test_another_size_begins_another_file(make_rig: MakeRig) -> None:
    rig = make_rig(continuous=True)
    rig.video.seconds(1)
    rig.video.change(size=(96, 64))
    rig.video.seconds(1)
    one, two = await rig.finished()
    sizes = [[(frame["width"], frame["height"]) for frame in frames(rig.path(part))] for part in (one, two)]
    assert sizes == [[(64, 48)] * 10, [(96, 64)] * 10]


async def test_other_parameter_sets_begin_another_file(make_rig: MakeRig) -> None:
    """As those of an encoder with another quality."""
    rig = make_rig(continuous=True)
    rig.video.seconds(1)
    rig.video.change(quality=30)
    rig.video.seconds(1)
    assert len(await rig.finished()) == 2


async def test_time_stamps_that_begin_again_begin_another_file(make_rig: MakeRig) -> None:
    rig = make_rig(before=2)
    rig.video.seconds(3)
    rig.recorder.begin(event())
    rig.video.seconds(1)
    rig.video.restart()
    rig.video.seconds(1)
    rig.recorder.stop()
    one, two = await rig.finished()
    assert [len(frames(rig.path(part))) for part in (one, two)] == [40, 10]


@pytest.mark.parametrize("step", [-3600, 86400])
async def test_a_clock_that_is_set_changes_names_alone(make_rig: MakeRig, step: int) -> None:
    rig = make_rig(before=1, after=1, longest=5)
    rig.video.seconds(2)
    rig.recorder.begin(event())
    rig.video.seconds(2)
    rig.video.offset_ns = step * SECOND
    rig.video.seconds(3)
    rig.recorder.end(event(end_ns=BEGIN + 7 * SECOND))
    rig.video.seconds(2)
    one, two = await rig.finished()
    assert sum(len(frames(rig.path(part))) for part in (one, two)) == pytest.approx(80, abs=1)
    assert one.seconds + two.seconds == pytest.approx(8, abs=0.15)
    assert two.begin_ns == pytest.approx(one.begin_ns + (one.seconds + step) * SECOND, abs=SECOND / 100)
    assert (
        two.stem
        == {
            -3600: "front/2026-11-29/183017-motion",
            86400: "front/2026-11-30/193017-motion",
        }[step]
    )


async def test_names_that_are_taken_get_a_number(make_rig: MakeRig) -> None:
    """As after the end of summer time where clocks are local, or a clock that was set back."""
    rig = make_rig()
    taken = rig.library.path / "front" / "2026-11-29" / "193012-command.mp4"
    taken.parent.mkdir(parents=True)
    taken.write_bytes(b"mine")
    for _ in range(2):
        rig.recorder.record(0.5)
        rig.video.offset_ns = -rig.video.number * SECOND // 10
        rig.video.seconds(0.7)
    one, two = await rig.finished()
    assert one.stem == "front/2026-11-29/193012-command-2"
    assert two.stem == "front/2026-11-29/193012-command-3"
    assert taken.read_bytes() == b"mine"


async def test_an_encoder_that_fails_is_tried_again_with_pauses(make_rig: MakeRig) -> None:
    rig = make_rig(continuous=True)
    rig.video.seconds(1)
    rig.video.fail("no encoder opens")
    assert not rig.recorder.recording
    assert rig.recorder.problem == "no encoder opens"
    assert not rig.video.readers
    rig.clock.advance(1.1)
    assert rig.video.readers
    rig.video.fail("no encoder opens")
    rig.clock.advance(1.1)
    assert not rig.video.readers, "the second pause is longer"
    rig.clock.advance(1)
    rig.video.seconds(1)
    assert rig.recorder.problem is None
    assert rig.recorder.recording
    assert len(await rig.finished()) == 2


async def test_the_end_of_the_daemon_ends_files_whole(make_rig: MakeRig) -> None:
    rig = make_rig(continuous=True)
    rig.video.seconds(1)
    await rig.recorder.close()
    assert not rig.video.readers
    assert [Path(name).suffix for name in tree(rig.library.path)] == [".json", ".mp4"]
    rig.recorder.record(5)
    rig.recorder.begin(event())
    assert not rig.recorder.recording
    assert not rig.video.readers


async def test_a_recorder_begins_anew_after_a_restart_in_mid_event(make_rig: MakeRig) -> None:
    """A new process knows nothing of the event; its motion, which goes on, is another one."""
    rig = make_rig(before=1)
    rig.video.seconds(2)
    rig.recorder.begin(event(1))
    rig.video.seconds(1)
    await rig.recorder.close()
    rig.recorder = rig.make()
    rig.video.restart()
    rig.video.seconds(1)
    rig.recorder.begin(event(2))
    rig.video.seconds(1)
    one, two = await rig.finished()
    assert [one.events[0].id, two.events[0].id] == ["event-1", "event-2"]


async def test_two_daemons_with_one_folder_take_nothing_from_each_other(make_rig: MakeRig) -> None:
    one, two = make_rig(continuous=True), make_rig(continuous=True)
    for _ in range(3):
        one.video.seconds(1)
        two.video.seconds(1)
    (first,), (second,) = await one.finished(), await two.finished()
    assert [len(frames(one.path(recording))) for recording in (first, second)] == [30, 30]
    assert {first.stem, second.stem} == {
        "front/2026-11-29/193012-continuous",
        "front/2026-11-29/193012-continuous-2",
    }
