"""A camera that delivers no picture: its own view says why, and has what can be done about it at hand."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mqttcam.backoff import Backoff
from mqttcam.camera.status import CameraStatus, CameraUnavailable
from mqttcam.devices.camera import CameraDevice
from tests.support.pictures import jpeg
from tests.support.waiting import PATIENCE, free_port
from tests.web.browser import Page
from tests.web.browser_page import BrowserPage
from tests.web.credentials import TOKEN, users
from tests.web.firefox import FirefoxPage
from tests.web.serving import Served, serving_in_thread

_WITHOUT_PICTURE = ("off", "failed", "starting")
_REQUESTS = """
window.requested = [];
const {WebSocket: Socket, fetch: get} = window;
window.WebSocket = class extends Socket { constructor(url) { super(url); requested.push(String(url)); } };
window.fetch = (resource, ...more) => { requested.push(String(resource)); return get(resource, ...more); };
"""
_LOSE = """
let answers = false, shut = false, lost = 0;
const {fetch: real, setTimeout: once, setInterval: again} = window;
window.setTimeout = (call, delay, ...more) => once(call, delay === 3000 ? 100 : delay, ...more);
window.setInterval = (call, delay, ...more) => again(call, delay === 5000 ? 100 : delay, ...more);
window.fetch = (resource, ...more) => {
  if (resource !== "api/live" || (answers && !shut)) return real(resource, ...more);
  if (shut) return Promise.resolve(Response.json({error: {code: "unauthorized", message: "log in"}}, {status: 401}));
  lost += 1;
  return Promise.reject(new TypeError("lost"));
};
"""
"""Loses the answers about what everyone may see, or says that nobody may see anything without a login."""
_LOOK_AWAY = """
Object.defineProperty(document, "hidden", {configurable: true, value: arguments[0]});
document.dispatchEvent(new Event("visibilitychange"));
"""
_OF_A_CAMERA = re.compile(r"(?<!api/)cameras/\w+/")


Running = tuple[Served, asyncio.AbstractEventLoop, Path]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Four cameras, three of them without a picture: one is off, a file is missing, one waits for its sender."""
    missing = tmp_path_factory.mktemp("pictures") / "yard.jpg"
    cameras: dict[str, dict[str, Any]] = {
        "front": {"name": "Front door"},
        "off": {"name": "Garden", "enabled": False},
        "failed": {"enabled": False, "source": {"type": "file", "path": str(missing)}, "size": None},
        "starting": {"enabled": False, "source": {"type": "tcp", "port": free_port()}, "size": None},
    }
    with serving_in_thread(cameras) as (served, loop):
        failed = served.registry.devices["failed"]
        failed.camera._supervisor._backoff = Backoff(3600, 3600, jitter=0)
        for name in ("failed", "starting"):
            loop.call_soon_threadsafe(served.registry.devices[name].set_enabled, True)
        yield served, loop, missing


def until_status(page: BrowserPage, device: CameraDevice, status: CameraStatus) -> None:
    page.until(lambda: device.camera.status is status, f"the camera {status}")


def settled(page: BrowserPage, served: Served) -> None:
    """Wait until the cameras are as the fixture says."""
    devices = served.registry.devices
    until_status(page, devices["failed"], CameraStatus.FAILED)
    page.until(lambda: devices["starting"].camera.last_error, "what it waits for")


@pytest.fixture(params=["chromium", "firefox"])
def any_browser(request: pytest.FixtureRequest) -> Iterator[BrowserPage]:
    browser: Page | FirefoxPage = request.getfixturevalue(
        "page" if request.param == "chromium" else "firefox"
    )
    browser.screen()
    browser.complaints()
    yield browser
    browser.open("about:blank")


def requests(page: BrowserPage) -> list[str]:
    """Return what was requested of cameras."""
    return [url for url in page.script("return requested") if _OF_A_CAMERA.search(url)]


@pytest.mark.parametrize("name", _WITHOUT_PICTURE)
def test_nothing_is_requested_of_a_camera_without_a_picture(
    any_browser: BrowserPage, running: Running, name: str
) -> None:
    page, (served, _, _) = any_browser, running
    settled(page, served)
    with page.prepared(_REQUESTS):
        page.open(f"{served.url}/#/{name}")
        page.see(f".stage[data-status={name}] .curtain p")
        page.see("#link[data-state=on]")
        assert requests(page) == []
    assert page.complaints() == []


def test_all_cameras_show_without_an_error_which_of_them_have_no_picture(
    any_browser: BrowserPage, running: Running
) -> None:
    page, (served, _, _) = any_browser, running
    settled(page, served)
    with page.prepared(_REQUESTS):
        page.open(f"{served.url}/#/")
        for name in ("running", *_WITHOUT_PICTURE):
            page.see(f".tile .stage[data-status={name}]")
        assert {_OF_A_CAMERA.search(url)[0] for url in requests(page)} == {"cameras/front/"}  # type: ignore[index]
    assert page.complaints() == []


