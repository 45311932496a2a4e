"""What the page keeps when cameras and their entities change while it is in use."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from mqttcam.camera.control import Control
from mqttcam.camera.status import CameraStatus
from mqttcam.values import Number, Text
from tests.support.waiting import PATIENCE
from tests.web.browser import Page
from tests.web.serving import Served, serving_in_thread

GAIN = Control("AnalogueGain", Number(1, 8), 1.0)
NOTE = Control("Note", Text(40), "")


class Open:
    """The page of one camera, and its server."""

    def __init__(self, page: Page, served: Served, loop: asyncio.AbstractEventLoop) -> None:
        self.page = page
        self.served = served
        self._loop = loop

    def do(self, work: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine on the event loop of the server."""
        future: Future[object] = asyncio.run_coroutine_threadsafe(work, self._loop)
        future.result(PATIENCE)

    def have(self, *more: Control, without: str = "") -> None:
        """Add and remove controls of the camera."""

        async def change() -> None:
            camera = self.served.front.camera
            kept = {key: control for key, control in camera.controls.items() if key != without}
            camera.controls = kept | {control.key: control for control in more}
            self.served.front.changed()

        self.do(change())

    def replace(self, **settings: Any) -> None:
        """Replace the camera, as a reload after a change of its settings does."""

        async def change() -> None:
            await self.served.front.camera.stop()
            self.served.registry.remove("front")
            await self.served.add("front", **settings)

        self.do(change())


@pytest.fixture
def opened(page: Page) -> Iterator[Open]:
    with serving_in_thread({"front": {"name": "Front door", "size": "640x480"}}) as (served, loop):
        page.open(served.url)
        page.find(".stage[data-status=running]")
        page.script("window.stage = document.querySelector('.stage')")
        page.script("window.stream = document.querySelector('.stage').dataset.stream")
        yield Open(page, served, loop)


def is_the_same_picture(page: Page) -> bool:
    return bool(
        page.script(
            "return stage.isConnected && stage === document.querySelector('.stage') "
            "&& stream === stage.dataset.stream"
        )
    )


def typed(page: Page, key: str) -> tuple[bool, str]:
    """Return whether a field has the focus, and its text."""
    found = page.script(
        "const it = document.querySelector(`[data-key=${arguments[0]}] input`);"
        "return [it === document.activeElement, it.value]",
        key,
    )
    return bool(found[0]), str(found[1])


def test_added_and_removed_controls_keep_typed_text_and_the_picture(opened: Open) -> None:
    page = opened.page
    opened.have(NOTE)
    page.field("note").send_keys("half a wo")
    opened.have(GAIN)
    page.field("analogue_gain")
    assert typed(page, "note") == (True, "half a wo")
    opened.have(without="brightness")
    page.until(lambda: not page.all("[data-key=brightness]"), "no brightness")
    assert typed(page, "note") == (True, "half a wo")
    page.driver.switch_to.active_element.send_keys("rd")
    assert typed(page, "note") == (True, "half a word")
    assert is_the_same_picture(page)
    assert page.moves()
    # In the order of their groups, and in their own within a group.
    order = page.script("return [...document.querySelectorAll('.field')].map((it) => it.dataset.key)")
    wanted = [
        "enabled",
        "analogue_gain",
        "contrast",
        "saturation",
        "pattern",
        "scaler_crop",
        "note",
        "image_quality",
    ]
    assert [key for key in order if key in wanted] == wanted


def test_a_control_with_new_limits_keeps_focus_and_typed_text(opened: Open) -> None:
    page = opened.page
    opened.have(NOTE)
    page.field("note").send_keys("half a wo")
    opened.have(Control("Note", Text(60), ""))
    page.until(lambda: page.field("note").get_attribute("maxlength") == "60", "the other limit")
    assert typed(page, "note") == (True, "half a wo")


def test_new_controls_keep_full_screen_zoom_and_filter(opened: Open) -> None:
    page = opened.page
    opened.have(*(Control(f"Gain{n}", Number(1, 8), 1.0) for n in range(14)))
    page.find(".filter").send_keys("gain1")
    page.find("[aria-label^='Full screen']").click()
    page.until(lambda: page.script("return document.fullscreenElement === stage"), "full screen")
    page.driver.switch_to.active_element.send_keys("+")
    opened.have(GAIN, Control("Gain15", Number(1, 8), 1.0))
    page.until(lambda: page.all("[data-key=gain15]"), "the new control")
    assert page.script("return document.fullscreenElement === stage")
    assert "scale(1.5)" in (page.find(".picture").get_attribute("style") or "")
    page.driver.switch_to.active_element.send_keys("f")
    page.until(lambda: not page.script("return document.fullscreenElement"), "the page again")
    assert page.find("[data-key=gain15]")
    assert not page.all("[data-key=analogue_gain]")[0].is_displayed()


