"""Windows drawn on the picture in a real browser, by mouse, finger and keys, and their effect on the camera."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping

import pytest
import requests
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.command import Command
from selenium.webdriver.remote.webelement import WebElement

from mqttcam.camera.control import Control
from mqttcam.camera.sources.test_pattern import source
from mqttcam.devices.camera import CameraDevice
from mqttcam.values import InvalidValue, Rectangle, Value
from tests.support.waiting import PATIENCE
from tests.web.browser import Page
from tests.web.serving import Served, serving_in_thread

ONE = {"front": {"name": "Front door", "size": "640x480"}}
WHOLE = (0, 0, 640, 480)
FOCUS = Control("AfWindows", Rectangle(WHOLE, view="scaler_crop"))
"""A window that does not change the picture, as that of cameras with autofocus."""
CROP = "[data-key=scaler_crop]"
_PLACE = """
const picture = document.querySelector(".picture"), box = picture.getBoundingClientRect();
const scale = Math.min(box.width / 640, box.height / 480);
return [box.left + (box.width - 640 * scale) / 2, box.top + (box.height - 480 * scale) / 2, scale];
"""
_IS_IN_VIEW = """
const box = document.fullscreenElement.getBoundingClientRect();
return box.width === innerWidth && box.height === innerHeight;
"""
_HAS_CLOCK = "return document.querySelector('[data-key=show_clock] input').checked"
Box = tuple[int, int, int, int]


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Served, asyncio.AbstractEventLoop]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "CONTROLS", (FOCUS, *source.CONTROLS))
        with serving_in_thread(ONE) as found:
            yield found


@pytest.fixture
def served(running: tuple[Served, asyncio.AbstractEventLoop]) -> Served:
    """One camera with a still and uncropped picture."""
    served, loop = running
    values: dict[str, Value] = {"scaler_crop": WHOLE, "speed": 0.0, "show_clock": False}
    asyncio.run_coroutine_threadsafe(served.front.set_controls(values), loop).result(PATIENCE)
    return served


@pytest.fixture
def front(page: Page, served: Served) -> Page:
    """Its page, connected, with the whole picture."""
    page.open(served.server.url)
    page.find(".stage[data-status=running]")
    page.until(lambda: page.picture_width(), "the picture")
    page.until(lambda: page.field("scaler_crop").get_attribute("value") == "0, 0, 640, 480", "the values")
    return page


def crop(served: Served) -> Box:
    """Return the window of the camera."""
    x, y, width, height = state(served)["scaler_crop"]
    return x, y, width, height


def state(served: Served) -> dict[str, list[int]]:
    found: dict[str, list[int]] = requests.get(f"{served.url}/api/cameras/front/state", timeout=60).json()
    return found


def press(page: Page, name: str, key: str = "scaler_crop") -> None:
    """Click one of the buttons of a window."""
    button = next(one for one in page.all(f"[data-key={key}] .windowtools button") if one.text == name)
    page.until(button.is_enabled, "the button")
    click(page, button)


def click(page: Page, element: WebElement) -> None:
    """Click an element after scrolling it out from under the bar."""
    page.script("arguments[0].scrollIntoView({block: 'center'})", element)
    element.click()


def drag(page: Page, start: tuple[int, int], end: tuple[int, int], kind: str = "mouse") -> None:
    """Drag from one pixel of the 640x480 shown to another, in steps; `kind` as in W3C WebDriver."""
    left, top, scale = page.script(_PLACE)
    steps: list[dict[str, object]] = []
    for step in range(5):
        x, y = (a + (b - a) * step / 4 for a, b in zip(start, end, strict=True))
        at = {"x": round(left + x * scale), "y": round(top + y * scale)}
        steps.append({"type": "pointerMove", "duration": 20, **at})
        steps += [{"type": "pointerDown", "button": 0}] if step == 0 else []
    steps.append({"type": "pointerUp", "button": 0})
    pointer = {"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": steps}
    page.driver.execute(Command.W3C_ACTIONS, {"actions": [pointer]})


def replace_text(field: WebElement, text: str) -> None:
    """Type over the text of a field. `clear` would leave the field empty, which sets it and lets the page fill it."""
    field.send_keys(Keys.CONTROL + "a" + Keys.NULL + text)


def is_about(wanted: Box, off: int = 4) -> object:
    """Return what equals a window with a tolerance: a pixel of the screen may be several of the window's."""
    return pytest.approx(wanted, abs=off)


