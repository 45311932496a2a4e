"""How large a packet may be."""

from __future__ import annotations

from mqttcam.mqtt.packet_size import RETRY_SIZE_AFTER, SMALLEST, SMALLEST_OF_BROKER, PacketSizeLimit

KEEPALIVE = 60


def _limit(configured: int = 2_000_000) -> PacketSizeLimit:
    return PacketSizeLimit(configured, KEEPALIVE)


def test_broker_lowers_the_limit_but_does_not_raise_it() -> None:
    limit = _limit()
    limit.connected(500_000)
    assert limit.current == 500_000
    limit.connected(9_000_000)
    assert limit.current == 2_000_000
    limit.connected(None)
    assert limit.current == 2_000_000


def test_lost_connection_halves_the_limit() -> None:
    limit = _limit(5_000_000)
    limit.connected(None)
    limit.acknowledged(1_200_000, 0.1, 0)
    assert limit.connection_lost(3_000_000, 0.1, closed_by_broker=True, now=1)
    assert limit.current == 1_500_000


def test_lost_connection_keeps_what_the_broker_has_acknowledged() -> None:
    limit = _limit(5_000_000)
    limit.connected(None)
    limit.acknowledged(1_900_000, 0.1, 0)
    assert limit.connection_lost(3_000_000, 0.1, closed_by_broker=True, now=1)
    assert limit.current == 1_900_000


def test_connections_lost_under_small_packets_count_the_second_time() -> None:
    limit = _limit()
    for size, learned in [(20_000, False), (20_000, True), (10_000, True), (5_000, True), (4_000, False)]:
        limit.connected(None)
        limit.accepted(1_000, 0)
        assert limit.connection_lost(size, 0, closed_by_broker=True, now=1) is learned
    assert limit.current == SMALLEST_OF_BROKER


def test_small_packet_that_passes_later_was_not_the_cause() -> None:
    limit = _limit()
    limit.connected(None)
    assert not limit.connection_lost(20_000, 0, closed_by_broker=True, now=1)
    limit.connected(None)
    limit.accepted(20_000, 2)
    limit.connected(None)
    assert not limit.connection_lost(30_000, 0, closed_by_broker=True, now=3)


def test_packet_too_large_is_believed_at_once() -> None:
    limit = _limit()
    limit.connected(2_000_000)
    assert limit.connection_lost(20_000, 0, closed_by_broker=True, now=1, too_large=True)
    assert limit.current == 10_000


def test_refused_messages_lower_the_limit_of_the_connection() -> None:
    limit = _limit()
    limit.connected(2_000_000)
    limit.refused(100_000)
    assert limit.current == 50_000
    for _ in range(9):
        limit.refused(limit.current)
    assert limit.current == SMALLEST_OF_BROKER
    limit.connected(2_000_000)
    assert limit.current == 2_000_000


def test_lost_connection_keeps_the_limit_after_a_picture_as_large() -> None:
    limit = _limit()
    limit.connected(None)
    limit.acknowledged(300_000, 0.1, 0)
    assert not limit.connection_lost(300_000, 0.1, closed_by_broker=True, now=1)
    assert limit.current == 2_000_000


def test_lost_connection_keeps_a_limit_that_the_broker_announces() -> None:
    limit = _limit()
    limit.connected(None)
    assert not limit.connection_lost(300_000, 0.1, closed_by_broker=False, now=1)
    limit.connected(1_000_000)
    assert not limit.connection_lost(300_000, 0.1, closed_by_broker=True, now=1)


def test_pictures_of_earlier_connections_do_not_count() -> None:
    limit = _limit(5_000_000)
    limit.connected(None)
    limit.acknowledged(3_000_000, 0.1, 0)
    limit.connected(None)
    assert limit.connection_lost(3_000_000, 0.1, closed_by_broker=True, now=1)


def test_size_is_tried_again_once() -> None:
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


def test_limit_follows_the_pace_of_the_link() -> None:
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


def test_picture_that_is_never_acknowledged_lowers_the_limit() -> None:
    limit = _limit()
    limit.connected(None)
    limits = []
    for _ in range(12):
        limit.connection_lost(limit.current, 120, closed_by_broker=False, now=0)
        limits.append(limit.current)
    assert limits[0] == 500_000
    assert limits[1] == 125_000
    assert limits[-1] == SMALLEST
