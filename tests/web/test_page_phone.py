"""The view of one camera on a phone: nothing covers the picture, unless it fills the screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.browser import Page
from tests.web.browser_page import BrowserPage
from tests.web.firefox import FirefoxPage
from tests.web.serving import serving_in_thread

CAMERAS: dict[str, dict[str, Any]] = {
    "front": {"name": "Front door", "size": "640x480", "motion": True},
    "yard": {},
}
_BOXES = """
return [".picture", ".status .badge", ".tools", ".title"].map((it) => {
  const {top, bottom, left, right} = document.querySelector(it).getBoundingClientRect();
  return {top, bottom, left, right};
});
"""
_VISIBLE = (
    "return ['.status', '.tools'].map((it) => Number(getComputedStyle(document.querySelector(it)).opacity))"
)
Box = dict[str, float]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving_in_thread(CAMERAS) as (served, _loop):
        yield f"{served.url}/#/front"


@pytest.fixture(params=["chromium", "firefox"])
def phone(request: pytest.FixtureRequest, url: str) -> Iterator[BrowserPage]:
    """A phone with the view of a camera."""
    found: Page | FirefoxPage = request.getfixturevalue("page" if request.param == "chromium" else "firefox")
    found.screen(phone=True)
    found.open(url)
    found.see(".stage[data-status=running]")
    yield found
    found.screen()
    found.open("about:blank")


def boxes(page: BrowserPage) -> list[Box]:
    return list(page.script(_BOXES))


def covers(one: Box, other: Box) -> bool:
    beside = one["right"] <= other["left"] or other["right"] <= one["left"]
    return not (beside or one["bottom"] <= other["top"] or other["bottom"] <= one["top"])


@pytest.mark.parametrize("scrolled", [0, 400], ids=["at the top", "scrolled"])
def test_the_buttons_are_below_the_picture(phone: BrowserPage, scrolled: int) -> None:
    phone.script("scrollTo(0, arguments[0])", scrolled)
    picture, badge, tools, title = boxes(phone)
    assert not covers(badge, picture)
    assert not covers(tools, picture)
    assert not covers(badge, tools)
    assert not covers(title, tools) or scrolled
    assert picture["bottom"] <= tools["top"] < picture["bottom"] + 20
    assert picture["top"] >= 0, "it stays while the page is scrolled"
    phone.press(".tools [title^='Take a snapshot']")
    phone.see(".thumb")


def test_the_motion_test_begins_below_the_picture(phone: BrowserPage) -> None:
    phone.press(".areatools .button")
    phone.see(".motiontest")
    _, badge, tools, _ = boxes(phone)
    top = "return document.querySelector('.areatools h2').getBoundingClientRect().top"
    phone.until(lambda: tools["bottom"] <= phone.script(top) < tools["bottom"] + 60, "it below the buttons")
    phone.press(".status")
    phone.see(".streaminfo")
    bottom = phone.script("return document.querySelector('.streaminfo').getBoundingClientRect().bottom")
    assert badge["top"] - 40 < bottom <= badge["top"], "beside its button"


def test_a_zoomed_picture_stays_in_its_frame(phone: BrowserPage) -> None:
    phone.script("document.querySelector('.stage').dispatchEvent(new KeyboardEvent('keydown', {key: '+'}))")
    phone.see(".tools .pill")
    _, badge, tools, _ = boxes(phone)
    for box in (badge, tools):
        x, y = (box["left"] + box["right"]) / 2, (box["top"] + box["bottom"]) / 2
        assert phone.script(
            "return document.elementFromPoint(...arguments).closest('.picture') === null", x, y
        )


def test_the_buttons_are_on_the_picture_where_it_fills_the_window(phone: BrowserPage) -> None:
    """As on iPhones, which have no full screen for pictures."""
    phone.script(
        "Object.defineProperty(document, 'fullscreenEnabled', {value: false, configurable: true});"
        "Object.defineProperty(document, 'webkitFullscreenEnabled', {value: false, configurable: true});"
    )
    phone.press(".tools [title^='Full screen']")
    phone.see(".stage.filled")
    picture, badge, tools, _ = boxes(phone)
    assert covers(badge, picture)
    assert covers(tools, picture)
    phone.see(".stage.idle")
    phone.until(lambda: phone.script(_VISIBLE) == [0, 0], "that they fade")
    phone.press(".picture")
    phone.press(".tools [title^='Full screen']")
    phone.until(lambda: not covers(boxes(phone)[2], boxes(phone)[0]), "the buttons below it")