def drawn(page: Page, served: Served, wanted: Box, off: int = 4) -> None:
    """Wait for the window in the camera, in the field, and for the end of drawing."""
    page.until(lambda: crop(served) == is_about(wanted, off), f"{wanted} in the camera")
    text = ", ".join(map(str, crop(served)))
    page.until(lambda: page.field("scaler_crop").get_attribute("value") == text, "the value in the field")
    page.until(lambda: not page.all(".drawing"), "the end of drawing")


def test_by_mouse_the_picture_shows_the_window(front: Page, served: Served) -> None:
    press(front, "Draw on the picture")
    assert front.text(".drawbar .size") == "320 × 240 at 160, 120"
    front.shot("window-light")
    drag(front, (6, 200), (86, 260))
    drawn(front, served, (6, 200, 80, 60))
    front.until(lambda: front.picture()[1] > 180, "the white bar alone")
    # The next window is a part of that part.
    press(front, "Draw on the picture")
    drag(front, (160, 120), (480, 360))
    drawn(front, served, (26, 214, 40, 30))
    press(front, "Whole picture")
    front.until(lambda: crop(served) == WHOLE, "all of it")
    front.until(lambda: front.picture()[1] < 150, "all the bars")


def test_the_window_keeps_the_aspect_ratio(front: Page, served: Served) -> None:
    press(front, "Draw on the picture")
    drag(front, (600, 400), (440, 390))
    drawn(front, served, (440, 280, 160, 120))


def test_by_finger_on_a_phone(front: Page, served: Served) -> None:
    front.size(390, 844, phone=True)
    front.look(dark=True)
    front.until(lambda: front.script("return innerWidth") == 390, "the narrow screen")
    press(front, "Draw on the picture")
    front.shot("window-phone")
    scrolled = front.script("return scrollY")
    drag(front, (320, 120), (560, 300), "touch")
    drawn(front, served, (320, 120, 240, 180))
    assert front.script("return scrollY") == scrolled
    press(front, "Draw on the picture")
    front.find(".drawbar button").click()
    assert not front.all(".drawing")
    assert front.script("return document.documentElement.scrollWidth") == 390


def test_by_keys(front: Page, served: Served) -> None:
    front.script(f"document.querySelector('{CROP} .windowtools button').focus()")
    ActionChains(front.driver).send_keys(Keys.ENTER).perform()
    layer = front.find(".drawing")
    assert front.driver.switch_to.active_element == layer
    assert "Arrow keys" in (layer.get_attribute("aria-label") or "")
    layer.send_keys(Keys.ARROW_RIGHT * 3, Keys.ARROW_UP)
    assert front.text(".drawbar .size") == "320 × 240 at 198, 110"
    layer.send_keys(Keys.SHIFT, Keys.ARROW_DOWN)
    assert front.text(".drawbar .size") == "333 × 250 at 198, 110"
    assert crop(served) == WHOLE, "nothing is set before Enter"
    layer.send_keys(Keys.ENTER)
    drawn(front, served, (198, 110, 332, 250), off=0)
    focused = front.driver.switch_to.active_element
    assert focused.text == "Draw on the picture"
    focused.send_keys(Keys.ENTER)
    front.find(".drawing").send_keys(Keys.ARROW_LEFT, Keys.ESCAPE)
    assert not front.all(".drawing")
    assert crop(served) == (198, 110, 332, 250)


def test_while_zoomed_and_in_full_screen(front: Page, served: Served) -> None:
    front.find(".stage").send_keys("+")
    press(front, "Draw on the picture")
    front.find(".drawing").send_keys("+")
    assert "scale(2.25)" in (front.find(".picture").get_attribute("style") or "")
    drag(front, (240, 180), (400, 300))
    drawn(front, served, (240, 180, 160, 120))
    press(front, "Whole picture")
    front.until(lambda: crop(served) == WHOLE, "all of it")
    press(front, "Draw on the picture")
    front.find(".drawing").send_keys("f")
    front.until(lambda: front.script("return document.fullscreenElement?.className"), "full screen")
    # The window has its new size later.
    front.until(lambda: front.script(_IS_IN_VIEW), "the picture in the window")
    try:
        drag(front, (320, 240), (480, 360))
        drawn(front, served, (320, 240, 160, 120))
    finally:
        front.script("return document.exitFullscreen()")


def test_the_box_moves_with_the_picture(front: Page) -> None:
    press(front, "Draw on the picture")
    box = front.find(".window").rect
    front.find(".drawing").send_keys("+")
    front.until(
        lambda: front.find(".window").rect["width"] == pytest.approx(box["width"] * 1.5, abs=2),
        "a larger box",
    )
    front.find(".drawing").send_keys("0", Keys.ESCAPE)


