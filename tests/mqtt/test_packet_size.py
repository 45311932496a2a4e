"""How large a packet may be, as the broker and the link show it."""

from __future__ import annotations

from mqttcam.mqtt.packet_size import RETRY_SIZE_AFTER, SMALLEST, PacketSizeLimit

KEEPALIVE = 60


def _limit(configured: int = 2_000_000) -> PacketSizeLimit:
    return PacketSizeLimit(configured, KEEPALIVE)


def test_the_broker_may_allow_less_but_not_more() -> None:
    limit = _limit()
    limit.connected(500_000)
    assert limit.current == 500_000
    limit.connected(9_000_000)
    assert limit.current == 2_000_000
    limit.connected(None)
    assert limit.current == 2_000_000


def test_a_connection_that_dies_under_the_largest_picture_halves_it() -> None:
    limit = _limit(5_000_000)
    limit.connected(None)
    limit.acknowledged(1_900_000, 0.1, 0)
    assert limit.connection_lost(3_000_000, 0.1, closed_by_broker=True, now=1)
    assert limit.current == 1_500_000


def test_not_where_a_picture_as_large_went_through_before() -> None:
    limit = _limit()
    limit.connected(None)
    limit.acknowledged(300_000, 0.1, 0)
    assert not limit.connection_lost(300_000, 0.1, closed_by_broker=True, now=1)
    assert limit.current == 2_000_000


def test_not_where_the_broker_names_its_limit_or_somebody_else_ended_it() -> None:
    limit = _limit()
    limit.connected(None)
    assert not limit.connection_lost(300_000, 0.1, closed_by_broker=False, now=1)
    limit.connected(1_000_000)
    assert not limit.connection_lost(300_000, 0.1, closed_by_broker=True, now=1)


def test_what_was_proved_on_another_connection_counts_for_nothing() -> None:
    limit = _limit(5_000_000)
    limit.connected(None)
    limit.acknowledged(3_000_000, 0.1, 0)
    limit.connected(None)
    assert limit.connection_lost(3_000_000, 0.1, closed_by_broker=True, now=1)


def test_a_size_is_tried_again_once() -> None:
    limit = _limit(5_000_000)
    limit.connected(None)
    limit.connection_lost(3_000_000, 0.1, closed_by_broker=True, now=0)
    limit.connected(None)
    limit.acknowledged(1_000_000, 0.1, RETRY_SIZE_AFTER / 2)
    assert limit.current == 1_500_000
    limit.acknowledged(1_000_000, 0.1, RETRY_SIZE_AFTER + 1)
    assert limit.current == 5_000_000
    limit.connection_lost(3_000_000, 0.1, closed_by_broker=True, now=RETRY_SIZE_AFTER + 2)
    limit.connected(None)
    limit.acknowledged(1_000_000, 0.1, 10 * RETRY_SIZE_AFTER)
    assert limit.current == 1_500_000


def test_a_slow_link_makes_pictures_smaller_and_a_quick_one_larger_again() -> None:
    limit = _limit()
    limit.connected(None)
    limit.acknowledged(1_200_000, 40, 0)
    assert limit.current == 900_000
    for _ in range(3):
        limit.acknowledged(limit.current, 29, 0)
    assert limit.current == 900_000
    for _ in range(20):
        limit.acknowledged(200_000, 2, 0)
    assert limit.current == 2_000_000


def test_a_picture_that_never_gets_through_makes_the_next_smaller() -> None:
    limit = _limit()
    limit.connected(None)
    limits = []
    for _ in range(12):
        limit.connection_lost(limit.current, 120, closed_by_broker=False, now=0)
        limits.append(limit.current)
    assert limits[0] == 500_000
    assert limits[1] == 125_000
    assert limits[-1] == SMALLEST
