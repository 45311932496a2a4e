"""The group of pictures that a new reader begins with."""

from __future__ import annotations

from mqttcam.camera.latest_group import LatestGroup


def filled(
    seconds: float, interval: float, step: float = 0.5, size: int = 1, **options: int
) -> LatestGroup[float]:
    """Return what is kept after some seconds of video with a keyframe at each `interval`."""
    group: LatestGroup[float] = LatestGroup(**options)
    time = 0.0
    while time <= seconds:
        group.add(time, size, time, is_keyframe=time % interval == 0)
        time += step
    return group


def test_all_since_the_last_keyframe() -> None:
    assert filled(13, 10).to_begin_with() == [10, 10.5, 11, 11.5, 12, 12.5, 13]


def test_nothing_if_the_next_keyframe_is_due_soon() -> None:
    assert filled(17.5, 10).to_begin_with()
    assert not filled(18, 10).to_begin_with()
    assert not filled(11, 2).to_begin_with()


def test_a_keyframe_that_does_not_come_is_not_waited_for() -> None:
    group = filled(19.5, 10)
    for time in (20, 21, 22):
        group.add(time, 1, time, is_keyframe=False)
        assert not group.to_begin_with()
    group.add(22.5, 1, 22.5, is_keyframe=False)
    assert group.to_begin_with()[0] == 10


def test_the_first_group_may_last_for_ever() -> None:
    assert filled(3, 1000).to_begin_with() == [0, 0.5, 1, 1.5, 2, 2.5, 3]


def test_nothing_before_the_first_keyframe() -> None:
    group: LatestGroup[int] = LatestGroup()
    group.add(1, 1, 0.0, is_keyframe=False)
    assert not group.to_begin_with()


def test_a_group_that_is_too_large_is_not_kept() -> None:
    assert filled(3, 1000, size=10, max_bytes=70).to_begin_with()
    group = filled(3.5, 1000, size=10, max_bytes=70)
    assert not group.to_begin_with()
    group.add(4, 10, 4.0, is_keyframe=False)
    assert not group.to_begin_with()
    group.add(5, 10, 5.0, is_keyframe=True)
    assert group.to_begin_with() == [5]


def test_cleared() -> None:
    group = filled(3, 1000)
    group.clear()
    group.add(4, 1, 4.0, is_keyframe=False)
    assert not group.to_begin_with()
