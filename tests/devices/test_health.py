"""Problems that notify no listener are noticed all the same."""

from __future__ import annotations

import asyncio
import contextlib

from mqttcam.devices.health import Health
from mqttcam.devices.node import Node
from mqttcam.devices.observer import NodeObserver
from tests.support.waiting import PATIENCE


class Observer(NodeObserver):
    def __init__(self) -> None:
        self.changes = asyncio.Queue[None]()

    def changed(self) -> None:
        self.changes.put_nowait(None)


async def test_changed_problems_are_noticed() -> None:
    """Once for each change."""
    problem: list[str] = []
    node, observer = Node("pi"), Observer()
    node.add_check(lambda: problem[0] if problem else None)
    node.attach(observer)
    watching = asyncio.create_task(Health(node, dict).watch(0.01))
    async with asyncio.timeout(PATIENCE):
        await asyncio.sleep(0)  # it looks for the first time
        problem.append("the disk is full")
        await observer.changes.get()
        await asyncio.sleep(0.05)
        assert observer.changes.empty()
        problem.clear()
        await observer.changes.get()
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
