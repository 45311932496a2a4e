"""How many frames per second are wanted, by which sources of video decide what to decode."""

from __future__ import annotations

import math

from mqttcam.camera.hub import Hub
from mqttcam.schedule import parse
from tests.camera.test_feed import START, Rig
from tests.camera.test_hub import Reader


def test_the_subscriber_that_wants_most_counts() -> None:
    hub, one, two, three = Hub(), Reader(), Reader(), Reader()
    assert hub.wanted_fps() == 0
    hub.subscribe(one, lambda: 2.0)
    hub.subscribe(two, lambda: 5.0)
    assert hub.wanted_fps() == 5
    hub.subscribe(three)
    assert hub.wanted_fps() == math.inf, "unless it says otherwise, it wants every frame"
    hub.unsubscribe(three)
    hub.unsubscribe(two)
    assert hub.wanted_fps() == 2


def test_pictures() -> None:
    rig = Rig(2)
    rig.feed.ready = False
    assert rig.hub.wanted_fps() == 0, "nobody can take them"
    rig.feed.ready = True
    assert rig.hub.wanted_fps() == 2
    rig.feed.schedule = parse("every 10 minutes")
    assert 0 < rig.hub.wanted_fps() < 0.1
    rig.feed.schedule, rig.feed.fps = None, 0
    assert rig.hub.wanted_fps() == 0
    rig.feed.close()
    rig.feed.fps = 5
    assert rig.hub.wanted_fps() == 0


def test_a_picture_that_is_late_is_made_of_the_next_frame() -> None:
    rig = Rig(2)
    rig.feed.ready = False
    rig.offer(START)
    rig.feed.ready = True
    assert rig.hub.wanted_fps() == math.inf
    rig.offer(START + 1)
    rig.feed.ready = True
    assert rig.hub.wanted_fps() == 2
