"""The live picture of one camera: its delay, full screen where browsers have none, fingers and keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from selenium.webdriver.common.keys import Keys

from tests.web.browser import Page
from tests.web.browser_page import HAS_VIDEO
from tests.web.serving import Served, serving_in_thread

CAMERAS = {
    "front": {"name": "Front door", "size": "640x480", "frame_rate": 10},
    "garden": {"name": "Garden", "size": "640x360", "frame_rate": 10},
}
NO_FULL_SCREEN = """
for (const name of ["fullscreenEnabled", "webkitFullscreenEnabled"]) {
  Object.defineProperty(document, name, {value: false});
}
Object.defineProperty(HTMLVideoElement.prototype, "webkitSupportsFullscreen", {value: false, configurable: true});
"""
VIDEO_ONLY = f"""
{NO_FULL_SCREEN}
Object.defineProperty(HTMLVideoElement.prototype, "webkitSupportsFullscreen", {{value: true}});
HTMLVideoElement.prototype.webkitEnterFullscreen = function () {{ window.entered = this; }};
"""
_INFO = """
return Object.fromEntries([...document.querySelectorAll(".streaminfo > div")].map(
  (row) => [row.firstChild.textContent, row.lastChild.textContent]));
"""


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving_in_thread(CAMERAS) as (found, _loop):
        yield found


def show(page: Page, served: Served, what: str = "#/front") -> Page:
    page.open(f"{served.url}/{what}")
    page.find(".stage[data-status=running]")
    page.until(page.picture_width, "the picture")
    return page


def delay(page: Page) -> float:
    """Wait until the delay is shown, and return it in milliseconds."""

    def found() -> re.Match[str] | None:
        return re.fullmatch(r"about ([\d,.]+) ms", page.script(_INFO).get("Delay", ""))

    return float(page.until(found, "the delay")[1].replace(",", ""))


# the delay


@pytest.mark.parametrize("script", ["", "delete window.MediaSource"], ids=["video", "pictures"])
def test_the_delay_and_the_quality_are_shown_on_request(page: Page, served: Served, script: str) -> None:
    with page.prepared(script):
        show(page, served)
        assert not page.all(".streaminfo")
        page.find(".stage").send_keys("d")
        assert 0 <= delay(page) < 30_000, "by the clocks of the server and the browser"
        page.until(lambda: "fps" in page.script(_INFO)["Rate"], "the rate")
        info = page.script(_INFO)
        is_video = HAS_VIDEO and not script
        assert info["Shown as"] == ("Video" if is_video else "Pictures")
        assert info["Format"].startswith("H.264 (avc1." if is_video else "JPEG")
        page.until(lambda: page.script(_INFO)["Size"] == "640 × 480", "the size, once a picture is shown")
        assert info["Data"].endswith("B/s")
        assert page.find(".status").get_attribute("aria-expanded") == "true"
        page.shot(f"delay-{'video' if is_video else 'pictures'}")
        page.find(".status").click()
        page.until(lambda: not page.all(".streaminfo"), "the way back")


def test_a_clock_that_is_wrong_does_not_change_the_delay(page: Page, served: Served) -> None:
    """An hour between the clocks of the server and the browser."""
    hour = "Object.defineProperty(performance, 'timeOrigin', {value: performance.timeOrigin + 3600e3})"
    with page.prepared(hour):
        show(page, served)
        page.find(".status").click()
        assert delay(page) < 30_000


def test_a_tile_shows_its_delay_and_stays_where_it_is(page: Page, served: Served) -> None:
    show(page, served, "#/")
    page.find(".tile .status").click()
    assert 0 <= delay(page) < 30_000
    assert page.script("return location.hash") == "#/"
    assert page.script(_INFO)["Format"] == "JPEG"


# full screen


def test_without_full_screen_the_picture_fills_the_window(page: Page, served: Served) -> None:
    page.size(390, 844, phone=True)
    with page.prepared(NO_FULL_SCREEN):
        show(page, served)
        page.find("[aria-label^='Full screen']").click()
        box = page.script("return document.querySelector('.stage').getBoundingClientRect().toJSON()")
        assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
        top = "const it = document.elementFromPoint(arguments[0], arguments[1]); return it.closest('.stage') !== null"
        assert page.script(top, 20, 20), "above the bar"
        assert page.script(top, 200, 800)
        assert page.script("return document.querySelector('.bar').inert"), "what is below takes no focus"
        page.shot("phone-filled")
        page.find("[aria-label^='Full screen']").click()
        page.until(lambda: not page.all(".stage.filled"), "the page again")
        assert not page.script("return document.querySelector('[inert]')")
        page.find(".stage").send_keys("f")
        page.find(".stage.filled")
        page.find(".stage").send_keys(Keys.ESCAPE)
        page.until(lambda: not page.all(".stage.filled"), "the page again")
        # Another view does not stay covered.
        page.find(".stage").send_keys("f")
        page.script("location.hash = '#/'")
        page.find(".tile")
        assert not page.script("return document.querySelector('[inert], .covered')")


def test_an_iphone_shows_the_video_in_full_screen(page: Page, served: Served) -> None:
    pytest.importorskip("av")
    with page.prepared(VIDEO_ONLY):
        show(page, served)
        page.find(".stage").send_keys("f")
        assert page.script("return window.entered === document.querySelector('.picture > video')")
        assert not page.all(".stage.filled")


# fingers and keys


def touch(page: Page, kind: str, *points: tuple[float, float]) -> None:
    listed = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    page.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": listed})


def scaled(page: Page) -> bool:
    return "scale" in (page.find(".picture").get_attribute("style") or "")


def test_a_double_tap_zooms_in_and_out_and_a_finger_moves_the_picture(page: Page, served: Served) -> None:
    page.size(390, 844, phone=True)
    page.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    try:
        show(page, served)
        box = page.script("return document.querySelector('.stage').getBoundingClientRect().toJSON()")
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

        def zoomed_after_a_double_tap() -> bool:
            for _ in range(2):
                touch(page, "touchStart", (x, y))
                touch(page, "touchEnd")
            return scaled(page)

        # A tap counts as one of two only if they are quick, which a busy machine may not be.
        page.until(zoomed_after_a_double_tap, "a closer look")
        before = page.find(".picture").get_attribute("style")
        touch(page, "touchStart", (x, y))
        touch(page, "touchMove", (x - 40, y))
        touch(page, "touchEnd")
        page.until(lambda: page.find(".picture").get_attribute("style") != before, "another part of it")
        page.until(lambda: not zoomed_after_a_double_tap(), "the whole picture")
    finally:
        page.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})


def test_a_question_mark_lists_the_keys(page: Page, served: Served) -> None:
    show(page, served)
    page.find("body").send_keys("?")
    page.until(lambda: "Delay and quality" in page.text("dialog .keys"), "the keys")
    page.shot("keys")
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    page.until(lambda: not page.all("dialog"), "the page again")
    page.field("image_quality").send_keys("?")
    assert not page.all("dialog"), "a question mark can still be typed"
