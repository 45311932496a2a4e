"""Zones, masks and privacy areas drawn on the picture in a real browser: by mouse, finger and keys."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import yaml
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.command import Command
from selenium.webdriver.remote.webelement import WebElement

from mqttcam.settings import CameraSettings
from tests.support.waiting import PATIENCE
from tests.web.browser import Page
from tests.web.credentials import users
from tests.web.serving import Served, serving_in_thread

GATE = [[0.1, 0.2], [0.5, 0.2], [0.5, 0.8], [0.1, 0.8]]
SKY = [[0.6, 0.1], [0.9, 0.1], [0.9, 0.3]]
WINDOW = [[0.7, 0.6], [0.9, 0.6], [0.9, 0.8]]
MIDDLE = [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]]
"""Where an area is when it is added."""
CAMERA: dict[str, dict[str, Any]] = {
    "front": {
        "name": "Front door",
        "size": "640x480",
        "motion": {"zones": {"gate": {"points": GATE, "threshold": 2}}, "masks": [{"points": SKY}]},
        "privacy": [{"points": WINDOW}],
    },
    "shed": {"name": "Shed"},
}
_PLACE = """
const box = document.querySelector(".picture").getBoundingClientRect();
const scale = Math.min(box.width / 640, box.height / 480);
return [box.left + (box.width - 640 * scale) / 2, box.top + (box.height - 480 * scale) / 2, 640 * scale, 480 * scale];
"""
_LOADED = "return document.querySelector('.yaml').value !== ''"
Running = tuple[Served, asyncio.AbstractEventLoop]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with serving_in_thread(CAMERA) as found:
        yield found


@pytest.fixture
def served(running: Running) -> Served:
    """The camera with the areas of its configuration."""
    served, loop = running

    async def reset() -> None:
        assert served.front.motion is not None
        served.front.motion.set_areas(None)

    asyncio.run_coroutine_threadsafe(reset(), loop).result(PATIENCE)
    return served


@pytest.fixture
def front(page: Page, served: Served) -> Page:
    """The page of the camera with the editor."""
    return opened(page, served)


def opened(page: Page, served: Served, camera: str = "front") -> Page:
    page.open(f"{served.url}/#/{camera}")
    page.find(".stage[data-status=running]")
    page.until(lambda: page.picture_width(), "the picture")
    button(page, "Draw areas").click()
    page.until(lambda: page.script(_LOADED), "the areas")
    return page


def button(page: Page, text: str) -> WebElement:
    """Wait for a button of the card, and return it."""
    return page.until(
        lambda: next((one for one in page.all(".areatools button") if one.text == text), None), text
    )


def press(page: Page, text: str) -> None:
    page.until(button(page, text).is_enabled, f"{text} is enabled")
    page.script("arguments[0].scrollIntoView({block: 'end'})", button(page, text))
    button(page, text).click()


def areas(served: Served) -> dict[str, Any]:
    """Return the areas in effect."""
    found: dict[str, Any] = requests.get(f"{served.url}/api/cameras/front/zones", timeout=60).json()
    return found


def saved(page: Page, served: Served) -> dict[str, Any]:
    """Save, and return the areas in effect then."""
    press(page, "Save")
    page.until(lambda: "saved" in page.text("#toasts"), "it is saved")
    page.until(lambda: not button(page, "Save").is_enabled(), "nothing is left to save")
    return areas(served)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float], kind: str = "mouse") -> None:
    """Drag from one place to another, in shares of the picture; `kind` as in W3C WebDriver."""
    left, top, width, height = page.script(_PLACE)
    steps: list[dict[str, object]] = []
    for step in range(5):
        x, y = (a + (b - a) * step / 4 for a, b in zip(start, end, strict=True))
        at = {"x": round(left + x * width), "y": round(top + y * height)}
        steps.append({"type": "pointerMove", "duration": 20, **at})
        steps += [{"type": "pointerDown", "button": 0}] if step == 0 else []
    steps.append({"type": "pointerUp", "button": 0})
    pointer = {"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": steps}
    page.driver.execute(Command.W3C_ACTIONS, {"actions": [pointer]})


def about(corners: list[list[float]]) -> list[object]:
    """Return what equals these corners, give or take two pixels."""
    return [pytest.approx(corner, abs=0.006) for corner in corners]


def corner(page: Page, number: int) -> WebElement:
    return page.find(f"[data-name=corner-{number}]")


def test_a_zone_is_drawn_by_mouse(front: Page, served: Served) -> None:
    press(front, "Add zone")
    name = front.driver.switch_to.active_element
    name.send_keys("Side Yard")
    assert name.get_attribute("value") == "side_yard"
    drag(front, (0.5, 0.5), (0.6, 0.6))  # all of it
    drag(front, (0.4, 0.4), (0.2, 0.3))  # its first corner
    drag(front, (0.8, 0.6), (0.994, 0.5))  # a new corner, onto the edge
    front.shot("areas")
    found = saved(front, served)
    assert list(found["zones"]) == ["gate", "side_yard"]
    assert found["zones"]["side_yard"]["points"] == about(
        [[0.2, 0.3], [0.8, 0.4], [1, 0.5], [0.8, 0.8], [0.4, 0.8]]
    )
    assert found["zones"]["side_yard"]["points"][2][0] == 1
    assert found["masks"] == [{"points": SKY}]
    front.find("[data-key=zone_side_yard_motion]")
    assert len(front.all(".arealist li")) == 4


def test_a_corner_is_removed_and_the_threshold_and_name_changed(front: Page, served: Served) -> None:
    front.script("arguments[0].dispatchEvent(new MouseEvent('dblclick', {bubbles: true}))", corner(front, 1))
    assert "scale" not in (front.find(".picture").get_attribute("style") or "")
    fields = front.all(".arealist li.zone input")
    assert len(fields) == 2
    for field, text in zip(fields, ("way", "7.5"), strict=True):
        field.clear()
        field.send_keys(text)
    found = saved(front, served)
    assert found["zones"] == {"way": {"points": [GATE[0], GATE[2], GATE[3]], "threshold": 7.5}}
    front.until(lambda: not front.all("[data-key=zone_gate]"), "the entities of the other name are gone")


def test_by_keys(front: Page, served: Served) -> None:
    shape = front.find("[data-name=area-0]")
    assert shape.get_attribute("aria-label") == "Zone gate: arrow keys move it"
    shape.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_UP)
    first = corner(front, 0)
    assert first.get_attribute("aria-label") == "Corner 1 of 4, 11 % from the left, 19 % from the top"
    first.send_keys(Keys.ARROW_LEFT)
    front.driver.switch_to.active_element.send_keys(Keys.SHIFT, Keys.ARROW_DOWN)
    front.driver.switch_to.active_element.send_keys(Keys.ENTER)
    added = front.driver.switch_to.active_element
    assert (added.get_attribute("aria-label") or "").startswith("Corner 2 of 5")
    added.send_keys(Keys.ARROW_UP)
    corner(front, 4).send_keys(Keys.DELETE)
    assert (front.driver.switch_to.active_element.get_attribute("aria-label") or "").startswith(
        "Corner 4 of 4"
    )
    # Another area is selected with Enter.
    front.find("[data-name=area-1]").send_keys(Keys.ENTER)
    front.driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    found = saved(front, served)
    assert found["zones"]["gate"]["points"] == about(
        [[0.1, 0.24], [0.305, 0.205], [0.51, 0.19], [0.51, 0.79]]
    )
    assert found["masks"] == [{"points": about([[0.61, 0.1], [0.91, 0.1], [0.91, 0.3]])}]


def test_by_finger_on_a_phone(front: Page, served: Served) -> None:
    front.size(390, 844, phone=True)
    front.look(dark=True)
    front.until(lambda: front.script("return innerWidth") == 390, "the small screen")
    press(front, "Add mask")
    scrolled = front.script("return scrollY")
    drag(front, (0.7, 0.7), (0.9, 0.9), "touch")
    front.shot("areas-phone")
    assert front.script("return scrollY") == scrolled
    assert front.script("return document.documentElement.scrollWidth") == 390
    small = front.script(
        """return [...document.querySelectorAll(".areatools :is(button, input, summary), .target")].filter((it) => {
          const box = it.getBoundingClientRect(), least = it.closest(".middle") ? 32 : 44;
          return it.checkVisibility() && (box.width < least || box.height < least);
        }).map((it) => it.outerHTML)"""
    )
    assert small == []
    masks = saved(front, served)["masks"]
    assert masks[1] == {"points": about([*MIDDLE[:2], [0.9, 0.9], MIDDLE[3]])}


def test_while_the_picture_is_enlarged(front: Page, served: Served) -> None:
    stage = front.find(".stage")
    stage.send_keys("+", "+")
    front.until(lambda: "2.25" in (front.find(".picture").get_attribute("style") or ""), "a closer look")
    press(front, "Add mask")
    drag(front, (0.5, 0.5), (0.6, 0.55))
    drag(front, (0.4, 0.35), (0.45, 0.45))  # a corner
    assert saved(front, served)["masks"][1] == {
        "points": about([[0.45, 0.45], [0.8, 0.35], [0.8, 0.75], [0.4, 0.75]])
    }


def test_a_refusal_names_the_area_and_nothing_is_changed(front: Page, served: Served) -> None:
    drag(front, (0.1, 0.2), (0.6, 0.5))
    drag(front, (0.5, 0.2), (0.2, 0.7))
    press(front, "Save")
    front.until(
        lambda: "zones.gate.points crosses itself" in front.text(".areaeditor .error").lower(), "the refusal"
    )
    assert "in order around the area" in front.text(".areaeditor .error")
    assert front.all(".arealist li.zone.refused")
    assert areas(served)["zones"]["gate"]["points"] == GATE
    press(front, "Discard")
    front.until(lambda: not button(front, "Save").is_enabled(), "it is as before")
    assert not front.all(".arealist li.refused")
    press(front, "Add zone")
    front.driver.switch_to.active_element.send_keys("gate")
    press(front, "Save")
    assert "two zones with the name gate" in front.text(".areaeditor .error")


def test_back_to_the_configuration(front: Page, served: Served) -> None:
    front.all(".arealist li.zone button")[0].click()
    assert saved(front, served)["zones"] == {}
    assert areas(served)["from_configuration"] is False
    press(front, "Back to the configuration")
    front.find("dialog .danger").click()
    front.until(lambda: front.all(".arealist li.zone"), "the zone is back")
    assert areas(served)["zones"] == {"gate": {"points": GATE, "threshold": 2}}
    front.until(
        lambda: "Back to the configuration" not in [one.text for one in front.all(".areaeditor button")],
        "there is nothing to go back from",
    )


def test_the_lines_for_the_configuration_and_privacy_areas_are_for_it_alone(
    front: Page, served: Served
) -> None:
    press(front, "Add zone")
    front.driver.switch_to.active_element.send_keys("on")
    press(front, "Add privacy area")
    assert "only from the configuration file" in front.text(".areaeditor")
    text = str(front.script("return document.querySelector('.yaml').value"))
    drawn = yaml.safe_load(text)["cameras"]["front"]
    settings = CameraSettings.model_validate({"source": {"type": "test_pattern"}, **drawn})
    assert settings.motion is not None
    assert list(settings.motion.zones) == ["gate", "on"]
    assert settings.motion.zones["gate"].threshold == 2
    assert [list(map(list, one.points)) for one in settings.motion.masks] == [SKY]
    assert [list(map(list, one.points)) for one in settings.privacy] == [WINDOW, MIDDLE]
    press(front, "Save")
    front.until(lambda: "on" in areas(served)["zones"], "the zone is saved")
    assert areas(served)["privacy"] == [{"points": WINDOW}], "the privacy area is not"
    front.until(lambda: not button(front, "Save").is_enabled(), "nothing is left to save")
    assert len(front.all(".arealist li.privacy")) == 2, "but is still shown"
    front.script("document.querySelector('.lines').open = true")
    press(front, "Copy")
    front.until(lambda: "Copied" in front.text("#toasts"), "it is copied")


def test_what_is_not_saved_is_not_lost_by_mistake(front: Page, served: Served, running: Running) -> None:
    press(front, "Add mask")

    async def change() -> None:
        await served.add("gate")
        served.front.set_image_quality(40)

    asyncio.run_coroutine_threadsafe(change(), running[1]).result(PATIENCE)
    front.until(lambda: len(front.all("#tabs a")) == 4, "the page is built again")
    assert len(front.all(".arealist li.mask")) == 2
    button(front, "Draw areas").click()
    front.find("dialog .danger").click()
    front.until(lambda: not front.all(".areaeditor, .polygons"), "it is closed")
    asyncio.run_coroutine_threadsafe(served.remove("gate"), running[1]).result(PATIENCE)


def test_what_somebody_else_saves_is_shown(front: Page, served: Served) -> None:
    address = f"{served.url}/api/cameras/front/cmd/set_zones"
    assert requests.post(address, json={"masks": []}, timeout=60).ok
    front.until(lambda: not front.all(".arealist li.mask"), "the mask is gone")
    press(front, "Add mask")
    assert requests.post(address, json={"masks": [{"points": GATE}]}, timeout=60).ok
    assert len(saved(front, served)["masks"]) == 1, "the last one to save"


def test_together_with_the_motion_test_each_area_is_drawn_once(front: Page) -> None:
    button(front, "Motion test").click()
    front.find(".motiontest")
    front.until(lambda: front.all(".motionlayer"), "the layer")
    assert front.find(".polygons .area.selected")
    drag(front, (0.3, 0.5), (0.35, 0.5))
    assert button(front, "Save").is_enabled(), "the layer is not in the way"


def test_a_camera_without_motion_detection_has_privacy_areas_alone(page: Page, served: Served) -> None:
    opened(page, served, "shed")
    assert "need motion detection" in page.text(".areaeditor")
    press(page, "Add privacy area")
    drawn = yaml.safe_load(page.script("return document.querySelector('.yaml').value"))
    assert drawn == {"cameras": {"shed": {"privacy": [{"points": MIDDLE}]}}}
    assert not button(page, "Save").is_enabled()
    assert not [one.text for one in page.all("[data-add=zone], [data-add=mask]") if one.is_displayed()]


def test_viewers_may_not_draw(page: Page) -> None:
    with serving_in_thread({"front": CAMERA["front"]}, **users()) as (served, _loop):
        page.open(served.url)
        page.find("#login-name").send_keys("otto")
        page.find("#login-password").send_keys("right" + Keys.ENTER)
        button(page, "Motion test")
        assert "Draw areas" not in [one.text for one in page.all(".areatools button")]
        page.driver.delete_all_cookies()
