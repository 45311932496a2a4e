"""A page that does not receive its pictures in the best way comes back to it by itself, and nobody sees the change.

A page that is left holds no place on the server.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from mqttcam.video.encoder import VideoUnavailable
from mqttcam.web import live
from mqttcam.web.places import Holder
from mqttcam.web.timing import Timing
from tests.web.browser import Page
from tests.web.browser_page import HAS_VIDEO
from tests.web.serving import serving_in_thread

ONE = {"front": {"name": "Front door", "frame_rate": 10}}
TWO = ONE | {"garden": {"name": "Garden", "frame_rate": 10}}
_WAYS = """
return [...document.querySelectorAll(".stage")].map(({dataset}) => dataset.stream.split(/[/?]/)[2]).join();
"""
_WATCH = """
window.gaps = 0;
const look = () => {
  for (const stage of document.querySelectorAll(".stage")) {
    const [image, video] = stage.querySelector(".picture").children;
    const isShown = (!image.hidden && image.hasAttribute("src")) || (!video.hidden && video.readyState >= 2);
    if (stage.dataset.status !== "running" || !isShown) window.gaps += 1;
  }
  requestAnimationFrame(look);
};
look();
"""
"""Counts how often a frame of the page is without a live picture."""
_QUICK = """
const inTime = window.setTimeout;
window.setTimeout = (call, delay, ...rest) => inTime(call, delay > 30000 ? 500 : delay, ...rest);
"""
"""Shortens the long pauses."""

_NO_FRAME = """
addEventListener("loadeddata", (event) => event.stopImmediatePropagation(), true);
"""


def arrives(page: Page, ways: str) -> None:
    page.until(lambda: page.script(_WAYS) == ways, ways)
    count = ways.count(",") + 1
    page.until(lambda: len(page.all(".stage[data-status=running]")) == count, "live pictures")


@pytest.mark.parametrize(
    ("cameras", "best"),
    [(ONE, "live" if HAS_VIDEO else "stream.mjpg"), (TWO, "live,live")],
    ids=["one camera", "tiles"],
)
def test_a_server_without_a_place_is_asked_again(
    page: Page, cameras: dict[str, dict[str, str]], best: str
) -> None:
    with serving_in_thread(cameras, max_viewers=4) as (served, loop), ExitStack() as others:
        viewers = served.server._context.viewers
        for _ in range(4):
            others.enter_context(viewers.take(Holder(0, "127.0.0.1"), lambda: None))
        page.open(served.url)
        arrives(page, ",".join(["snapshot.jpg"] * len(cameras)))
        page.script(_WATCH)
        loop.call_soon_threadsafe(others.close)
        arrives(page, best)
        page.until(lambda: len(viewers) == len(cameras), "no place for what was given up")
        assert page.moves()
        assert page.script("return gaps") == 0


def test_video_that_was_given_up_comes_back(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("av")

    def missing() -> None:
        raise VideoUnavailable("video needs PyAV")

    with page.prepared(_QUICK), serving_in_thread(ONE) as (served, _loop), monkeypatch.context() as without:
        without.setattr(live, "check_available", missing)
        page.open(served.url)
        arrives(page, "stream.mjpg")
        page.script(_WATCH)
        without.undo()
        page.until(page.shows_video, "video")
        arrives(page, "live")
        page.until(lambda: served.server.viewers == 1, "the video alone")
        assert page.moves()
        assert page.script("return gaps") == 0


def test_a_browser_that_takes_in_video_and_shows_none_shows_pictures(page: Page) -> None:
    pytest.importorskip("av")
    script = _QUICK.replace("delay > 30000", "delay === 10000") + _NO_FRAME
    with page.prepared(script), serving_in_thread(ONE) as (served, _loop):
        page.open(served.url)
        arrives(page, "stream.mjpg")
        page.until(lambda: served.server.viewers == 1, "no place for the video")
        assert page.moves()


def test_a_page_that_is_left_while_it_connects_holds_no_place(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chromium would keep it, with the connections that it was opening, until the server ends them as stalled."""
    with serving_in_thread(TWO, timing=Timing(stalled=300)) as (served, loop):
        left = asyncio.Event()

        class Slow(web.WebSocketResponse):
            async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
                await left.wait()
                return await super().prepare(request)

        monkeypatch.setattr(live, "websocket", lambda _request: Slow(compress=False))
        page.open(served.url)
        page.until(lambda: served.server.viewers, "a connection that is being opened")
        page.driver.get("about:blank")
        loop.call_soon_threadsafe(left.set)
        page.until(lambda: served.server.viewers == 0, "no viewer")
