"""Accessibility: touch, keyboard, screen readers, large text, small and rotated screens, unusual names."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.support.waiting import PATIENCE
from tests.web.browser import Page
from tests.web.credentials import users
from tests.web.every_view import serving_every_view
from tests.web.serving import Served, serving_in_thread

LONG = "Einfahrt hinter dem Haus, neben der Donaudampfschifffahrtsgesellschaftskapitänskajüte"
CAMERAS = {
    "front": {"name": "Front door", "size": "640x480"},
    "gate": {"name": LONG},
    "rtl": {"name": "كاميرا الباب الأمامي"},
}


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Served, asyncio.AbstractEventLoop]]:
    with serving_in_thread(CAMERAS) as found:
        yield found


@pytest.fixture
def served(running: tuple[Served, asyncio.AbstractEventLoop]) -> Served:
    return running[0]


@pytest.fixture
def front(page: Page, served: Served) -> Page:
    """The page of the first camera, connected."""
    return show(page, served, "#/front")


def show(page: Page, served: Served, what: str = "#/") -> Page:
    page.open(f"{served.url}/{what}")
    page.find(".stage[data-status=running]")
    return page


def focused(page: Page) -> str:
    return str(page.script("const it = document.activeElement; return it.id || it.textContent.trim()"))


def fits(page: Page) -> bool:
    """Return whether the page needs no horizontal scrolling."""
    return bool(page.script("return document.documentElement.scrollWidth <= innerWidth"))


def phone(page: Page, width: int = 360, height: int = 740) -> None:
    page.size(width, height, phone=True)
    page.until(lambda: page.script("return screen.width") == width, "the small screen")


# keyboard and screen readers


def test_the_skip_link_moves_the_focus_and_keeps_the_camera(front: Page) -> None:
    front.script("document.querySelector('.skip').focus()")
    front.driver.switch_to.active_element.send_keys(Keys.ENTER)
    front.until(lambda: focused(front) == "main", "the way past the tabs")
    assert front.text("h1") == "Front door"


def test_another_camera_changes_the_title_and_keeps_the_focus(front: Page) -> None:
    tab = front.find("#tabs a[href='#/rtl']")
    tab.send_keys(Keys.ENTER)
    front.until(lambda: front.text("h1") == CAMERAS["rtl"]["name"], "the other camera")
    assert focused(front) == CAMERAS["rtl"]["name"]
    assert front.script("return document.title").startswith(CAMERAS["rtl"]["name"])
    assert [a.get_attribute("aria-current") for a in front.all("#tabs a")] == [None, None, None, "page"]
    # From a picture of the overview, which is removed then.
    front.script("location.hash = '#/'")
    front.find("a[href='#/front'].open").send_keys(Keys.ENTER)
    front.until(lambda: focused(front) == "main", "a place for the keys")


def test_an_unknown_address_shows_all_cameras(page: Page, served: Served) -> None:
    show(page, served, "#/%")
    assert len(page.all(".tile")) == 3
    assert page.script("return document.querySelector('h1').textContent") == "All cameras"


def test_shortcuts_work_only_on_the_picture(front: Page) -> None:
    front.script("document.querySelector('#tabs a').focus()")
    front.driver.switch_to.active_element.send_keys("sf")
    assert not front.script("return document.fullscreenElement")
    assert not front.all(".thumb")
    front.find(".stage").send_keys("s")
    front.find(".thumb")
    front.until(lambda: "Snapshot taken" in front.text("#toasts"), "what was done, in words")
    # The visible text is part of the accessible name, so that voice control finds it (WCAG 2.5.3).
    label = front.find(".thumb").get_attribute("aria-label") or ""
    assert front.text(".thumb span") in label


def test_a_refused_snapshot_shows_the_error_and_no_flash(front: Page, served: Served) -> None:
    taken = len(front.all(".thumb"))
    front.script(
        """window.fetch = () => Promise.resolve(new Response(JSON.stringify(
          {error: {code: "busy", message: "not now"}}), {status: 429}))"""
    )
    front.find(".stage").send_keys("s")
    front.until(lambda: "Not now" in front.text(".toast.error"), "the refusal")
    assert not front.all(".stage.flash")
    assert len(front.all(".thumb")) == taken


def said(page: Page) -> str:
    """Return what a screen reader has read aloud."""
    return str(page.script("return document.getElementById('status').textContent"))


def test_a_problem_is_announced_once(
    page: Page, served: Served, running: tuple[Served, asyncio.AbstractEventLoop]
) -> None:
    server, problems = served.server, ["no broker"]
    served.registry.node.add_check(lambda: problems[0] if problems else None)
    try:
        show(page, served, "#/front")
        page.until(lambda: said(page) == "1 problem. no broker", "the notice")
        page.script(
            """window.said = 0;
            new MutationObserver(() => { said += 1; }).observe(document.getElementById("status"), {childList: true})"""
        )
        change = served.front.set_controls({"brightness": 0.3})
        asyncio.run_coroutine_threadsafe(change, running[1]).result(PATIENCE)
        page.until(lambda: page.field("brightness").get_attribute("value") == "0.3", "another event")
        assert page.script("return window.said") == 0
        # A value is not announced while a slider moves.
        assert page.find("[data-key=brightness] output").get_attribute("aria-live") == "off"
        assert server.viewers
    finally:
        problems.clear()


def test_a_problem_names_the_camera(page: Page) -> None:
    source = {"type": "file", "path": "nowhere.jpg"}
    with serving_in_thread({"shed": {"name": "Garden shed", "enabled": False, "source": source}}) as (
        served,
        loop,
    ):
        page.open(served.url)
        loop.call_soon_threadsafe(served.front.set_enabled, True)
        page.until(lambda: "nowhere.jpg" in said(page), "the notice")
        assert page.text("#link") == "1"
        page.find("#link").click()
        page.until(lambda: "Garden shed" in page.text(".problem"), "the problem with the name of its camera")


# small and rotated screens, large text


def test_every_target_is_large_enough_for_a_finger(page: Page, served: Served) -> None:
    phone(page)
    show(page, served, "#/front")
    page.script("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
    page.slide("brightness", 0.5)
    page.find("[data-key=brightness] .reset")
    page.find("#settings").click()
    page.find(".drawer .links a")
    small = page.script(
        """return [...document.querySelectorAll("a:not(.skip), button, input, select, summary")].filter((it) => {
          const box = it.getBoundingClientRect();
          // The area around a switch belongs to it.
          const more = parseFloat(getComputedStyle(it, "::after").top) || 0;
          return it.checkVisibility() && (box.width < 44 || box.height - 2 * Math.min(0, more) < 44);
        }).map((it) => it.outerHTML)"""
    )
    assert small == []


@pytest.mark.parametrize("camera", ["", "gate", "rtl"])
def test_long_and_right_to_left_names_fit_a_phone(page: Page, served: Served, camera: str) -> None:
    phone(page)
    show(page, served, f"#/{camera}")
    assert fits(page)
    assert page.script("return innerWidth") == 360
    page.script("document.documentElement.dir = 'rtl'")
    assert fits(page)


def test_each_picture_shows_its_name_on_a_phone(page: Page, served: Served) -> None:
    phone(page)
    show(page, served)
    seen = page.script(
        """return [...document.querySelectorAll(".tilename")].filter((name) => {
          name.scrollIntoView({block: "center"});
          const {left, bottom} = name.getBoundingClientRect();
          return document.elementFromPoint(left + 30, bottom - 20) === name;
        }).length"""
    )
    assert seen == 3
    page.script("scrollTo(0, 0)")
    page.shot("phone-all")


def test_a_camera_starts_at_the_top_and_back_restores_the_scroll_position(page: Page, served: Served) -> None:
    phone(page, 360, 480)
    show(page, served)
    page.script("scrollTo(0, document.documentElement.scrollHeight)")
    down = page.script("return scrollY")
    assert down > 0
    page.script("document.querySelector('.tile:last-of-type .open').click()")
    page.until(lambda: page.text("h1") == CAMERAS["rtl"]["name"], "the camera")
    assert page.script("return scrollY") == 0
    page.driver.back()
    page.until(lambda: page.all(".tile"), "all of them")
    page.until(lambda: page.script("return scrollY") == down, "the place where one was")


def test_a_phone_on_its_side_shows_the_picture_beside_its_controls(page: Page, served: Served) -> None:
    phone(page, 740, 360)
    show(page, served, "#/front")
    picture, panel = page.find(".stage").rect, page.find(".panel").rect
    assert panel["x"] >= picture["x"] + picture["width"]
    assert fits(page)


def test_all_text_grows_with_the_font_size_of_the_browser(page: Page, served: Served) -> None:
    phone(page)
    show(page, served, "#/front")
    size = (
        "return parseFloat(getComputedStyle(document.querySelector('[data-key=brightness] label')).fontSize)"
    )
    before = page.script(size)
    page.script("document.documentElement.style.fontSize = '200%'")
    assert page.script(size) == 2 * before
    assert fits(page)


def test_large_text_keeps_the_camera_visible_in_the_bar(page: Page, served: Served) -> None:
    phone(page)
    show(page, served, "#/rtl")
    page.script("document.documentElement.style.fontSize = '200%'")
    page.script("location.hash = '#/front'")
    page.until(lambda: page.text("h1") == "Front door", "the camera")
    seen = page.script(
        """const bar = document.getElementById("tabs").getBoundingClientRect();
        const tab = document.querySelector("#tabs [aria-current]").getBoundingClientRect();
        return [bar.left <= tab.left, tab.right <= bar.right]"""
    )
    assert seen == [True, True]
    # Nor does the text about the connection move it out of the bar.
    before = page.script("return document.getElementById('tabs').clientWidth")
    page.script("document.getElementById('link').textContent = 'Reconnecting'")
    assert page.script("return document.getElementById('tabs').clientWidth") == before
    assert fits(page)
    page.shot("large")


def test_two_fingers_zoom_the_picture_and_not_the_page(front: Page) -> None:
    phone(front)
    front.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    try:
        box = front.script("return document.querySelector('.stage').getBoundingClientRect().toJSON()")
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        for kind, apart in (("touchStart", 20), *(("touchMove", 20 + 10 * i) for i in range(1, 7))):
            points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
            front.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        front.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        front.until(lambda: "scale" in (front.find(".picture").get_attribute("style") or ""), "a closer look")
        assert front.script("return visualViewport.scale") == 1
    finally:
        front.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})


# special cases


def test_a_stopped_node_does_not_look_live(page: Page) -> None:
    with serving_in_thread({"front": {"name": "Front door"}}) as (served, loop):
        show(page, served)
        asyncio.run_coroutine_threadsafe(served.server.stop(), loop).result(PATIENCE)
        page.find(".curtain")
        page.until(lambda: page.text("#link").startswith("Reconnecting"), "the bar")
        page.until(lambda: "does not answer" in said(page), "what a screen reader reads")
        page.shot("gone")
        assert not page.find(".stage").find_element("css selector", ".tools").is_displayed()


def test_without_cameras_the_page_explains_what_to_do(page: Page) -> None:
    with serving_in_thread({}) as (served, _loop):
        page.open(served.url)
        assert page.text("h1") == "No camera yet"
        assert "cameras:" in page.text(".empty p")


def test_without_cameras_one_can_be_added_where_that_is_allowed(page: Page, tmp_path: Path) -> None:
    with serving_every_view(tmp_path, {}) as served:
        page.open(served.url)
        page.find(".empty .button").click()
        page.until(lambda: page.text("h1") == "Add a camera", "the form")


def test_a_viewer_sees_a_hint_and_has_the_focus_on_the_page(page: Page) -> None:
    with serving_in_thread({"front": {}}, **users()) as (served, _loop):
        page.open(served.url)
        page.find("#login-name").send_keys("otto")
        page.find("#login-password").send_keys("right" + Keys.ENTER)
        assert "not change anything" in page.text(".panel > .hint")
        page.until(lambda: focused(page) == "main", "a place for the keys")
        page.driver.delete_all_cookies()
