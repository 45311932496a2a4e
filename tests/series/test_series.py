"""One series at work: its times, its states, and what it survives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from mqttcam.camera.status import CameraUnavailable
from mqttcam.series.shots import ShotFailed
from tests.series.rig import BEGIN, Rig, TestClock
from tests.support.waiting import until

pytest.importorskip("av")

MakeRig = Callable[..., Rig]


@pytest.fixture
async def make_rig(tmp_path: Path) -> AsyncIterator[MakeRig]:
    rigs: list[Rig] = []

    def make(**options: Any) -> Rig:
        rigs.append(Rig(tmp_path / "recordings", **options))
        return rigs[-1]

    yield make
    for rig in rigs:
        await rig.series.close()


async def test_a_time_lapse_begins_at_once_and_grows_by_each_picture(make_rig: MakeRig) -> None:
    rig = make_rig(video=True)
    rig.series.load("running", None)
    await rig.until_pictures(1)
    await rig.next_is(BEGIN + 600)
    assert rig.states == [("running", BEGIN)]
    assert rig.names() == ["2026-11-29T193012.000Z.jpg"]
    assert rig.videos() == [1]
    for count in (2, 3):
        await rig.clock.advance(600)
        await rig.until_pictures(count)
        assert rig.videos() == [count], "it can be played at any time"
    assert rig.names()[1:] == ["2026-11-29T194012.000Z.jpg", "2026-11-29T195012.000Z.jpg"]
    assert [one.seq for one in rig.shown] == [1, 2, 3]
    assert rig.folder.stat().st_mode & 0o777 == 0o700
    assert (rig.folder / rig.names(".mp4")[0]).stat().st_mode & 0o777 == 0o600


async def test_it_goes_on_in_the_next_process_and_skips_what_was_missed(make_rig: MakeRig) -> None:
    rig = make_rig(video=True)
    rig.series.load("running", None)
    await rig.until_pictures(1)
    await rig.series.close()
    clock = TestClock(BEGIN + 3 * 600 + 100)
    rig = make_rig(clock=clock, video=True)
    rig.series.load("running", BEGIN)
    await rig.next_is(BEGIN + 4 * 600)
    assert rig.series.pictures == 1
    await clock.advance(500)
    await rig.until_pictures(2)
    assert rig.videos() == [2]


async def test_pause_resume_stop_and_start(make_rig: MakeRig) -> None:
    rig = make_rig(video=True)
    rig.series.load("running", None)
    await rig.until_pictures(1)
    rig.series.pause()
    assert (rig.series.state, rig.series.next) == ("paused", None)
    rig.series.start()
    await rig.next_is(BEGIN + 600)
    await rig.clock.advance(600)
    await rig.until_pictures(2)
    rig.series.stop()
    rig.series.stop()
    rig.series.resume()
    await rig.next_is(BEGIN + 1200)
    await rig.clock.advance(600)
    await rig.until_pictures(3)
    assert rig.videos() == [3], "the same series goes on"
    rig.series.stop()
    rig.series.start()
    await until(lambda: rig.series.pictures == 1 and rig.series.started == BEGIN + 1200, "it begins anew")
    assert rig.videos() == [3, 1]
    assert len(rig.names()) == 4
    assert [state for state, _ in rig.states] == [
        "running", "paused", "running", "stopped", "running", "stopped", "running",
    ]  # fmt: skip


async def test_a_stopped_series_shows_its_pictures_and_makes_no_folder(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.series.load("stopped", None)
    assert not rig.folder.exists()
    rig.series.start()
    await rig.until_pictures(1)
    await rig.series.close()
    rig = make_rig()
    rig.series.load("paused", BEGIN)
    await rig.until_pictures(1)
    assert rig.series.next is None


async def test_it_ends_by_count(make_rig: MakeRig) -> None:
    rig = make_rig(count=2)
    rig.series.load("running", None)
    await rig.until_pictures(1)
    await rig.clock.advance(600)
    await until(lambda: rig.series.state == "stopped", "its end")
    assert rig.series.is_complete
    assert (rig.series.pictures, rig.series.next, rig.states[-1]) == (2, None, ("stopped", BEGIN))


async def test_it_ends_by_date(make_rig: MakeRig) -> None:
    rig = make_rig(until="2026-11-29T19:45:00+00:00")
    rig.series.load("running", None)
    await rig.until_pictures(1)
    await rig.clock.advance(600)
    await until(lambda: rig.series.state == "stopped", "its end: no other picture is due before it")
    assert rig.series.pictures == 2


async def test_nothing_is_taken_while_the_camera_is_off(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.photographer.enabled = False
    rig.series.load("running", None)
    await rig.next_is(BEGIN + 600)
    await rig.clock.advance(600)
    await rig.next_is(BEGIN + 1200)
    assert rig.photographer.taken == 0
    rig.photographer.enabled = True
    await rig.clock.advance(600)
    await rig.until_pictures(1)


async def test_a_camera_without_frames_is_no_problem_of_the_series(
    make_rig: MakeRig, caplog: pytest.LogCaptureFixture
) -> None:
    rig = make_rig()
    rig.photographer.problem = CameraUnavailable("no frame came")
    rig.series.load("running", None)
    for number in (1, 2, 3):
        await rig.next_is(BEGIN + number * 600)
        await rig.clock.advance(600)
    await rig.next_is(BEGIN + 2400)
    assert rig.series.problem is None
    assert caplog.text.count("a picture was not taken: no frame came") == 1


async def test_what_the_camera_does_not_do_is_a_problem_until_it_does(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.photographer.problem = ShotFailed("the camera does not report ExposureTime")
    rig.series.load("running", None)
    await until(lambda: rig.series.problem, "the problem")
    assert rig.series.problem == "series garden: the camera does not report ExposureTime"
    rig.photographer.problem = None
    await rig.next_is(BEGIN + 600)
    await rig.clock.advance(600)
    await rig.until_pictures(1)
    assert rig.series.problem is None


async def test_an_unexpected_error_does_not_end_it(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.photographer.problem = RuntimeError("a bug")
    rig.series.load("running", None)
    await until(lambda: rig.series.problem, "the problem")
    assert rig.series.problem == "series garden: an unexpected error: RuntimeError: a bug"
    rig.photographer.problem = None
    await rig.clock.advance(1e9)
    await until(lambda: rig.series.problem is None, "it goes on")
    assert rig.series.state == "running"


async def test_a_clock_that_is_set_changes_what_is_next(make_rig: MakeRig) -> None:
    rig = make_rig(schedule="every day at 20:00")
    rig.series.load("running", None)
    due = BEGIN - 12 + 30 * 60
    await rig.next_is(due)
    await rig.clock.advance(1e9, set_by=2 * 86400 - 1e9)
    await rig.next_is(due + 2 * 86400)
    await rig.clock.advance(1e9, set_by=-86400 - 1e9)
    await rig.next_is(due + 86400)
    assert rig.photographer.taken == 0


async def test_no_picture_has_a_time_that_cannot_be(make_rig: MakeRig) -> None:
    rig = make_rig(clock=TestClock(1000.0))
    rig.series.load("running", None)
    await until(lambda: rig.series.problem, "the problem")
    assert rig.series.problem == "series garden: the clock of this machine is not set"
    assert rig.photographer.taken == 0
    await rig.clock.advance(1e9, set_by=BEGIN - 1e9)
    await rig.until_pictures(1)


async def test_another_size_begins_another_video(make_rig: MakeRig) -> None:
    rig = make_rig(video=True)
    rig.series.load("running", None)
    await rig.until_pictures(1)
    rig.photographer.size = (96, 64)
    await rig.next_is(BEGIN + 600)
    await rig.clock.advance(600)
    await rig.until_pictures(2)
    assert rig.videos() == [1, 1]


async def test_the_video_alone_is_kept_if_pictures_are_dropped(make_rig: MakeRig) -> None:
    rig = make_rig(video={"fps": 10}, pictures="drop")
    rig.series.load("running", None)
    await rig.until_pictures(1)
    await rig.next_is(BEGIN + 600)
    await rig.clock.advance(600)
    await rig.until_pictures(2)
    assert (rig.names(), rig.videos()) == ([], [2])


async def test_a_set_of_exposures_is_named_and_its_middle_picture_is_in_the_video(make_rig: MakeRig) -> None:
    rig = make_rig(exposures=[1000, 10000, 100000], focus=[0, 2.5], video=True)
    rig.series.load("running", None)
    await rig.until_pictures(6)
    assert rig.names() == sorted(
        f"2026-11-29T193012.000Z-{focus}dpt-{exposure}us.jpg"
        for focus in ("0", "2.5")
        for exposure in (1000, 10000, 100000)
    )
    assert rig.videos() == [1]
    assert [one.seq for one in rig.shown] == [4]
