"""The motion test on the page: what the detection sees, on the picture and below it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.support.waiting import PATIENCE
from tests.web.browser import Page
from tests.web.credentials import users
from tests.web.serving import Served, serving_in_thread

GATE = [[0.05, 0.1], [0.45, 0.1], [0.5, 0.9], [0.05, 0.9]]
SKY = [[0.6, 0], [1, 0], [1, 0.3], [0.6, 0.2]]
MOTION = {
    "fps": 12,
    "zones": {
        "gate": {"points": GATE},
        "road": {"points": [[0.6, 0.5], [0.95, 0.5], [0.95, 0.95]], "threshold": 40},
    },
    "masks": [{"points": SKY}],
}
CAMERA: dict[str, dict[str, Any]] = {
    "front": {"name": "Front door", "size": "640x480", "motion": MOTION},
    "shed": {"name": "Shed"},
}
_COLOURS = """
const layer = document.querySelector(".motionlayer"), box = layer.getBoundingClientRect();
const data = layer.getContext("2d").getImageData(0, 0, layer.width, layer.height).data;
let moving = 0, masked = 0;
for (let i = 0; i < data.length; i += 4) {
  if (data[i] === 255 && data[i + 1] === 61) moving += 1;
  if (data[i] < 12 && data[i + 3] > 100 && data[i + 3] < 160) masked += 1;
}
return [moving, masked];
"""
_FORGET = "document.querySelector('.finding').dataset.finding = ''"
Running = tuple[Served, asyncio.AbstractEventLoop]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with serving_in_thread(CAMERA) as found:
        yield found


@pytest.fixture
def front(page: Page, running: Running) -> Page:
    """The page of the camera, connected, with the motion test."""
    page.open(f"{running[0].url}/#/front")
    page.find(".stage[data-status=running]")
    page.find(".areatools button").click()
    page.find(".motiontest")
    return page


def finds(page: Page, finding: str) -> str:
    """Wait until this was found in a picture, and return it in words."""
    return page.until(lambda: page.text(f".finding[data-finding={finding}]"), finding)


def watchers(served: Served) -> int:
    assert served.front.motion is not None
    return len(served.front.motion.watchers)


def test_what_the_detection_sees(front: Page, running: Running) -> None:
    assert "% of the picture moves" in finds(front, "motion")
    moving, masked = front.until(
        lambda: all(found := front.script(_COLOURS)) and found, "cells on the picture"
    )
    assert moving > 100
    assert masked > 1000
    assert [one.text for one in front.all(".zonescores .name")] == ["Gate", "Road"]
    assert "of 40 %" in front.all(".zonescores .value")[1].text
    front.until(lambda: front.all(".zonescores .reached"), "the gate's threshold is reached")
    front.shot("motion-test")


def test_it_ends_with_a_second_press_and_then_costs_nothing(front: Page, running: Running) -> None:
    front.until(lambda: watchers(running[0]) == 1, "the page watches")
    button = front.find(".areatools button")
    assert button.get_attribute("aria-pressed") == "true"
    button.send_keys(Keys.ENTER)
    assert button.get_attribute("aria-pressed") == "false"
    assert not front.all(".motiontest, .motionlayer")
    front.until(lambda: watchers(running[0]) == 0, "nobody watches")


def test_it_goes_on_after_the_camera_was_restarted_or_replaced(front: Page, running: Running) -> None:
    served, loop = running
    finds(front, "motion")
    asyncio.run_coroutine_threadsafe(served.front.camera.restart(), loop).result(PATIENCE)
    front.script(_FORGET)
    finds(front, "motion")

    async def replace() -> None:
        await served.remove("front")
        await served.add("front", **CAMERA["front"])
        served.registry.arrange(["front", "shed"])

    asyncio.run_coroutine_threadsafe(replace(), loop).result(PATIENCE)
    front.until(lambda: watchers(served) == 1, "the page watches the new camera")
    front.script(_FORGET)
    finds(front, "motion")
    assert front.all(".motionlayer")


def test_without_detection_it_says_why(front: Page, running: Running) -> None:
    finds(front, "motion")
    switch = front.find("[data-key=motion_detection] input")
    front.script("arguments[0].click()", switch)
    front.until(lambda: front.text(".finding") == "Motion detection is switched off", "the reason")
    front.script("arguments[0].click()", switch)
    finds(front, "motion")


def test_it_moves_with_the_picture(front: Page) -> None:
    finds(front, "motion")
    masked = front.until(lambda: front.script(_COLOURS)[1], "the mask")
    front.find(".stage").send_keys("-", "+")
    # The mask is at the right, and the picture grows from its middle.
    front.until(lambda: 0 < front.script(_COLOURS)[1] != masked, "another part of it")
    front.find(".stage").send_keys("0")


def test_on_a_phone(front: Page) -> None:
    front.size(360, 740, phone=True)
    front.look(dark=True)
    front.until(lambda: front.script("return innerWidth") == 360, "the small screen")
    finds(front, "motion")
    assert front.script("return document.documentElement.scrollWidth") == 360
    box = front.find(".areatools button").rect
    assert box["height"] >= 44
    front.shot("motion-test-phone")


def test_only_for_cameras_with_motion_detection_and_for_viewers_too(page: Page, running: Running) -> None:
    page.open(f"{running[0].url}/#/shed")
    page.find(".stage[data-status=running]")
    assert not page.find(".areatools button").text.startswith("Motion")
    with serving_in_thread({"front": CAMERA["front"]}, **users()) as (served, _loop):
        page.open(served.url)
        page.find("#login-name").send_keys("otto")
        page.find("#login-password").send_keys("right" + Keys.ENTER)
        page.find(".areatools button").click()
        finds(page, "motion")
        page.driver.delete_all_cookies()
