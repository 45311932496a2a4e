"""The controls of a camera module in a real browser: groups, automatic, search, resets, presets, copies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from selenium.webdriver.common.keys import Keys

from mqttcam.devices.camera import CameraDevice
from mqttcam.values import Value
from tests.support.waiting import PATIENCE
from tests.web.browser import Page
from tests.web.credentials import users
from tests.web.module3 import offering_module3
from tests.web.serving import Served, serving_in_thread

TWO = {
    "front": {"name": "Front door", "size": "320x240", "motion": True, "controls": {"Contrast": 1.5}},
    "garden": {"name": "Garden", "size": "320x240", "frame_rate": 5},
}
Running = tuple[Served, asyncio.AbstractEventLoop]
START: dict[str, Value] = {
    "ae_enable": True,
    "awb_enable": True,
    "af_mode": "Continuous",
    "contrast": 1.5,
    "saturation": 1.0,
    "zoom": 1.0,
}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with offering_module3(), serving_in_thread(TWO) as found:
        yield found


@pytest.fixture
def camera(running: Running) -> CameraDevice:
    """A Camera Module 3 with everything automatic."""
    served, loop = running
    asyncio.run_coroutine_threadsafe(served.front.set_controls(START), loop).result(PATIENCE)
    return served.front


@pytest.fixture
def front(page: Page, running: Running, camera: CameraDevice) -> Page:
    """Its page, with values, and the groups as on a first visit."""
    page.open(f"{running[0].url}/#/front")
    page.script("localStorage.clear()")
    page.driver.refresh()
    page.find(".stage[data-status=running]")
    page.until(lambda: page.all("[data-key=measured_lux]"), "the measured values")
    page.until(lambda: is_checked(page, "[data-key=af_mode] select", "Continuous"), "the values")
    return page


def is_checked(page: Page, selector: str, value: object = True) -> bool:
    """Return whether an input, visible or not, has a value."""
    return bool(
        page.script(
            "const it = document.querySelector(arguments[0]);"
            "return (it.type === 'checkbox' ? it.checked : it.value) === arguments[1]",
            selector,
            value,
        )
    )


def group(page: Page, name: str) -> None:
    """Open or close a group."""
    page.script("document.querySelector(`[data-group='${arguments[0]}'] > summary`).click()", name)


def open_groups(page: Page) -> list[str]:
    """Return the groups that are shown open."""
    names = "[...document.querySelectorAll('.group[open]:not([hidden])')].map((it) => it.dataset.group)"
    return [str(name) for name in page.script(f"return {names}")]


def found(page: Page) -> list[str]:
    """Return the keys of everything that is shown in groups."""
    shown = "[...document.querySelectorAll('.group [data-key]')].filter((it) => it.checkVisibility())"
    return [str(key) for key in page.script(f"return {shown}.map((it) => it.dataset.key)")]


def search(page: Page, text: str) -> None:
    box = page.find(".filter")
    box.send_keys(Keys.ESCAPE)
    box.send_keys(text)


def value(camera: CameraDevice, key: str) -> Value:
    return camera.camera.values.get(key)


def press(page: Page, text: str, within: str = ".actions") -> None:
    """Press the button with a text, once nothing covers it."""

    def click() -> bool:
        found = [one for one in page.all(f"{within} button") if one.text == text]
        for one in found[:1]:
            one.click()
        return bool(found)

    page.until(click, text)


def switch_automatic(page: Page, key: str) -> None:
    page.script("document.querySelector(`[data-key=${arguments[0]}] .automatic input`).click()", key)


def test_a_camera_with_many_controls_shows_groups_which_stay_as_they_were_left(front: Page) -> None:
    names = [one.text for one in front.all(".group > summary > span:first-child")]
    assert names == [
        "Camera", "Exposure", "White balance", "Focus", "Picture", "Lens and zoom",
        "Motion", "Recording", "Pictures to MQTT", "For experts", "Diagnostics",
    ]  # fmt: skip
    cards = (
        "return [...document.querySelectorAll('.panel > .card')].map((it) => it.innerText.split('\\n')[0])"
    )
    assert front.script(cards)[:3] == ["Camera", "All controls", "Exposure"]
    assert open_groups(front) == ["Camera"]
    group(front, "Focus")
    group(front, "Camera")
    assert open_groups(front) == ["Focus"]
    front.driver.refresh()
    front.find("[data-group=Focus] .field")
    assert open_groups(front) == ["Focus"]


def test_a_control_has_a_plain_name_that_of_libcamera_and_a_sentence(front: Page) -> None:
    group(front, "Focus")
    label = front.find("[data-key=af_mode] label")
    assert label.text.split("\n") == ["Focus mode", "AfMode"]
    assert front.text("[data-key=af_mode] .help").startswith("Continuous focuses all the time")
    group(front, "Pictures to MQTT")
    assert "sent to MQTT" in front.text("[data-key=image_fps] .help")


def test_automatic_is_a_switch_and_manual_begins_with_the_measured_value(
    front: Page, camera: CameraDevice
) -> None:
    group(front, "Exposure")
    field = "[data-key=exposure_time]"
    front.until(lambda: is_checked(front, f"{field} .automatic input"), "automatic")
    assert not front.find(field).find_element("css selector", "input[type=range]").is_displayed()
    front.until(lambda: front.text(f"{field} .value").startswith("9.99 ms"), "what the camera has chosen")
    switch_automatic(front, "exposure_time")
    front.until(lambda: value(camera, "exposure_time") == 9_992, "the measured value")
    front.find(f"{field} input[type=range]")
    # With a gain of one's own as well, the automatic exposure is off, and what it needs is disabled with a reason.
    switch_automatic(front, "analogue_gain")
    front.until(lambda: value(camera, "ae_enable") is False, "auto exposure off")
    front.until(lambda: not front.find("[data-key=exposure_value] input").is_enabled(), "no compensation")
    assert front.text("[data-key=exposure_value] .why") == "It has no effect while auto exposure is off."
    switch_automatic(front, "exposure_time")
    front.until(lambda: value(camera, "exposure_time") == 0, "automatic again")
    front.until(lambda: front.find("[data-key=exposure_value] input").is_enabled(), "compensation")


def test_automatic_white_balance_gives_way_to_the_gains_of_that_moment(
    front: Page, camera: CameraDevice
) -> None:
    group(front, "White balance")
    front.until(lambda: is_checked(front, "[data-key=colour_gain_red] .automatic input"), "automatic")
    switch_automatic(front, "colour_gain_red")
    front.until(lambda: value(camera, "awb_enable") is False, "automatic white balance off")
    front.until(lambda: front.text("[data-key=colour_gain_red] .value") == "1.7", "the gain of that moment")
    assert not front.find("[data-key=awb_mode] select").is_enabled()


def test_the_focus_is_a_distance_in_metres(front: Page, camera: CameraDevice) -> None:
    group(front, "Focus")
    field = "[data-key=lens_position]"
    front.until(lambda: front.text(f"{field} .value") == "1.25 m", "the measured distance")
    switch_automatic(front, "lens_position")
    front.until(lambda: value(camera, "af_mode") == "Manual", "manual focus")
    metres = front.find(f"{field} .metres input")
    metres.clear()
    metres.send_keys("0.5" + Keys.ENTER)
    front.until(lambda: value(camera, "lens_position") == 2.0, "dioptres")
    front.find(f"{field} .button").click()
    front.until(lambda: value(camera, "lens_position") == 0.0, "infinity")
    assert front.find("button[data-key=autofocus]").is_enabled()


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("brightness", {"brightness", "exposure_value"}),
        ("night", {"exposure_time", "analogue_gain"}),
        ("50 Hz", {"ae_flicker_mode"}),
        ("flicker", {"ae_flicker_mode"}),
        ("autofocus", {"af_mode", "autofocus"}),
        ("wb", {"awb_mode", "colour_gain_red"}),
        ("zoom", {"zoom"}),
        ("AeMetering", {"ae_metering_mode"}),
        ("jpeg", {"image_quality"}),
    ],
)
def test_search(front: Page, text: str, keys: set[str]) -> None:
    search(front, text)
    assert keys <= set(found(front))
    assert "enabled" not in found(front)


def test_search_opens_groups_says_when_nothing_is_found_and_escape_ends_it(front: Page) -> None:
    search(front, "macro")
    assert open_groups(front) == ["Focus"]
    search(front, "teapot")
    assert front.text(".nothing").startswith("Nothing found for “teapot”")
    assert found(front) == []
    assert not front.all(".actions:not([hidden])")
    front.find(".filter").send_keys(Keys.ESCAPE)
    front.find(".actions")
    assert front.find(".filter").get_attribute("value") == ""
    assert open_groups(front) == ["Camera"]
    assert not front.all(".nothing:not([hidden])")


def test_a_reset_returns_to_the_configured_value(front: Page, camera: CameraDevice) -> None:
    group(front, "Picture")
    front.slide("contrast", 4)
    front.slide("saturation", 8)
    front.until(lambda: front.text("[data-group=Picture] .groupnote") == "2 changed", "how many were changed")
    front.find("[data-key=contrast] .reset").click()
    front.until(lambda: value(camera, "contrast") == 1.5, "the configured value")
    front.slide("contrast", 2)
    front.until(lambda: value(camera, "contrast") == 2, "another value")
    front.until(lambda: front.text("[data-group=Picture] .groupnote") == "2 changed", "both again")
    front.find("[data-group=Picture] .link-button").click()
    front.until(lambda: (value(camera, "contrast"), value(camera, "saturation")) == (1.5, 1.0), "both")


def test_all_values_are_reset_after_a_question(front: Page, camera: CameraDevice) -> None:
    group(front, "Picture")
    front.slide("saturation", 8)
    front.slide("brightness", 0.5)
    front.until(lambda: (value(camera, "saturation"), value(camera, "brightness")) == (8, 0.5), "two values")
    front.until(lambda: front.text("[data-group=Picture] .groupnote") == "2 changed", "how many")
    press(front, "Reset all")
    press(front, "Cancel", ".ask")
    press(front, "Reset all")
    press(front, "Reset all", ".ask")
    front.until(
        lambda: (value(camera, "saturation"), value(camera, "brightness")) == (1.0, 0.0), "the defaults"
    )
    assert value(camera, "contrast") == 1.5, "the configured value"


def test_presets_are_saved_selected_and_deleted(front: Page, camera: CameraDevice) -> None:
    assert not front.all(".presetchoice:not([hidden])")
    group(front, "Picture")
    front.slide("saturation", 4)
    front.until(lambda: value(camera, "saturation") == 4, "a value")
    press(front, "Save preset")
    front.find(".askname input").send_keys("vivid" + Keys.ENTER)
    front.until(lambda: is_checked(front, ".presetchoice select", "vivid"), "the preset is selected")
    front.slide("saturation", 2)
    front.until(lambda: is_checked(front, ".presetchoice select", ""), "none is selected")
    front.find(".presetchoice select").send_keys("vivid")
    front.until(lambda: value(camera, "saturation") == 4, "the value of the preset")
    front.until(lambda: is_checked(front, ".presetchoice select", "vivid"), "it is selected")
    press(front, "Delete preset")
    press(front, "Delete", ".ask")
    front.until(lambda: not front.all(".presetchoice:not([hidden])"), "no preset")
    assert camera.presets.names == ()


def test_values_are_copied_to_another_camera_as_far_as_it_takes_them(
    front: Page, camera: CameraDevice, running: Running
) -> None:
    served, loop = running
    garden = served.registry.devices["garden"]
    loop.call_soon_threadsafe(camera.set_image_fps, 12.0)
    group(front, "Picture")
    front.slide("saturation", 3)
    switch_automatic(front, "exposure_time")
    front.until(
        lambda: (value(camera, "saturation"), value(camera, "exposure_time")) == (3, 9_992), "the values"
    )
    group(front, "Pictures to MQTT")
    front.until(lambda: is_checked(front, "[data-key=image_fps] input", "12"), "the image rate")
    press(front, "Copy to…")
    target = front.find(".copy [data-camera=garden]")
    assert not front.find(".copy .end .button").is_enabled()
    target.find_element("css selector", "input").click()
    front.until(lambda: "Saturation" in target.text, "what it takes")
    assert "Motion threshold (not available)" in target.text
    assert "Image rate (allowed: 0 to 5)" in target.text
    assert "Red gain" not in target.text, "automatic white balance chooses it"
    press(front, "Copy", ".copy")
    front.until(lambda: "values copied" in target.text, "the result")
    assert (value(garden, "saturation"), value(garden, "exposure_time")) == (3, 9_992)
    assert garden.image_fps == 1
    front.find(".copy [aria-label=Close]").click()
    front.until(lambda: not front.all(".copy"), "the dialog closed")


def test_a_viewer_sees_what_is_automatic_and_changes_nothing(page: Page) -> None:
    with offering_module3(), serving_in_thread({"front": TWO["front"]}, **users()) as (served, _loop):
        page.open(served.url)
        page.find("#login-name").send_keys("otto")
        page.find("#login-password").send_keys("right" + Keys.ENTER)
        page.find(".stage[data-status=running]")
        page.until(lambda: page.all("[data-key=measured_lux]"), "the measured values")
        search(page, "exposure time")
        page.until(
            lambda: page.text("[data-key=exposure_time] .value").startswith("9.99 ms"), "the measured time"
        )
        assert is_checked(page, "[data-key=exposure_time] .automatic input")
        enabled = "return [...document.querySelectorAll('.field :enabled, button[data-key]:enabled')].length"
        assert page.script(enabled) == 0
        assert not page.all(".actions")
        page.driver.delete_all_cookies()
