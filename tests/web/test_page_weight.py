"""What a browser has to load before it shows the page, and what keeps it busy afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from mqttcam.web.static_files import STATIC
from tests.web.browser import Page
from tests.web.serving import Served, serving_in_thread

MOST = 150_000
"""Bytes of the first view, headers included: a second with 1.2 Mbit/s."""
_LOADED = """
const [{transferSize}] = performance.getEntriesByType("navigation");
const others = performance.getEntriesByType("resource").map((it) => [it.name, it.transferSize]);
return [["index.html", transferSize], ...others];
"""


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving_in_thread({"front": {"motion": {}}, "garden": {}}) as (found, _loop):
        yield found


@pytest.mark.parametrize("place", ["#/", "#/front"])
def test_the_first_view_is_light(page: Page, served: Served, place: str) -> None:
    page.empty_cache()
    page.open(f"{served.url}/{place}")
    page.find(".stage[data-status=running]")
    page.until(page.picture_width, "the picture")
    loaded = {
        name: size for name, size in page.script(_LOADED) if "/cameras/" not in name.removeprefix(served.url)
    }
    assert len(loaded) > 10
    assert sum(loaded.values()) < MOST, loaded


def test_no_animation_is_endless() -> None:
    """It would paint 60 pictures a second for as long as the page is open."""
    animations = [
        rule for sheet in STATIC.glob("*.css") for rule in re.findall(r"animation:[^;]*", sheet.read_text())
    ]
    assert animations
    assert not [rule for rule in animations if "infinite" in rule]