def test_a_reload_shows_the_changed_camera_in_place(opened: Open) -> None:
    page = opened.page
    page.find("[aria-label^='Full screen']").click()
    page.until(lambda: page.script("return document.fullscreenElement === stage"), "full screen")
    opened.replace(name="Back door", size="320x240")
    page.until(
        lambda: page.script("return document.querySelector('h1').textContent") == "Back door", "its name"
    )
    assert page.script("return document.fullscreenElement === stage")
    assert "Back door" in page.script("return document.title")
    page.until(lambda: page.picture_width() == 320, "its picture")
    assert page.moves()
    page.driver.switch_to.active_element.send_keys("f")
    page.until(lambda: not page.script("return document.fullscreenElement"), "the page again")


def test_a_reload_keeps_the_focus(opened: Open) -> None:
    page = opened.page
    # Before its source is open, its controls are unknown.
    opened.have(without="brightness")
    page.until(lambda: not page.all("[data-key=brightness]"), "no brightness")
    contrast = page.field("contrast")
    contrast.send_keys("")
    page.script("arguments[0].focus()", contrast)
    opened.replace(name="Back door", size="640x480")
    page.find("[data-key=brightness] input")
    assert page.driver.switch_to.active_element == contrast


def test_a_reload_between_two_updates_shows_the_new_stream(opened: Open) -> None:
    page = opened.page
    assert page.moves()

    async def at_once() -> None:
        """Replace the camera between two updates."""
        old = opened.served.front
        opened.served.registry.remove("front")
        new = await opened.served.add("front", name="Front door", size="640x480")
        assert new.camera.status is CameraStatus.RUNNING
        await old.camera.stop()

    opened.do(at_once())
    page.until(lambda: not is_the_same_picture(page), "another stream")
    assert page.moves()
    assert page.script("return stage === document.querySelector('.stage')")


def test_the_only_camera_stays_shown_when_others_are_added(opened: Open) -> None:
    page = opened.page
    opened.have(NOTE)
    page.field("note").send_keys("half a wo")
    opened.do(opened.served.add("shed"))
    page.until(lambda: len(page.all("#tabs a")) == 3, "the tabs")
    assert typed(page, "note") == (True, "half a wo")
    assert is_the_same_picture(page)
    assert page.text("#tabs [aria-current]") == "Front door"
    page.find("#tabs a[href='#/']").send_keys(Keys.ENTER)
    page.until(lambda: len(page.all(".tile")) == 2, "all of them")


def test_the_overview_keeps_streams_when_cameras_are_added_and_removed(opened: Open) -> None:
    page = opened.page
    opened.do(opened.served.add("shed"))
    page.until(lambda: len(page.all("#tabs a")) == 3, "the tabs")
    tab = page.find("#tabs a[href='#/']")
    tab.send_keys(Keys.ENTER)
    page.until(lambda: len(page.all(".tile .stage[data-status=running]")) == 2, "both")
    page.script("window.stage = document.querySelector('.stage')")
    page.script("window.stream = document.querySelector('.stage').dataset.stream")
    opened.do(opened.served.add("garden"))
    page.until(lambda: len(page.all(".tile .stage[data-status=running]")) == 3, "one more")
    assert is_the_same_picture(page)
    assert page.driver.switch_to.active_element == tab
    opened.do(opened.served.remove("shed"))
    page.until(lambda: len(page.all(".tile")) == 2, "one less")
    assert is_the_same_picture(page)
    opened.do(opened.served.remove("front"))
    opened.do(opened.served.remove("garden"))
    page.until(lambda: page.text("h1") == "No camera yet", "what to do")


def test_a_camera_that_is_switched_on_later_shows_its_controls(page: Page) -> None:
    with serving_in_thread({"front": {"name": "Front door", "enabled": False}}) as (served, _loop):
        page.open(served.url)
        assert "switched off" in page.text(".curtain")
        assert not page.all("[data-key=brightness]")
        switch = page.field("enabled")
        switch.send_keys(" ")
        page.find("[data-key=brightness] input")
        assert page.driver.switch_to.active_element == switch
        page.find(".stage[data-status=running]")
        assert page.moves()
