"""How large a packet may be, as the broker and the link show it."""

from __future__ import annotations

from mqttcam.mqtt.budget import SMALLEST, TRUST_AGAIN_AFTER, Budget

KEEPALIVE = 60


def _budget(configured: int = 2_000_000) -> Budget:
    return Budget(configured, KEEPALIVE)


def test_the_broker_may_allow_less_but_not_more() -> None:
    budget = _budget()
    budget.connected(500_000)
    assert budget.limit == 500_000
    budget.connected(9_000_000)
    assert budget.limit == 2_000_000
    budget.connected(None)
    assert budget.limit == 2_000_000


def test_a_connection_that_dies_under_the_largest_picture_halves_it() -> None:
    budget = _budget(5_000_000)
    budget.connected(None)
    budget.acknowledged(1_900_000, 0.1, 0)
    assert budget.died(3_000_000, 0.1, closed_by_broker=True, now=1)
    assert budget.limit == 1_500_000


def test_not_where_a_picture_as_large_went_through_before() -> None:
    budget = _budget()
    budget.connected(None)
    budget.acknowledged(300_000, 0.1, 0)
    assert not budget.died(300_000, 0.1, closed_by_broker=True, now=1)
    assert budget.limit == 2_000_000


def test_not_where_the_broker_names_its_limit_or_somebody_else_ended_it() -> None:
    budget = _budget()
    budget.connected(None)
    assert not budget.died(300_000, 0.1, closed_by_broker=False, now=1)
    budget.connected(1_000_000)
    assert not budget.died(300_000, 0.1, closed_by_broker=True, now=1)


def test_what_was_proved_on_another_connection_counts_for_nothing() -> None:
    budget = _budget(5_000_000)
    budget.connected(None)
    budget.acknowledged(3_000_000, 0.1, 0)
    budget.connected(None)
    assert budget.died(3_000_000, 0.1, closed_by_broker=True, now=1)


def test_a_size_is_tried_again_once() -> None:
    budget = _budget(5_000_000)
    budget.connected(None)
    budget.died(3_000_000, 0.1, closed_by_broker=True, now=0)
    budget.connected(None)
    budget.acknowledged(1_000_000, 0.1, TRUST_AGAIN_AFTER / 2)
    assert budget.limit == 1_500_000
    budget.acknowledged(1_000_000, 0.1, TRUST_AGAIN_AFTER + 1)
    assert budget.limit == 5_000_000
    budget.died(3_000_000, 0.1, closed_by_broker=True, now=TRUST_AGAIN_AFTER + 2)
    budget.connected(None)
    budget.acknowledged(1_000_000, 0.1, 10 * TRUST_AGAIN_AFTER)
    assert budget.limit == 1_500_000


def test_a_slow_link_makes_pictures_smaller_and_a_quick_one_larger_again() -> None:
    budget = _budget()
    budget.connected(None)
    budget.acknowledged(1_200_000, 40, 0)
    assert budget.limit == 900_000
    for _ in range(3):
        budget.acknowledged(budget.limit, 29, 0)
    assert budget.limit == 900_000
    for _ in range(20):
        budget.acknowledged(200_000, 2, 0)
    assert budget.limit == 2_000_000


def test_a_picture_that_never_gets_through_makes_the_next_smaller() -> None:
    budget = _budget()
    budget.connected(None)
    limits = []
    for _ in range(12):
        budget.died(budget.limit, 120, closed_by_broker=False, now=0)
        limits.append(budget.limit)
    assert limits[0] == 500_000
    assert limits[1] == 125_000
    assert limits[-1] == SMALLEST
