"""Motion of a camera: when it begins and ends, its notifications, and what is reset."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest
import simplejpeg

from mqttcam.camera.adjustment import Adjustment
from mqttcam.camera.frame import CaptureSession, Frame, PictureSpec
from mqttcam.imaging.orientation import Orientation, rotation
from mqttcam.motion import detector as motion
from mqttcam.motion.detector import Analysis, MotionDetector, small_luma
from tests.camera.broken import Hardware, grey_planes
from tests.camera.conftest import MakeCamera
from tests.imaging.photos import noted, quarters
from tests.motion.rig import Rig
from tests.support.cameras import failed, running
from tests.support.motion import HEIGHT, SECOND, SIZE, START, WIDTH, planes
from tests.support.waiting import until


def test_motion_is_unknown_at_first_then_off_on_and_off_again() -> None:
    rig = Rig()
    rig.offer()
    assert rig.detector.moving is None
    rig.settle()
    assert rig.detector.moving is False
    rig.turn()
    assert [(told.movement, told.begins, told.ends) for told in rig.told] == [(None, False, False)]
    rig.offer(60)
    assert rig.detector.moving is True
    seen = rig.now
    while rig.detector.moving:
        rig.offer()
    assert rig.now - seen == 2 * SECOND
    rig.turn()
    assert rig.told[1].begins
    assert [told.ends for told in rig.told] == [False] * (len(rig.told) - 1) + [True]
    assert rig.told[-1].movement is None


def test_less_is_analyzed_while_it_is_reduced_and_motion_is_still_found() -> None:
    rig = Rig()
    rig.settle()
    analyzed: list[int] = []
    rig.detector.observer = lambda observation: analyzed.append(observation.seq)
    rig.reduction.halvings = 2
    assert (rig.detector.fps, rig.hub.wanted_fps()) == (5, 1.25), "network cameras decode no more than that"
    for _ in range(50):
        rig.offer()
    assert len(analyzed) == pytest.approx(12.5, abs=1)
    for step in range(10):
        rig.offer(60 + step)
    assert rig.detector.moving
    rig.reduction.halvings = 0
    before = len(analyzed)
    for _ in range(10):
        rig.offer()
    assert len(analyzed) - before == 10


def test_start_of_motion_has_time_box_and_score() -> None:
    rig = Rig()
    rig.move()
    start = rig.told[-1].movement
    assert start is not None
    assert (start.ts_ns, start.seq) == (rig.now, rig.seq)
    assert start.score == pytest.approx(100 * SIZE * SIZE / WIDTH / HEIGHT, rel=0.15)
    assert start.box == pytest.approx((60 / WIDTH, 40 / HEIGHT, SIZE / WIDTH, SIZE / HEIGHT), abs=0.02)


def test_continuing_motion_begins_once_and_ends_after_its_last_frame() -> None:
    rig = Rig()
    rig.move()
    for step in range(40):
        rig.offer(10 + 3 * step % 110)
    last, last_seq = rig.now, rig.seq
    while rig.detector.active:
        rig.offer()
    assert rig.now - last == 2 * SECOND
    rig.turn()
    assert (sum(told.begins for told in rig.told), sum(told.ends for told in rig.told)) == (1, 1)
    moving = [told.movement.seq for told in rig.told if told.movement is not None]
    assert len(moving) > 20, "every frame with motion is reported"
    assert moving == sorted(set(moving))
    assert moving[-1] >= last_seq


def test_no_motion_begins_in_the_pause_after_an_end() -> None:
    rig = Rig(pause=5)
    rig.move()
    while rig.detector.active:
        rig.offer()
    ended = rig.now
    rig.turn()
    while not rig.detector.active:
        rig.offer(10 + (rig.seq * 7) % 110)
        assert rig.detector.moving is not None
    assert rig.now - ended == 5 * SECOND
    rig.turn()
    assert [told.begins for told in rig.told if told.movement is not None] == [True, True]


def test_the_pause_also_follows_motion_that_a_restart_has_ended() -> None:
    rig = Rig(pause=5)
    rig.move()
    ended = rig.now
    rig.session = CaptureSession()
    rig.offer()
    while not rig.detector.active:
        rig.offer(10 + (rig.seq * 7) % 110)
        assert rig.now - ended < 60 * SECOND
    assert rig.now - ended >= 5 * SECOND


def test_a_clock_that_is_set_back_ends_the_pause() -> None:
    rig = Rig(pause=3600)
    rig.move()
    while rig.detector.active:
        rig.offer()
    rig.now -= 7200 * SECOND
    for step in range(20):
        rig.offer(10 + step * 7 % 110)
    assert rig.detector.active


def test_analysis_of_a_frame_can_be_read_by_later_subscribers() -> None:
    rig = Rig()
    rig.settle()
    rig.now += SECOND // 100
    rig.seq += 1
    first = rig.frame(60)
    rig.hub.publish(first)
    assert rig.detector.analysis_of(first) is None, "it was not due"
    rig.now += SECOND
    rig.seq += 1
    second = rig.frame(60)
    rig.hub.publish(second)
    analysis = rig.detector.analysis_of(second)
    assert analysis is not None
    assert analysis.begins
    assert rig.detector.analysis_of(first) is None
    rig.detector.enabled = False
    assert rig.detector.analysis_of(second) is None


def test_the_event_is_known_from_the_frame_with_which_it_begins() -> None:
    rig = Rig()
    rig.settle()
    assert rig.detector.event is None
    rig.offer(60)
    assert rig.detector.event == "event-1"
    while rig.detector.active:
        rig.offer()
    assert rig.detector.event is None
    rig.offer(90)
    rig.turn()
    assert [told.movement.event for told in rig.told if told.begins and told.movement] == [
        "event-1",
        "event-2",
    ]
    rig.detector.forget()
    assert (rig.detector.event, rig.detector.moving) == (None, None)
    rig.settle()
    assert rig.detector.moving is False


def test_less_motion_than_the_threshold_does_not_count() -> None:
    rig = Rig(threshold=10)
    rig.settle()
    rig.offer(60)
    assert rig.detector.moving is False
    rig.detector.threshold = 1
    rig.offer(100)
    assert rig.detector.moving is True


def test_frames_are_analyzed_at_most_at_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    look = motion.small_luma

    def counted(frame: Frame) -> object:
        looks.append(frame.ts_ns)
        return look(frame)

    monkeypatch.setattr(motion, "small_luma", counted)
    rig = Rig(fps=5)
    for number in range(300):
        rig.now = START + number * SECOND // 30
        rig.hub.publish(rig.frame())
    assert 49 <= len(looks) <= 51
    rig.detector.enabled = False
    rig.settle()
    assert len(looks) <= 51


def test_detection_encodes_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Frame, "_make", lambda *_: pytest.fail("a picture was made"))
    rig = Rig()
    rig.move()
    assert rig.hub.failures == 0


def test_disabling_forgets_the_motion_and_enabling_starts_over() -> None:
    rig = Rig()
    rig.move()
    rig.detector.enabled = False
    assert (rig.detector.moving, rig.detector.active) == (None, False)
    rig.offer(90)
    assert rig.detector.moving is None
    rig.detector.enabled = True
    assert rig.detector.moving is None
    rig.offer(120)
    assert rig.detector.moving is None
    rig.settle()
    assert rig.detector.moving is False


def test_motion_from_before_it_was_disabled_is_not_reported_afterwards() -> None:
    rig = Rig()
    rig.settle()
    rig.turn()
    rig.offer(60)
    rig.detector.enabled = False
    rig.detector.enabled = True
    told = len(rig.told)
    rig.turn()
    assert len(rig.told) == told
    assert rig.detector.moving is None


def test_frames_of_an_ended_session_are_neither_analyzed_nor_reported() -> None:
    rig = Rig()
    rig.settle()
    rig.turn()
    rig.offer(60)
    assert rig.detector.active
    rig.session.ended = True
    assert (rig.detector.moving, rig.detector.active) == (None, False)
    told = len(rig.told)
    rig.turn()
    rig.offer(90)
    rig.turn()
    assert len(rig.told) == told
    assert rig.detector.moving is None


def test_new_session_of_the_camera_starts_over() -> None:
    rig = Rig()
    rig.move()
    rig.session.ended = True
    rig.session = CaptureSession()
    for left in (20, 60, 100):
        rig.offer(left)
        assert rig.detector.moving is None
    rig.settle()
    rig.settle()
    assert rig.detector.moving is False


@pytest.mark.parametrize("jump", [-86_400, -1, 3600, 10**8])
def test_motion_ends_even_if_the_clock_is_set(jump: int) -> None:
    rig = Rig()
    rig.move()
    rig.now += jump * SECOND
    for _ in range(12):
        rig.offer()
    assert rig.detector.moving is False
    rig.offer(60)
    assert rig.detector.moving is True


def test_broken_jpeg_is_logged_once_and_skipped(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    rig.settle()
    for _ in range(3):
        rig.now += SECOND
        rig.hub.publish(Frame(rig.now, WIDTH, HEIGHT, jpeg=b"\xff\xd8 no picture \xff\xd9"))
    assert rig.hub.failures == 3
    assert caplog.text.count("could not be used") == 1
    rig.settle()
    assert rig.detector.moving is False


# what is looked at


def test_small_picture_of_the_camera_is_used_if_there_is_one() -> None:
    large, small = grey_planes(640, 480), grey_planes(320, 240, luma=33)
    frame = Frame(START, 640, 480, planes=large, lores=small)
    assert (small_luma(frame) == 33).all()
    assert small_luma(frame).shape == (120, 160)


@pytest.mark.parametrize("hflip", [False, True])
@pytest.mark.parametrize("vflip", [False, True])
def test_luma_is_mirrored_like_the_pictures(hflip: bool, vflip: bool) -> None:
    data, yuv = quarters(WIDTH, HEIGHT)
    for frame in (
        Frame(START, WIDTH, HEIGHT, planes=yuv),
        Frame(START, WIDTH, HEIGHT, jpeg=data),
        Frame(START, 8, 8, planes=grey_planes(8, 8), lores=yuv),
    ):
        frame.adjustment = Adjustment(Orientation(False, hflip, vflip))
        corner = np.array([[40, 90], [140, 190]])[1 if vflip else 0, 1 if hflip else 0]
        assert abs(int(small_luma(frame)[2, 2]) - corner) < 5


@pytest.mark.parametrize("turned", [rotation(90), rotation(270)])
def test_luma_is_turned_like_the_pictures(turned: Orientation) -> None:
    data, yuv = quarters(WIDTH, HEIGHT)
    for frame in (
        Frame(START, WIDTH, HEIGHT, planes=yuv),
        Frame(START, WIDTH, HEIGHT, jpeg=data),
        Frame(START, 8, 6, planes=grey_planes(8, 6), lores=yuv),
    ):
        frame.adjustment = Adjustment(turned)
        luma = small_luma(frame)
        assert luma.shape[0] / luma.shape[1] == WIDTH / HEIGHT
        assert abs(int(luma[2, 2]) - (90 if turned.hflip else 140)) < 5


def test_box_of_motion_is_turned_like_the_pictures() -> None:
    rig = Rig()
    rig.adjustment = Adjustment(rotation(90))
    rig.move()
    (start,) = [one.movement for one in rig.told if one.movement is not None]
    left, top, width, height = start.box
    # The square is 40 pixels from the top of the picture as it came, which is its right now.
    assert (left + width, top) == pytest.approx((1 - 40 / HEIGHT, 60 / WIDTH), abs=0.02)
    assert (width, height) == pytest.approx((SIZE / HEIGHT, SIZE / WIDTH), abs=0.02)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_luma_of_a_jpeg_is_turned_by_its_orientation(orientation: int) -> None:
    data, _ = quarters(WIDTH, HEIGHT)
    frame = Frame(START, WIDTH, HEIGHT, jpeg=noted(data, orientation))
    frame.adjustment = Adjustment(Orientation(True, True))
    luma = small_luma(frame)
    shown = simplejpeg.decode_jpeg(frame.picture(PictureSpec()).jpeg, "GRAY")[..., 0]
    assert luma.shape[0] / luma.shape[1] == shown.shape[0] / shown.shape[1]
    for row, column in ((10, 10), (10, -10), (-10, 10), (-10, -10)):
        assert abs(int(luma[row, column]) - int(shown[row, column])) < 6


# with a camera


class Moving(Hardware):
    """A camera before which something moves while `moves`."""

    def __init__(self) -> None:
        super().__init__(rate=50)
        self.moves = False
        self._count = 0
        self.make_frame = self._frame

    def _frame(self) -> Frame:
        self._count += 1
        left = self._count * 7 % (WIDTH - SIZE) if self.moves else None
        return Frame(time.time_ns(), WIDTH, HEIGHT, planes=planes(left))


@pytest.mark.parametrize("end", ["off", "fails"])
async def test_motion_is_unknown_while_no_frames_come(make_camera: MakeCamera, end: str) -> None:
    hardware = Moving()
    camera = make_camera(hardware)
    told: list[Analysis] = []
    loop = asyncio.get_running_loop()
    detector = MotionDetector(
        camera.hub, loop, told.append, str, fps=20, threshold=1, clear_after=60, settling=0.2
    )
    detector.enabled = True
    camera.start()
    await running(camera)
    await until(lambda: detector.moving is False, "nothing moves")
    hardware.moves = True
    await until(lambda: any(one.begins for one in told), "motion is told")
    assert detector.active
    if end == "off":
        camera.set_enabled(False)
        assert detector.moving is None
    else:
        hardware.fail("read", OSError("gone"))
        await failed(camera)
        assert detector.moving is None
        hardware.moves = False
        hardware.heal()
        await until(lambda: detector.moving is False, "it looks again")


def test_frames_are_wanted_while_it_is_enabled() -> None:
    rig = Rig(fps=5)
    assert rig.hub.wanted_fps() == 5
    rig.detector.enabled = False
    assert rig.hub.wanted_fps() == 0
