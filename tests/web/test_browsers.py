"""What everyone does with the page, in Chromium and Firefox, on a desktop and by finger on a phone."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from mqttcam.recordings.recording import Recording
from tests.recordings.made import make_files, recording
from tests.support.pictures import jpeg
from tests.web.browser_page import HAS_VIDEO, BrowserPage
from tests.web.credentials import users
from tests.web.serving import Served, serving_in_thread

ENTER = "\ue007"
CAMERAS = {
    "front": {"name": "Front door", "size": "640x480", "frame_rate": 10},
    "garden": {"name": "Garden", "size": "320x240", "frame_rate": 10},
}
SCREENS = {"desktop": False, "phone": True}
_TILES = """
const tiles = [...document.querySelectorAll(".tile")];
return tiles.length && tiles.every((tile) => [...tile.querySelectorAll(".picture > :not([hidden])")]
  .some((it) => it.videoWidth || it.naturalWidth || it.width)) ? tiles.length : 0;
"""
"""The number of tiles, once each has a picture."""
_PAINTED = """
return [...document.querySelectorAll(".tile .picture > :not([hidden])")].map((it) => {
  const canvas = new OffscreenCanvas(16, 12), drawing = canvas.getContext("2d");
  drawing.drawImage(it, 0, 0, 16, 12);
  return drawing.getImageData(0, 0, 16, 12).data.join();
});
"""
"""What each tile shows, small."""
_HOSTS = """
return [...new Set(performance.getEntriesByType("resource").map(({name}) => new URL(name, location).host || "none"))];
"""
_PLAYS_H264 = """return MediaSource.isTypeSupported('video/mp4; codecs="avc1.640028"')"""
_PLAYED = "return document.querySelector('dialog video')?.currentTime ?? 0"
_BACKGROUND = "return getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def any_browser(request: pytest.FixtureRequest) -> BrowserPage:
    found: BrowserPage = request.getfixturevalue("browser" if request.param == "chromium" else "firefox")
    return found


@pytest.fixture(scope="module", params=SCREENS)
def screen(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving_in_thread(CAMERAS) as (found, _loop):
        yield found


@pytest.fixture(scope="module")
def guarded() -> Iterator[Served]:
    """A server that asks for a login."""
    with serving_in_thread({"front": CAMERAS["front"]}, **users()) as (found, _loop):
        yield found


@pytest.fixture(scope="module")
def event(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """A recording of four seconds, made a minute ago."""
    pytest.importorskip("av")
    from tests.support.video import video

    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    clip = video(path, count=40, size=(320, 240), options={"g": "10"}).read_bytes()
    made = recording(time.time() - 60, pictures=("best",))
    make_files(served.library.path, made, clip)
    (served.library.path / f"{made.stem}.jpg").write_bytes(jpeg(320, 240))
    served.library.add(made)
    return made


@pytest.fixture
def page(any_browser: BrowserPage, screen: str) -> Iterator[BrowserPage]:
    """A browser. Fails if the page does not fit, asks another host, or has errors other than a refused login."""
    any_browser.look()
    any_browser.screen(phone=SCREENS[screen])
    any_browser.complaints()
    yield any_browser
    assert any_browser.fits()
    hosts = any_browser.script(_HOSTS)
    here = any_browser.script("return location.host")
    complaints = [text for text in any_browser.complaints() if "401 (Unauthorized)" not in text]
    any_browser.screen()
    any_browser.open("about:blank")
    assert (hosts, complaints) == ([here], [])


def show(page: BrowserPage, served: Served, what: str = "#/front") -> None:
    page.open(f"{served.url}/{what}")
    page.see(".stage[data-status=running]")


def test_all_cameras_then_one_live(page: BrowserPage, served: Served) -> None:
    show(page, served, "#/")
    page.until(lambda: page.script(_TILES) == len(CAMERAS), "a picture in each tile")
    assert page.fits()
    page.press("a[href='#/front'].open")
    page.until(lambda: page.read("h1") == "Front door", "the camera")
    page.until(page.picture_width, "its picture")
    video = HAS_VIDEO and page.script(_PLAYS_H264)
    page.until(lambda: page.shows_video() == video, "video where it is possible, MJPEG where not")
    assert page.moves()
    assert page.picture_width() == 640
    assert page.read(".stage .badge") == "Live"


def test_a_control_is_set_and_confirmed(page: BrowserPage, served: Served) -> None:
    show(page, served)
    page.slide("brightness", 0.6)
    page.until(lambda: served.front.camera.values.get("brightness") == 0.6, "the value in the camera")
    page.until(lambda: page.read("[data-key=brightness] .value") == "0.6", "the value beside the slider")
    page.press("[data-key=brightness] .reset")
    page.until(lambda: served.front.camera.values.get("brightness") == 0.0, "the default")
    page.until(lambda: page.read("[data-key=brightness] .value") == "0", "the default beside the slider")


def test_an_event_is_listed_and_its_clip_plays(page: BrowserPage, served: Served, event: Recording) -> None:
    show(page, served)
    page.press("#events")
    card = f"[data-id='{event.events[0].id}']"
    page.until(
        lambda: page.script(f"return document.querySelector(`{card} img`)?.naturalWidth"), "its picture"
    )
    page.press(card)
    page.until(lambda: page.script(_PLAYED) > 0.2, "a playing clip")
    page.press("dialog [aria-label=Close]")
    page.until(lambda: not page.script("return document.querySelector('dialog')"), "the list again")


def test_a_login(page: BrowserPage, guarded: Served) -> None:
    page.open(guarded.url)
    page.write("#login-name", "otto")
    page.write("#login-password", f"wrong{ENTER}")
    page.until(lambda: "Wrong name or password" in page.read("#login-error"), "the refusal")
    assert page.fits()
    page.script("document.getElementById('login-password').value = ''")
    page.write("#login-password", f"right{ENTER}")
    page.see(".stage[data-status=running]")
    assert page.moves()
    page.forget()


def test_light_and_dark(page: BrowserPage, served: Served) -> None:
    show(page, served)
    light = page.script(_BACKGROUND)
    page.look(dark=True)
    page.until(lambda: page.script(_BACKGROUND) != light, "another background")


def test_a_press_that_a_busy_machine_ends_late_is_one(page: BrowserPage, served: Served) -> None:
    """By default, Firefox takes a finger that stays for more than 0.3 s for no tap."""
    show(page, served, "#/")
    page.press("a[href='#/front'].open", hold=0.7)
    page.until(lambda: page.read("h1") == "Front door", "the camera")


def test_sixteen_cameras_are_live_at_once(any_browser: BrowserPage) -> None:
    cameras = {f"cam{i}": {"size": "160x120", "frame_rate": 5} for i in range(16)}
    with serving_in_thread(cameras) as (many, _loop):
        any_browser.screen()
        any_browser.open(many.url)
        any_browser.until(lambda: any_browser.script(_TILES) == 16, "a picture in each tile")
        first = any_browser.script(_PAINTED)
        moved: set[int] = set()

        def all_moved() -> bool:
            moved.update(i for i, now in enumerate(any_browser.script(_PAINTED)) if now != first[i])
            return len(moved) == 16

        any_browser.until(all_moved, "another picture in each tile")
        any_browser.open("about:blank")


def test_what_is_not_allowed_is_noticed(any_browser: BrowserPage, served: Served) -> None:
    """The check of the fixture `page` works in this browser."""
    any_browser.screen()
    any_browser.open(served.url)
    any_browser.complaints()
    any_browser.script("const image = new Image(); image.src = 'http://127.0.0.2:9/';")
    found = any_browser.until(any_browser.complaints, "the violation of the policy")
    assert "127.0.0.2" in found[0]
    any_browser.open("about:blank")
