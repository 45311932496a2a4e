"""A count rises at once, and falls after it has been lower for a while."""

from __future__ import annotations

from mqttcam.detections.steady_count import SteadyCount


def test_it_rises_at_once_and_falls_late() -> None:
    count = SteadyCount(2.0)
    assert count.value(0) == 0
    count.add(2, 0)
    assert (count.value(0), count.next_fall) == (2, None)
    count.add(1, 5)
    assert (count.value(5), count.next_fall) == (2, 7)
    assert count.value(6.9) == 2
    assert count.value(7) == 1
    assert count.next_fall is None


def test_a_frame_without_it_changes_nothing() -> None:
    count = SteadyCount(2.0)
    for number in range(100):
        count.add(number % 3 and 1, number * 0.2)
        assert count.value(number * 0.2) == (number > 0)


def test_several_falls() -> None:
    count = SteadyCount(2.0)
    for now, number in enumerate((3, 2, 1, 0)):
        count.add(number, now)
    assert [count.value(now) for now in (2.9, 3, 4, 5, 9)] == [3, 2, 1, 0, 0]
