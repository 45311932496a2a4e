"""Zones of a detector: which of them motion touches, when they clear, and their thresholds."""

from __future__ import annotations

from mqttcam.camera.adjustment import Adjustment
from mqttcam.camera.frame import CaptureSession
from mqttcam.imaging.orientation import Orientation
from tests.motion.rig import Rig
from tests.support.motion import SECOND


def zoned(threshold: float = 0.5, pause: float = 0, **thresholds: float) -> Rig:
    rig = Rig(threshold=threshold, pause=pause, zones=thresholds)
    rig.settle()
    rig.turn()
    rig.told.clear()
    return rig


def test_motion_lists_the_zones_that_it_touches() -> None:
    rig = zoned(left=0.5, right=0.5)
    for left in (20, 72, 110):
        rig.offer(left)
    rig.turn()
    assert [one.movement.zones for one in rig.told if one.movement] == [
        ("left",),
        ("right", "left"),  # more of it is in the right one
        ("right",),
    ]
    assert [one.zones_change for one in rig.told] == [True, True, False]


def test_a_zone_clears_after_the_last_motion_in_it_while_the_event_lasts() -> None:
    rig = zoned(left=0.5, right=0.5)
    rig.offer(20)
    entered = rig.now
    assert rig.detector.moving_zones == {"left"}
    while "left" in rig.detector.moving_zones:
        rig.offer(100 + rig.seq % 2 * 20)
    assert rig.now - entered == 2 * SECOND
    assert rig.detector.moving_zones == {"right"}
    rig.turn()
    assert [one.zones_change for one in rig.told].count(True) == 3
    while rig.detector.active:
        rig.offer()
    assert not rig.detector.moving_zones
    rig.turn()
    assert sum(one.ends for one in rig.told) == 1
    assert rig.told[-1].zones_change


def test_a_zone_clears_between_two_frames_with_motion_elsewhere() -> None:
    """Its clearing is reported with a frame without motion, which does not end the event."""
    rig = zoned(left=0.5, right=0.5)
    rig.offer(20)
    for _ in range(5):
        rig.offer(110)
    while "left" in rig.detector.moving_zones:
        rig.offer()
    assert rig.detector.moving_zones == {"right"}
    rig.turn()
    assert (rig.told[-1].movement, rig.told[-1].ends, rig.told[-1].zones_change) == (None, False, True)


def test_a_zone_has_its_own_threshold() -> None:
    rig = zoned(left=50, right=5)
    rig.offer(20)
    rig.offer(110)
    rig.turn()
    assert [one.movement.zones for one in rig.told if one.movement] == [(), ("right",)]


def test_motion_in_a_zone_counts_below_the_threshold_of_the_picture() -> None:
    rig = zoned(threshold=40, right=1)
    rig.offer(20)
    assert rig.detector.moving is False
    rig.offer(110)
    assert rig.detector.moving is True
    rig.turn()
    assert [one.movement.zones for one in rig.told if one.movement] == [("right",)]


def test_motion_in_a_zone_that_is_not_armed_is_that_of_the_picture_alone() -> None:
    rig = zoned(left=0.5)
    rig.detector.armed = frozenset()
    rig.offer(20)
    rig.turn()
    assert [one.movement.zones for one in rig.told if one.movement] == [()]
    rig.detector.armed = frozenset({"left"})
    rig.offer(30)
    assert rig.detector.moving_zones == {"left"}
    rig.detector.armed = frozenset()
    assert not rig.detector.moving_zones
    high = zoned(threshold=40, left=0.5)
    high.detector.armed = frozenset()
    high.offer(20)
    assert high.detector.moving is False


def test_no_motion_begins_in_a_zone_in_the_pause_after_an_end() -> None:
    rig = zoned(pause=5, left=0.5)
    rig.offer(20)
    while rig.detector.active:
        rig.offer()
    ended = rig.now
    while not rig.detector.moving_zones:
        rig.offer(10 + rig.seq * 7 % 40)
        assert rig.now - ended <= 5 * SECOND
    assert rig.now - ended == 5 * SECOND


def test_zones_are_areas_of_the_picture_as_it_is_shown() -> None:
    rig = Rig(zones={"left": 0.5, "right": 0.5})
    rig.adjustment = Adjustment(Orientation(False, hflip=True))
    rig.move()
    rig.offer(10)
    rig.turn()
    assert rig.detector.moving_zones == {"left", "right"}
    assert [one.movement.zones for one in rig.told if one.movement][-1] == ("right",)


def test_no_zone_moves_in_a_session_that_has_ended() -> None:
    rig = zoned(left=0.5)
    rig.offer(20)
    assert rig.detector.moving_zones
    rig.session.ended = True
    assert not rig.detector.moving_zones
    rig.session = CaptureSession()
    rig.settle()
    assert not rig.detector.moving_zones
