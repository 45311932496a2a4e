"""The page holds no more after many changes of its view: `tests.web.growth` watches for longer."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from tests.support.project import PROJECT
from tests.web.browser import Page
from tests.web.growth import COUNT_URLS, Held, grown, held_by_chromium
from tests.web.serving import serving_in_thread

CAMERAS = {
    "front": {"size": "160x120", "frame_rate": 10, "motion": {}},
    "garden": {"size": "160x120", "frame_rate": 10},
}
VIEWS = (PROJECT / "mqttcam" / "web" / "static" / "views.js").read_text()
PLACES = ["#/", "#/front", "#/garden", *re.findall(r'hash: "(#\w+)"', VIEWS)]
SWITCHES = 30
_BOTH = "return document.querySelectorAll('.tile .stage[data-status=running]').length == 2"


def go(page: Page, place: str) -> None:
    page.script("location.hash = arguments[0]", place)
    page.see(".stage[data-status=running], main:not(:has(.stage)) :is(h1, h2)")


def settled(page: Page) -> Held:
    """Return what is held for the overview, with a picture in each tile."""
    go(page, "#/")
    page.until(
        lambda: page.script(
            "return document.querySelectorAll('.tile .stage[data-status=running]').length == 2"
        ),
        "both",
    )
    return held_by_chromium(page)


def test_nothing_is_left_of_views_that_were_shown(page: Page) -> None:
    page.driver.execute_cdp_cmd("Performance.enable", {})
    chance = random.Random(14)
    with page.prepared(COUNT_URLS), serving_in_thread(CAMERAS) as (served, _loop):
        page.open(served.url)
        for place in PLACES:
            go(page, place)
        first = settled(page)
        for place in chance.choices(PLACES, k=SWITCHES):
            go(page, place)

        def as_before() -> bool:
            now = settled(page)
            return now.nodes <= first.nodes + 20 and now.listeners <= first.listeners + 2 and now.urls <= 4

        page.until(as_before, f"nothing more than at first: {first}")


def test_growth_is_noticed() -> None:
    flat = [Held(100, 10, 2, 5.0, 60.0)] * 12
    assert grown(flat, {"nodes": 10, "urls": 1}) == []
    leaking = [replace(one, nodes=100 + 10 * i) for i, one in enumerate(flat)]
    assert grown(leaking, {"nodes": 50, "urls": 1}) == ["nodes: 140.0 to 200.0, allowed: +50"]
