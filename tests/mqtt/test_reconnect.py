"""Many nodes that lost the same broker at the same time do not connect again at the same time."""

from __future__ import annotations

from pathlib import Path

from mqttcam.mqtt.connection import Connection, Timing
from tests.mqtt.conftest import Connect
from tests.support.broker import Mosquitto
from tests.support.bursts import most_within
from tests.support.waiting import until

NODES = 30
LATER = 60.0
"""Seconds within which the nodes try again: much longer than any machine takes to notice the failure on all of them."""


async def check_spread(nodes: list[Connection]) -> None:
    """Wait until all nodes are about to try again, and check that they will not do so together."""

    def tries() -> list[float]:
        return [node.next_try for node in nodes if node.next_try is not None]

    await until(lambda: len(tries()) == NODES, "all will try again")
    assert most_within(LATER / 10, tries()) <= NODES * 2 / 3


async def test_after_the_broker_was_killed(folder: Path, connect: Connect) -> None:
    timing = Timing(first_retry=LATER)
    with Mosquitto(folder) as broker:
        nodes = [await connect(broker, timing=timing) for _ in range(NODES)]
        broker.kill()
        await check_spread(nodes)


async def test_after_the_broker_refused_all_of_them(folder: Path, connect: Connect) -> None:
    """As it does while what it asks about users starts."""
    timing = Timing(permanent_retry=LATER)
    with Mosquitto(folder, password="right") as broker:
        nodes = [await connect(broker, wait=False, password="wrong", timing=timing) for _ in range(NODES)]
        await check_spread(nodes)