def test_everyone_sees_without_an_error_that_a_camera_is_off(page: Page) -> None:
    cameras: dict[str, dict[str, Any]] = {"front": {}, "garden": {"enabled": False}}
    with serving_in_thread(cameras, anonymous="live", **users()) as (served, loop), page.prepared(_REQUESTS):
        page.open(served.url)
        page.see(".tile .stage[data-status=running]")
        page.see(".tile .stage[data-status=off]")
        assert not [url for url in requests(page) if "garden" in url]
        loop.call_soon_threadsafe(served.registry.devices["garden"].set_enabled, True)
        page.until(lambda: len(page.all(".tile .stage[data-status=running]")) == 2, "that it is on again")


def test_the_login_is_shown_only_where_it_is_needed(page: Page) -> None:
    with (
        serving_in_thread({"front": {}}, anonymous="live", **users()) as (served, _loop),
        page.prepared(_LOSE),
    ):
        page.open(served.url)
        page.until(lambda: page.script("return lost") > 1, "an answer that is lost")
        assert not page.all("form")
        page.script("answers = true")
        page.see(".tile .stage[data-status=running]")
        page.script("shut = true")
        page.see("form input[type=password]")
        page.until(lambda: served.server.viewers == 0, "no picture any more")


def test_a_camera_that_was_switched_off_while_nobody_looked(page: Page, running: Running) -> None:
    served, loop, _ = running
    front = served.registry.devices["front"]
    with page.prepared(_REQUESTS):
        page.open(f"{served.url}/#/front")
        page.see(".stage[data-status=running]")
        page.script(_LOOK_AWAY, True)
        loop.call_soon_threadsafe(front.set_enabled, False)
        until_status(page, front, CameraStatus.OFF)
        page.script("requested.length = 0")
        page.script(_LOOK_AWAY, False)
        page.see(".stage[data-status=off]")
        assert requests(page) == []
        loop.call_soon_threadsafe(front.set_enabled, True)
        page.see(".stage[data-status=running]")
        assert page.moves()


def test_a_failed_camera_says_what_is_wrong_and_is_tried_again(page: Page, running: Running) -> None:
    served, loop, missing = running
    settled(page, served)
    page.open(f"{served.url}/#/failed")
    page.until(
        lambda: page.text(".curtain p") == f"The camera failed: {missing} does not exist", "the reason"
    )
    page.until(lambda: re.search(r"Since .+ · Next try in \d", page.text(".curtain .times")), "the times")
    first = page.text(".curtain .times")
    page.until(lambda: page.text(".curtain .times") != first, "the times to go on")
    page.shot("failed")
    page.press(".curtain a")
    page.until(lambda: "Correct source.path" in page.text(".problem .todo"), "what to do")
    page.script("history.back()")
    missing.write_bytes(jpeg(320, 240))
    page.press(".curtain .outlined")
    page.see(".stage[data-status=running]")
    assert page.picture_width() == 320
    page.until(lambda: not page.all(".interruption a:not([hidden])"), "no problem")
    missing.unlink()
    asyncio.run_coroutine_threadsafe(reopened(served.registry.devices["failed"]), loop).result(PATIENCE)


async def reopened(device: CameraDevice) -> None:
    """Open a camera whose file is gone again."""
    with pytest.raises(CameraUnavailable):
        await device.camera.restart()


def test_a_camera_that_is_off_is_switched_on(page: Page, running: Running) -> None:
    served, loop, _ = running
    off = served.registry.devices["off"]
    page.open(f"{served.url}/#/off")
    page.until(lambda: page.text(".curtain p") == "The camera is switched off", "the reason")
    page.shot("off")
    page.press(".curtain .outlined")
    page.see(".stage[data-status=running]")
    assert page.moves()
    loop.call_soon_threadsafe(off.set_enabled, False)
    page.see(".curtain .outlined")


def test_a_viewer_sees_what_is_wrong_without_what_only_admins_may_do(page: Page) -> None:
    cameras: dict[str, dict[str, Any]] = {"front": {"enabled": False}}
    with serving_in_thread(cameras, **users()) as (served, _loop):
        page.open(f"{served.url}/#token={TOKEN[::-1]}")
        page.until(lambda: page.text(".curtain p") == "The camera is switched off", "the reason")
        assert not [it for it in page.all(".curtain .outlined") if it.is_displayed()]


def test_a_phone_has_room_for_what_is_wrong(page: Page, running: Running) -> None:
    served, _, _ = running
    settled(page, served)
    page.screen(phone=True)
    try:
        page.open(f"{served.url}/#/failed")
        page.see(".curtain .times")
        assert page.script(
            "const it = document.querySelector('.curtain'); return it.scrollHeight <= it.clientHeight"
        )
        page.shot("failed-phone")
    finally:
        page.screen()
