"""The queue before the check of a password."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from mqttcam.web.login_queue import LoginQueue, QueueFull

FAILURES = Counter({"guesser": 3, "other guesser": 1})


class Logins:
    """Logins that wait, and those that had their turn."""

    def __init__(self, most: int = 8) -> None:
        self.queue = LoginQueue(FAILURES.__getitem__, most)
        self.served: list[str] = []

    def start(self, client: str) -> asyncio.Task[None]:
        return asyncio.create_task(self._login(client))

    async def _login(self, client: str) -> None:
        async with self.queue.turn(client):
            self.served.append(client)
            await asyncio.sleep(0)


async def test_the_address_with_the_fewest_failed_logins_is_next() -> None:
    logins = Logins()
    tasks = [logins.start(client) for client in ("first", "guesser", "other guesser", "guesser", "new")]
    await asyncio.gather(*tasks)
    assert logins.served == ["first", "new", "other guesser", "guesser", "guesser"]


async def test_many_logins_of_one_address_wait_for_those_of_others() -> None:
    logins = Logins()
    tasks = [logins.start(client) for client in ("first", "many", "many", "many", "one")]
    await asyncio.gather(*tasks)
    assert sorted(logins.served[1:3]) == ["many", "one"]
    assert logins.served[3:] == ["many", "many"]


async def test_a_better_address_takes_the_place_of_the_worst() -> None:
    logins = Logins(most=2)
    first, guesser, other, new = (
        logins.start(client) for client in ("first", "guesser", "other guesser", "new")
    )
    await asyncio.gather(first, other, new)
    with pytest.raises(QueueFull):
        await guesser
    assert logins.served == ["first", "new", "other guesser"]


async def test_a_login_that_is_given_up_blocks_nobody() -> None:
    logins = Logins()
    first, gone, last = (logins.start(client) for client in ("first", "gone", "guesser"))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(first, last)
    assert logins.served == ["first", "guesser"]
    await logins.start("later")
    assert logins.served[-1] == "later"


async def test_a_login_that_is_given_up_at_its_turn_passes_it_on() -> None:
    logins = Logins()
    async with logins.queue.turn("first"):
        gone, last = logins.start("gone"), logins.start("guesser")
        await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait_for(last, 60)
    assert logins.served == ["guesser"]
