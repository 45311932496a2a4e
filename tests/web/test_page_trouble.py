"""The list of problems, and the symbol in the bar that leads there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from mqttcam.backoff import Backoff
from mqttcam.camera.status import CameraStatus
from tests.support.waiting import PATIENCE
from tests.web.browser import Page
from tests.web.credentials import TOKEN, users
from tests.web.serving import Served, serving_in_thread, watching

NOWHERE = {"type": "url", "url": "rtsp://127.0.0.1:9/shed"}
CAMERAS: dict[str, dict[str, object]] = {
    "front": {"name": "Front door", "size": "640x480"},
    "shed": {"name": "Garden shed", "enabled": False, "source": NOWHERE},
}


class Broker:
    """A broker that is away, and comes back at the next try."""

    def __init__(self) -> None:
        self.problem: str | None = None
        self.next_try: float | None = None

    def fail(self) -> None:
        self.problem = "MQTT hub:1883: Connection refused; start the broker"
        self.next_try = time.monotonic() + 600

    def try_again(self) -> None:
        self.problem = self.next_try = None


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Served, asyncio.AbstractEventLoop, Broker]]:
    with serving_in_thread(CAMERAS) as (served, loop):
        broker = Broker()
        served.registry.node.add_check(lambda: broker.problem, "MQTT", retrying=broker)
        yield served, loop, broker


def test_all_is_well(page: Page, running: tuple[Served, asyncio.AbstractEventLoop, Broker]) -> None:
    served, _, _ = running
    page.open(served.url)
    link = page.find("#link[data-state=on]")
    assert link.get_attribute("aria-label") == "All is well"
    link.click()
    page.until(lambda: "2 cameras, Logins, MQTT" in page.text(".well"), "what is watched")
    assert link.get_attribute("aria-current") == "page"
    page.shot("trouble-none")


def test_a_problem_is_listed_retried_and_ends(
    page: Page, running: tuple[Served, asyncio.AbstractEventLoop, Broker]
) -> None:
    served, loop, broker = running
    page.open(f"{served.url}/#trouble")
    page.find(".well")
    broker.fail()
    loop.call_soon_threadsafe(served.registry.node.changed)
    page.find(".problem[data-id=mqtt]")
    page.until(lambda: page.text("#link") == "1", "their number")
    assert page.text(".problem .todo") == "Start the broker."
    page.until(lambda: "Next try in " in page.text(".problem .next"), "the count-down")
    first = page.text(".problem .next")
    page.until(lambda: page.text(".problem .next") != first, "the count-down to go on")
    page.shot("trouble")
    page.find(".problem[data-id=mqtt] button").click()
    page.find(".well")
    page.until(lambda: "MQTT hub:1883: Connection refused" in page.text(".ended"), "that it has ended")
    assert "after" in page.text(".ended small")
    page.until(lambda: not page.text("#link"), "no number")


def test_a_failed_camera_leads_to_its_problem(
    page: Page, running: tuple[Served, asyncio.AbstractEventLoop, Broker]
) -> None:
    served, loop, broker = running
    shed = served.registry.devices["shed"]
    shed.camera._supervisor._backoff = Backoff(3600, 3600, jitter=0)
    loop.call_soon_threadsafe(shed.set_enabled, True)
    try:
        broker.fail()
        page.open(f"{served.url}/#/shed")
        page.until(lambda: "cannot be reached" in page.text(".curtain"), "why there is no picture")
        page.find(".curtain a").click()
        page.until(lambda: page.text("h1") == "Problems of Garden shed", "its problems")
        page.until(lambda: len(page.all(".problem")) == 1, "its problem alone")
        assert "source.url" in page.text(".todo")
        page.find(".troublebar .button").click()
        page.until(lambda: len(page.all(".problem")) == 2, "all problems")
        page.until(lambda: page.text("#link") == "2", "their number")
        page.shot("trouble-two")
    finally:
        broker.try_again()
        loop.call_soon_threadsafe(shed.set_enabled, False)
        page.until(lambda: shed.camera.status is CameraStatus.OFF, "the camera off")


def test_a_viewer_sees_the_problem_and_cannot_retry(page: Page) -> None:
    with serving_in_thread({}, **users()) as (served, _):
        broker = Broker()
        broker.fail()
        served.registry.node.add_check(lambda: broker.problem, "MQTT", retrying=broker)
        page.open(f"{served.url}/#token={TOKEN[::-1]}")
        page.find("#link.wrong").click()
        page.until(lambda: "Next try in" in page.text(".problem"), "the problem")
        assert not page.find(".problem").find_element("css selector", "button").is_displayed()


def test_who_is_looking(page: Page, running: tuple[Served, asyncio.AbstractEventLoop, Broker]) -> None:
    served, loop, _ = running
    page.open(f"{served.url}/#/front")
    page.find("#settings").click()
    page.find("a[href='#viewers']").click()
    page.until(
        lambda: page.text(".well h2") == "Nobody is watching", "nobody, as this page no longer shows a camera"
    )
    assert not page.all("dialog[open]")
    stream = asyncio.run_coroutine_threadsafe(first_picture(served), loop).result(PATIENCE)
    page.until(lambda: "Front door · MJPEG stream" in page.text(".viewer"), "the stream")
    page.until(lambda: "kbit/s" in page.text(".viewer"), "its rate")
    assert "127.0.0.1" in page.text(".viewer b")
    page.shot("viewers")
    page.find(".viewer button").click()
    page.find(".well")
    asyncio.run_coroutine_threadsafe(stream.aclose(), loop).result(PATIENCE)


async def first_picture(served: Served) -> AsyncExitStack:
    """Open a stream, and read its first picture."""
    stack = AsyncExitStack()
    parts = await stack.enter_async_context(watching(served))
    await parts.next()
    return stack
