"""The page holds no more after many changes of its view: `tests.web.growth` watches for longer."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from tests.web import every_view
from tests.web.browser import Page
from tests.web.growth import COUNT_URLS, Held, grown, held_by_chromium

PLACES = ["#/", "#/front", "#/garden", *every_view.PLACES]
SWITCHES = 30
_BOTH = "return document.querySelectorAll('.tile .stage[data-status=running]').length == 2"


def go(page: Page, place: str) -> None:
    page.script("location.hash = arguments[0]", place)
    page.see(every_view.READY)


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


def test_nothing_is_left_of_views_that_were_shown(page: Page, tmp_path: Path) -> None:
    page.driver.execute_cdp_cmd("Performance.enable", {})
    chance = random.Random(14)
    with page.prepared(COUNT_URLS), every_view.serving_every_view(tmp_path) as served:
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
