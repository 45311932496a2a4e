"""The last seconds of video, in whole groups of pictures and bounded memory."""

from __future__ import annotations

import os
import tracemalloc

from mqttcam.video.ring import Ring
from mqttcam.video.unit import CLOCK, Unit

FPS = 10


def unit(number: int, size: int = 100, group: int = 10) -> Unit:
    """Return a unit; each group begins with a keyframe."""
    return Unit(os.urandom(size), number * CLOCK // FPS, number, number % group == 0, 64, 48)


def filled(ring: Ring, count: int, size: int = 100, group: int = 10) -> Ring:
    """Add this many units."""
    for number in range(count):
        ring.add(unit(number, size, group))
    return ring


def numbers(units: list[Unit]) -> list[int]:
    """Return which units these are."""
    return [one.ts_ns for one in units]


def test_it_keeps_whole_groups_of_at_least_its_seconds() -> None:
    ring = filled(Ring(2), 100)
    assert numbers(ring.since(0)) == list(range(70, 100))
    ring.add(unit(100))
    assert numbers(ring.since(0)) == list(range(80, 101))


def test_a_clip_begins_with_the_keyframe_at_or_before_its_time() -> None:
    ring = filled(Ring(5), 100)
    assert numbers(ring.since(79 * CLOCK // FPS))[0] == 70
    assert numbers(ring.since(80 * CLOCK // FPS))[0] == 80
    assert numbers(ring.since(999 * CLOCK))[0] == 90
    assert numbers(ring.since(0))[0] == 40


def test_it_begins_with_a_keyframe() -> None:
    ring = Ring(5)
    for number in range(5, 15):
        ring.add(unit(number))
    assert numbers(ring.since(0)) == list(range(10, 15))
    assert len(ring) == 5


def test_its_bytes_are_bounded_before_its_seconds() -> None:
    ring = filled(Ring(100, 25_000), 200, 1000)
    assert ring.bytes <= 25_000
    assert numbers(ring.since(0))[0] % 10 == 0
    assert len(ring) in range(10, 21)


def test_a_group_that_is_too_large_alone_is_left_out_up_to_the_next_keyframe() -> None:
    """As of a camera that makes a keyframe a minute."""
    ring = filled(Ring(100, 25_000), 40, 1000, group=100)
    assert len(ring) == 0
    assert ring.bytes == 0
    ring.add(unit(100))
    assert len(ring) == 1


def test_nothing_is_left_after_clear() -> None:
    ring = filled(Ring(5), 50)
    ring.clear()
    assert (len(ring), ring.bytes, ring.since(0)) == (0, 0, [])


def test_its_memory_is_what_it_says() -> None:
    """Within 10 %, for small units as of a still picture and for large ones."""
    for size in (100, 5_000):
        tracemalloc.start()
        ring = filled(Ring(600), 6000 if size < 1000 else 1000, size)
        taken, _peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert abs(taken - ring.bytes) < 0.1 * ring.bytes, size
