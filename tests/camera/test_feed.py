"""Pictures for the loop: the rate, the gate, due pictures and counters."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import threading
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.camera.feed import PictureFeed
from mqttcam.camera.frame import Frame, Picture, PictureSpec
from mqttcam.camera.hub import Hub
from tests.camera.broken import grey_planes
from tests.support.pictures import jpeg, size_of
from tests.support.waiting import until

SECOND = 10**9
START = 1_700_000_000 * SECOND


class Rig:
    """A feed whose frames are offered by hand, and whose pictures are taken at once unless `held`."""

    def __init__(self, fps: float, *, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.hub = Hub("camera front")
        self.held = False
        self.pictures: list[Picture] = []
        self.taken: list[int] = []
        self._calls: list[tuple[Callable[..., object], tuple[object, ...]]] = []
        self.feed = PictureFeed(self.hub, loop or self, self._take, PictureSpec(), fps)  # type: ignore[arg-type]

    def call_soon_threadsafe(self, callback: Callable[..., object], *arguments: object) -> None:
        """Stands for the loop: what was called runs in `turn`."""
        self._calls.append((callback, arguments))

    def turn(self) -> None:
        calls, self._calls = self._calls, []
        for callback, arguments in calls:
            callback(*arguments)

    def offer(self, ts_ns: int, frame: Frame | None = None) -> bool:
        """Offer one frame; return whether it became a picture."""
        count = len(self.pictures)
        self.hub.publish(frame or Frame(ts_ns, 64, 48, planes=grey_planes()))
        self.turn()
        if len(self.pictures) > count:
            self.taken.append(ts_ns)
            return True
        return False

    def run(self, rate: float, seconds: float, *, start: int = START, jitter: float = 0) -> int:
        """Offer frames at a rate; return how many became pictures."""
        count = len(self.pictures)
        generator = random.Random(5)
        for number in range(round(rate * seconds)):
            shift = generator.uniform(-jitter, jitter) / rate
            self.offer(start + round((number / rate + shift) * SECOND))
        return len(self.pictures) - count

    def _take(self, picture: Picture) -> None:
        self.pictures.append(picture)
        self.feed.ready = not self.held


@pytest.mark.parametrize(
    ("rate", "fps"), [(24, 10), (30, 29), (15, 15), (25, 24), (30, 7.5), (5, 4), (24, 0.1)]
)
@pytest.mark.parametrize("jitter", [0, 0.2])
def test_rate_is_kept_on_average(rate: float, fps: float, jitter: float) -> None:
    seconds = max(20.0, 10 / fps)
    count = Rig(fps).run(rate, seconds, jitter=jitter)
    assert abs(count - fps * seconds) <= 2, count


@given(rate=st.floats(1, 120), fps=st.floats(0.05, 200))
def test_rate_is_never_exceeded_and_nearly_reached(rate: float, fps: float) -> None:
    seconds = 400 / rate
    feed, count = Rig(fps).feed, 0
    for number in range(400):
        frame = Frame(START + round(number / rate * SECOND), 64, 48)
        if feed.wants(frame):
            count += 1
            feed._pending = False
    asked = min(fps, rate) * seconds
    assert asked * 0.95 - 2 <= count <= asked + 2
    assert feed.dropped == 0


def test_first_picture_comes_at_once() -> None:
    rig = Rig(0.1)
    assert rig.offer(START)
    assert not any(rig.offer(START + number * SECOND) for number in range(1, 9))
    assert rig.offer(START + 10 * SECOND)


def test_infinite_rate_takes_every_frame_and_zero_none() -> None:
    assert Rig(math.inf).run(24, 5) == 120
    assert Rig(0).run(24, 5) == 0


def test_change_of_the_rate_takes_effect_at_once() -> None:
    rig = Rig(0.1)
    assert rig.run(24, 5) == 1
    rig.feed.fps = 12
    assert 11 <= rig.run(24, 1, start=START + 5 * SECOND) <= 13
    rig.feed.fps = math.inf
    assert rig.run(24, 1, start=START + 6 * SECOND) == 24
    rig.feed.fps = 0
    assert rig.run(24, 1, start=START + 7 * SECOND) == 0
    rig.feed.fps = 1
    assert rig.run(24, 3, start=START + 8 * SECOND) == 3


@pytest.mark.parametrize("jump", [-3600, -5, 3600, 86_400 * 365])
@pytest.mark.parametrize("fps", [10, 0.5])
def test_clock_jump_costs_at_most_two_periods(jump: int, fps: float) -> None:
    rig = Rig(fps)
    rig.run(24, 10)
    seconds = 20
    count = rig.run(24, seconds, start=START + (10 + jump) * SECOND)
    assert abs(count - fps * seconds) <= 4


def test_pending_picture_is_made_of_the_next_frame_that_can_be_taken() -> None:
    rig = Rig(1)
    rig.held = True
    assert rig.offer(START)
    assert not rig.offer(START + SECOND), "nobody can take it"
    assert rig.feed.dropped == 0, "it is only late"
    rig.feed.ready = True
    assert rig.offer(START + SECOND + SECOND // 4), "not a second later"
    rig.feed.ready = True
    assert not rig.offer(START + SECOND + SECOND // 2)
    assert rig.offer(START + 2 * SECOND), "and the pace is as before"


def test_picture_that_was_not_taken_before_the_next_was_due_counts_as_dropped() -> None:
    rig = Rig(10)
    rig.held = True
    rig.offer(START)
    for number in range(1, 11):
        rig.offer(START + number * SECOND // 10)
    rig.feed.ready = True
    assert rig.offer(START + 11 * SECOND // 10)
    assert (len(rig.pictures), rig.feed.dropped) == (2, 10)
    every = Rig(math.inf)
    every.held = True
    every.run(24, 1)
    every.feed.ready = True
    every.offer(START + SECOND)
    assert len(every.pictures) + every.feed.dropped == 25


def test_one_picture_at_a_time_is_in_transit() -> None:
    rig = Rig(math.inf)
    for number in range(10):
        rig.feed.ready = True
        rig.hub.publish(Frame(START + number, 64, 48, planes=grey_planes()))
    rig.turn()
    assert len(rig.pictures) == 1
    assert rig.feed.dropped == 8, "and the newest is still owed"


def test_another_picture_may_be_made_ahead_while_one_is_in_transit() -> None:
    rig = Rig(math.inf)
    rig.feed.ahead = True
    rig.feed.max_bytes = 50
    assert not rig.offer(START, noisy(1)), "one that cannot be made small enough takes no place"
    rig.feed.max_bytes = None
    for number in range(10):
        rig.hub.publish(Frame(START + number, 64, 48, planes=grey_planes()))
    rig.turn()
    assert len(rig.pictures) == 2
    assert rig.feed.dropped == 8, "the large one, and seven that were not made; the newest is still owed"
    assert rig.offer(START + 10)


def test_picture_in_transit_is_dropped_if_it_cannot_be_taken_any_more() -> None:
    rig = Rig(math.inf)
    rig.hub.publish(Frame(START, 64, 48, planes=grey_planes()))
    rig.feed.ready = False
    rig.turn()
    assert (rig.pictures, rig.feed.dropped) == ([], 1)


def test_no_picture_comes_after_close() -> None:
    rig = Rig(math.inf)
    rig.hub.publish(Frame(START, 64, 48, planes=grey_planes()))
    rig.feed.close()
    rig.turn()
    rig.offer(START + 1)
    assert not rig.pictures


def noisy(seed: int) -> Frame:
    """A frame that does not compress."""
    values = np.random.default_rng(seed)
    y, u, v = (values.integers(0, 255, size, np.uint8) for size in ((240, 320), (120, 160), (120, 160)))
    return Frame(START + seed * SECOND, 320, 240, planes=(y, u, v))


def test_pictures_are_made_to_fit_and_that_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(math.inf)
    rig.offer(0, noisy(0))
    full = len(rig.pictures[0].jpeg)
    rig.feed.max_bytes = full // 2
    for seed in range(1, 20):
        assert rig.offer(0, noisy(seed))
    assert all(len(picture.jpeg) <= full // 2 for picture in rig.pictures[1:])
    (said,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert said.startswith(f"camera front: the limit is {full // 2} bytes per picture")
    assert size_of(rig.pictures[-1].jpeg) == (rig.pictures[-1].width, rig.pictures[-1].height)
    rig.feed.max_bytes = None
    assert rig.offer(0, noisy(0))
    assert len(rig.pictures[-1].jpeg) == full


def test_picture_that_cannot_fit_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(math.inf)
    rig.feed.max_bytes = 50
    for seed in range(3):
        assert not rig.offer(0, noisy(seed))
    assert rig.feed.dropped == 3
    assert rig.feed.ready
    assert caplog.text.count("none is sent") == 1


def test_picture_of_a_broken_frame_is_made_of_the_next(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(1)
    rig.feed.spec = PictureSpec(quality=50)
    good = jpeg(64, 48)
    assert not rig.offer(0, Frame(START, 64, 48, jpeg=b"\xff\xd8garbage"))
    assert rig.offer(0, Frame(START + SECOND // 24, 64, 48, jpeg=good))
    for number in range(1, 6):
        assert not rig.offer(0, Frame(START + number * SECOND, 64, 48, jpeg=b"garbage"))
    assert rig.hub.failures == 6
    assert rig.feed.dropped == 4
    assert len([record for record in caplog.records if "could not be used" in record.getMessage()]) == 1
    assert "Traceback" not in caplog.text


async def test_pictures_from_another_thread_are_passed_on_in_order_until_it_is_closed() -> None:
    rig = Rig(math.inf, loop=asyncio.get_running_loop())
    stop, seq = threading.Event(), [0]

    def capture() -> None:
        while not stop.wait(0.001):
            frame = Frame(START + seq[0], 64, 48, planes=grey_planes())
            frame.seq = seq[0]
            rig.hub.publish(frame)
            seq[0] += 1

    thread = threading.Thread(target=capture)
    thread.start()
    try:
        await until(lambda: len(rig.pictures) >= 50)
        rig.feed.close()
        count, published = len(rig.pictures), seq[0]
        await until(lambda: seq[0] > published + 10, "more frames")
        assert len(rig.pictures) == count
    finally:
        stop.set()
        thread.join()
    numbers = [picture.seq for picture in rig.pictures]
    assert numbers == sorted(set(numbers))