def test_a_window_that_does_not_change_the_picture(front: Page, served: Served) -> None:
    press(front, "Draw on the picture")
    drag(front, (160, 120), (480, 360))
    drawn(front, served, (160, 120, 320, 240))
    crop_now = crop(served)
    press(front, "Draw on the picture", "af_windows")
    drag(front, (0, 0), (320, 60))
    wanted = is_about((160, 120, 160, 30))
    front.until(lambda: state(served)["af_windows"] == wanted, "a flat window in the camera's own pixels")
    assert crop(served) == crop_now
    # Drawing starts with the present window.
    press(front, "Draw on the picture", "af_windows")
    front.find(".drawing").send_keys(Keys.ENTER)
    front.until(lambda: not front.all(".drawing"), "the end of drawing")
    assert state(served)["af_windows"] == wanted
    press(front, "Whole picture", "af_windows")
    front.until(lambda: state(served)["af_windows"] == list(WHOLE), "the bounds")


def test_a_refusal_is_shown_at_the_control(
    front: Page, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(self: CameraDevice, values: Mapping[str, Value]) -> Mapping[str, Value]:
        raise InvalidValue("the lens is busy", {"bounds": [0, 0, 9, 9], "least": [2, 2]}, "scaler_crop")

    with monkeypatch.context() as patch:
        patch.setattr(CameraDevice, "set_controls", refuse)
        press(front, "Draw on the picture")
        drag(front, (10, 10), (100, 100))
        error = front.find(f"{CROP} .error")
        front.until(
            lambda: error.text == "The lens is busy. Allowed: within 0, 0, 9, 9, at least 2 × 2",
            "the refusal",
        )
    field = front.field("scaler_crop")
    replace_text(field, "600, 0, 100, 100" + Keys.ENTER)
    front.until(lambda: "is not within 0, 0, 640, 480" in error.text, "what is allowed")
    assert field.get_attribute("value") == "600, 0, 100, 100", "it can be corrected"
    replace_text(field, "(8, 8, 64, 48)" + Keys.ENTER)
    drawn(front, served, (8, 8, 64, 48), off=0)
    assert not error.text


def test_what_is_typed_while_a_value_is_being_set_stays(
    front: Page, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, answer = threading.Event(), threading.Event()
    original = CameraDevice.set_controls

    async def slowly(self: CameraDevice, values: Mapping[str, Value]) -> Mapping[str, Value]:
        taken.set()
        assert await asyncio.to_thread(answer.wait, PATIENCE)
        return await original(self, values)

    field = front.field("scaler_crop")
    replace_text(field, "600, 0, 100, 100" + Keys.ENTER)
    front.until(lambda: field.get_attribute("aria-invalid"), "a refusal")
    with monkeypatch.context() as patch:
        patch.setattr(CameraDevice, "set_controls", slowly)
        replace_text(field, "8, 8, 64, 48" + Keys.ENTER)
        assert taken.wait(PATIENCE)
        replace_text(field, "8, 8, 320, 240")
        answer.set()
        front.until(lambda: not field.get_attribute("aria-invalid"), "the answer")
    assert field.get_attribute("value") == "8, 8, 320, 240"
    field.send_keys(Keys.ENTER)
    drawn(front, served, (8, 8, 320, 240), off=0)


def test_an_update_does_not_overwrite_what_is_typed_even_if_it_is_the_present_value(
    front: Page, running: tuple[Served, asyncio.AbstractEventLoop]
) -> None:
    served, loop = running
    field = front.field("scaler_crop")
    replace_text(field, "0, 0, 640, 480")
    values: dict[str, Value] = {"scaler_crop": (8, 8, 64, 48), "show_clock": True}
    asyncio.run_coroutine_threadsafe(served.front.set_controls(values), loop).result(PATIENCE)
    front.until(lambda: front.script(_HAS_CLOCK), "the update")
    assert field.get_attribute("value") == "0, 0, 640, 480"


def test_a_click_sets_nothing_and_drawing_needs_a_running_camera(front: Page, served: Served) -> None:
    press(front, "Draw on the picture")
    drag(front, (100, 100), (102, 101))
    assert front.all(".drawing")
    assert crop(served) == WHOLE
    click(front, front.field("enabled"))
    front.until(lambda: not front.all(".drawing"), "the end of drawing")
    button = front.find(f"{CROP} .windowtools button")
    assert not button.is_enabled()
    click(front, front.field("enabled"))
    front.find(".stage[data-status=running]")
    front.until(button.is_enabled, "the button")
