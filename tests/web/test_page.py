"""The page in a real browser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from selenium.webdriver.common.keys import Keys

from mqttcam.camera.control import Control
from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.camera.status import CameraStatus
from mqttcam.devices.camera import CameraDevice
from mqttcam.values import Number, Vector
from mqttcam.web import WebServer
from tests.support.waiting import PATIENCE
from tests.web.browser import Page
from tests.web.browser_page import HAS_VIDEO
from tests.web.credentials import users
from tests.web.serving import Served, serving_in_thread

TWO = {"front": {"name": "Front door", "size": "640x480"}, "garden": {"name": "Garden", "size": "640x360"}}
ONE = {"front": {"name": "Front door", "size": "640x480"}}


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Served, asyncio.AbstractEventLoop]]:
    with serving_in_thread(ONE) as found:
        yield found


@pytest.fixture
def served(running: tuple[Served, asyncio.AbstractEventLoop]) -> Iterator[Served]:
    """One camera, reset after the test."""
    served, loop = running
    yield served

    async def restore() -> None:
        await served.front.set_controls({"brightness": 0.0})
        served.front.set_image_quality(85)

    asyncio.run_coroutine_threadsafe(restore(), loop).result(PATIENCE)


@pytest.fixture
def front(page: Page, served: Served) -> Page:
    """The page of the one camera, connected."""
    page.open(served.server.url)
    page.find(".stage[data-status=running]")
    page.until(lambda: page.picture_width(), "the picture")
    return page


def value_of(device: CameraDevice, key: str) -> object:
    return device.camera.values.get(key)


def test_the_picture_moves(front: Page) -> None:
    assert front.moves()
    assert front.text("h1") == "Front door"
    assert front.text(".badge") == "Live"
    front.shot("light")


def test_a_slider_changes_the_picture_the_camera_and_its_value(front: Page, served: Served) -> None:
    before = front.picture()[1]
    front.slide("brightness", 0.6)
    front.until(lambda: value_of(served.front, "brightness") == 0.6, "the value in the camera")
    front.until(lambda: front.picture()[1] > before + 25, "a brighter picture")
    front.until(lambda: front.text("[data-key=brightness] .value") == "0.6", "the value beside the slider")
    front.find("[data-key=brightness] .reset").click()
    front.until(lambda: value_of(served.front, "brightness") == 0.0, "the default")


def test_two_pages_at_once(front: Page, served: Served) -> None:
    first = front.driver.current_window_handle
    front.driver.switch_to.new_window("window")
    try:
        front.open(served.server.url)
        front.slide("image_quality", 40)
        front.until(lambda: served.front.image_quality == 40, "the value in the camera")
    finally:
        front.driver.close()
        front.driver.switch_to.window(first)
    front.until(lambda: front.field("image_quality").get_attribute("value") == "40", "the other page's value")


def test_changes_by_others_are_shown(
    front: Page, served: Served, running: tuple[Served, asyncio.AbstractEventLoop]
) -> None:
    change = served.front.set_controls({"brightness": -0.5})
    asyncio.run_coroutine_threadsafe(change, running[1]).result(PATIENCE)
    front.until(lambda: front.field("brightness").get_attribute("value") == "-0.5", "the new value")


def test_keys_move_a_slider(front: Page, served: Served) -> None:
    slider = front.field("brightness")
    slider.send_keys(Keys.ARROW_RIGHT)
    front.until(lambda: value_of(served.front, "brightness") == 0.01, "one step")
    assert slider.get_attribute("aria-valuetext") == "0.01"


def test_a_refusal_is_shown_at_the_control(front: Page, served: Served) -> None:
    # The slider cannot send such a value by itself, so its limit is changed.
    front.script("arguments[0].max = 9", front.field("brightness"))
    front.slide("brightness", 5)
    error = front.find("[data-key=brightness] .error")
    front.until(lambda: "-1 to 1" in error.text, "the error with what is allowed")
    assert error.get_attribute("role") == "alert"
    slider = front.field("brightness")
    assert slider.get_attribute("aria-invalid") == "true"
    assert error.get_attribute("id") in (slider.get_attribute("aria-describedby") or "").split()

    def shows_the_camera() -> bool:
        return float(slider.get_attribute("value") or "nan") == value_of(served.front, "brightness")

    front.until(shows_the_camera, "the value that is in effect")
    front.slide("brightness", 0.1)
    front.until(lambda: not error.text, "no more error")


def test_the_error_of_a_command_is_shown_at_its_button(front: Page, served: Served) -> None:
    front.field("enabled").click()
    front.until(lambda: served.front.camera.status is CameraStatus.OFF, "the camera off")
    button = front.find("button[data-key=photo]")
    button.click()
    error = front.find(".row:has([data-key=photo]) + .error")
    front.until(lambda: error.text.startswith("Photo: "), "the refusal")
    assert error.get_attribute("role") == "alert"
    front.field("enabled").click()
    front.find(".stage[data-status=running]")
    button.click()
    front.until(lambda: not error.text, "no more error")


def test_switched_off_and_on(front: Page, served: Served) -> None:
    front.field("enabled").click()
    front.until(lambda: "switched off" in front.text(".curtain"), "the curtain")
    front.until(lambda: served.front.camera.status is CameraStatus.OFF, "the camera off")
    front.until(lambda: served.server.viewers == 0, "no viewer")
    front.field("enabled").click()
    front.find(".stage[data-status=running]")
    assert front.moves()


def test_a_snapshot_is_kept_and_shown_large(front: Page, served: Served) -> None:
    assert not front.all("[data-key=snapshot]"), "one button is enough: that on the picture"
    front.find("[aria-label^='Take a snapshot']").click()
    front.find(".thumb").click()
    large = front.find("dialog.view img")
    front.until(lambda: front.script("return arguments[0].naturalWidth", large) == 640, "the large picture")
    save = front.find("dialog.view a")
    assert "/snapshots/" in (save.get_attribute("href") or "")
    # The camera is replaced meanwhile: what is shown stays, and there is nothing else to show.
    served.server._context.history.begin("front")
    front.until(lambda: not front.all(".thumb"), "no snapshot any more")
    shown = front.text(".caption")
    front.driver.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
    assert front.text(".caption") == shown
    front.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    front.until(lambda: not front.all("dialog"), "the dialog closed")


def test_zoom_by_keys(front: Page) -> None:
    stage = front.find(".stage")
    stage.send_keys("+")
    assert "scale(1.5)" in (front.find(".picture").get_attribute("style") or "")
    stage.send_keys("0")
    assert "scale" not in (front.find(".picture").get_attribute("style") or "")


def test_full_screen(front: Page) -> None:
    front.find("[aria-label^='Full screen']").click()
    front.until(lambda: front.script("return document.fullscreenElement?.className"), "full screen")
    front.driver.switch_to.active_element.send_keys("f")
    front.until(lambda: not front.script("return document.fullscreenElement"), "the page again")


def test_on_a_phone(front: Page) -> None:
    front.size(390, 844, phone=True)
    front.look(dark=True)
    front.until(lambda: front.script("return innerWidth") == 390, "the narrow screen")
    assert front.script("return document.documentElement.scrollWidth") == 390
    assert front.find(".stage").rect["width"] == 390
    front.shot("phone")
    front.script("document.querySelector('[data-key=brightness]').scrollIntoView({block: 'center'})")
    # The picture stays visible while a control is used.
    box = front.find(".stage").rect
    assert front.script("return document.querySelector('.stage').getBoundingClientRect().top") >= 0
    assert box["height"] < 844 * 0.6


def test_light_and_dark(front: Page) -> None:
    def background() -> str:
        return str(front.script("return getComputedStyle(document.body).backgroundColor"))

    light = background()
    front.look(dark=True)
    assert background() != light
    front.shot("dark")


def test_everything_has_a_name_for_screen_readers(front: Page) -> None:
    nameless = front.script(
        """return [...document.querySelectorAll("input, select, button, a, img")].filter((element) =>
          !(element.labels?.length || element.getAttribute("aria-label") || element.textContent.trim() ||
            element.hasAttribute("alt"))).map((element) => element.outerHTML)"""
    )
    assert nameless == []
    assert front.script("return document.documentElement.lang") == "en"


def test_the_page_loads_nothing_from_other_hosts(front: Page, served: Served) -> None:
    urls = front.script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert urls
    assert all(url.startswith(served.url) for url in urls)


def test_the_node(front: Page, served: Served) -> None:
    front.find("#settings").click()
    assert front.text(".drawer h2") == "yard"
    readings = front.text(".drawer .readings")
    assert served.registry.node.version in readings
    assert re.search(r"Uptime\s+(\d+ (min|s) ?)+\n", readings), "a duration, not a time in 1970"
    assert re.search(r"Problem\s+OK\n", readings)
    front.find(".drawer [aria-label=Close]").click()


def test_raw_controls_are_collapsed_and_buttons_send_their_arguments(front: Page, served: Served) -> None:
    camera = served.front.camera
    raw = Control("ColourGains", Vector(Number(0, 32), 2), (1.0, 2.0), raw=True)
    controls = camera.controls
    try:
        camera.controls = {**controls, raw.key: raw}
        camera.takes_stills = True
        front.open(served.server.url)
        details = "document.querySelector('[data-key=colour_gains]')?.closest('details')"
        front.until(lambda: front.script(f"return Boolean({details})"), "the raw controls")
        assert front.script(f"return {details}.open") is False
        asked: list[bool] = []

        async def take(_spec: object, *_more: object) -> Picture:
            asked.append(True)
            return await camera.take_snapshot(PictureSpec(), 5)

        camera.take_still = take  # type: ignore[method-assign,assignment]
        front.find("[data-key=full_snapshot]").click()
        front.until(lambda: asked, "a picture in full resolution")
    finally:
        camera.controls = controls
        camera.takes_stills = False
        vars(camera).pop("take_still", None)


def test_what_a_camera_module_offers(front: Page, served: Served) -> None:
    camera = served.front.camera
    info = camera.info
    assert info is not None
    details = {
        "resolution": "4056x3040",
        "sensor_mode": "2028x1080:12",
        "sensor_modes": {"2028x1080:12": {}, "4056x3040:12": {}},
        "formats": ["YUV420", "NV12"],
        "raw_formats": [],
        "properties": {"Model": "imx477", "UnitCellSize": [1550, 1550]},
    }
    assert front.script("return document.querySelector('.panel > details:last-child').hidden") is True
    try:
        camera.info = replace(info, details=details)
        front.open(served.server.url)
        mode = "return document.querySelector('[data-key=sensor_mode] dd')?.textContent"
        front.until(lambda: front.script(mode) == "2028x1080:12", "the sensor mode")
        card = "return [...document.querySelectorAll('.panel > details:last-child :is(dt, dd)')]"
        assert front.script(f"{card}.map((element) => element.textContent)") == [
            *("Model", "Test pattern"),
            *("Sensor mode", "2028x1080:12"),
            *("Resolution of the sensor", "4056x3040"),
            *("Sensor modes", "2028x1080:12, 4056x3040:12"),
            *("Formats", "YUV420, NV12"),
            *("Model", "imx477"),
            *("UnitCellSize", "1550, 1550"),
        ]
    finally:
        camera.info = info


def test_several_cameras(page: Page) -> None:
    with serving_in_thread(TWO) as (served, loop):
        page.open(served.server.url)
        page.until(lambda: len(page.all(".tile .stage[data-status=running]")) == 2, "both cameras")
        assert page.moves()
        page.shot("overview")
        page.find("a[href='#/garden'].open").click()
        page.until(lambda: page.text("h1") == "Garden", "the garden")
        page.until(lambda: served.server.viewers == 1, "one viewer")
        assert page.moves()
        # A camera is added while the page is open.
        asyncio.run_coroutine_threadsafe(served.add("shed", name="Shed"), loop).result(PATIENCE)
        page.until(lambda: len(page.all("#tabs a")) == 4, "one more tab")
        # A phone shows the tabs in a line of their own, which stays when the page is scrolled.
        page.size(390, 844, phone=True)
        page.script("location.hash = '#/shed'")
        page.until(lambda: page.text("h1") == "Shed", "the shed")
        wider = "[...document.querySelectorAll('#tabs a')].some((tab) => tab.scrollWidth > tab.clientWidth)"
        assert not page.script(f"return {wider}"), "a name that is cut"
        page.script("scrollTo(0, 300)")
        edges = page.script(
            """const box = (selector) => document.querySelector(selector).getBoundingClientRect();
            return [box("#tabs [aria-current]").top, box("#tabs [aria-current]").bottom, box(".stage").top]"""
        )
        assert 0 <= edges[0] < edges[1] <= edges[2]


def test_the_page_recovers_from_a_restart_of_the_daemon(page: Page) -> None:
    with serving_in_thread(ONE) as (served, loop):
        page.open(served.server.url)
        page.find(".stage[data-status=running]")
        assert page.moves()
        port = served.server.port
        asyncio.run_coroutine_threadsafe(served.server.stop(), loop).result(PATIENCE)
        page.until(lambda: page.text("#link").startswith("Reconnecting"), "the page to notice")
        settings = served.server._settings.model_copy(update={"port": port})

        async def start_again() -> WebServer:
            again = WebServer(settings, served.registry)
            await again.start()
            return again

        again = asyncio.run_coroutine_threadsafe(start_again(), loop).result(PATIENCE)
        try:
            page.find(".stage[data-status=running]")
            assert page.moves()
            assert page.shows_video() == HAS_VIDEO
            page.slide("brightness", 0.4)
            page.until(lambda: value_of(served.front, "brightness") == 0.4, "a working control")
        finally:
            asyncio.run_coroutine_threadsafe(again.stop(), loop).result(PATIENCE)


def test_a_viewer_logs_in_and_out_and_cannot_change_anything(page: Page) -> None:
    with serving_in_thread(ONE, **users()) as (served, _loop):
        page.open(served.server.url)
        page.find("#login-name").send_keys("otto")
        page.find("#login-password").send_keys("wrong" + Keys.ENTER)
        page.until(lambda: "Wrong name or password" in page.text("#login-error"), "the refusal")
        page.shot("login")
        page.find("#login-password").send_keys("right" + Keys.ENTER)
        page.find(".stage[data-status=running]")
        assert page.moves()
        assert not page.field("brightness").is_enabled()
        assert not page.all("[aria-label^='Take a snapshot']")
        assert not page.all(".windowtools button")
        page.find("#settings").click()
        page.until(
            lambda: [b for b in page.all(".drawer .button") if b.text == "Log out otto"], "the way out"
        )[0].click()
        page.find("#login-name")
        page.driver.delete_all_cookies()
