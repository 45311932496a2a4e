"""The list of events and the player, in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from mqttcam.recordings.recording import Recording
from tests.recordings.made import NOON, make_files, recording
from tests.support.waiting import PATIENCE
from tests.web.browser import Page
from tests.web.credentials import users
from tests.web.recorded import add_photo
from tests.web.serving import Served, serving_in_thread

TWO = {"front": {"name": "Front door"}, "back": {"name": "Back yard"}}
Running = tuple[Served, asyncio.AbstractEventLoop]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Four seconds of video."""
    pytest.importorskip("av")
    from tests.support.video import video

    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return video(path, count=40, size=(320, 240), options={"g": "10"}).read_bytes()


@pytest.fixture(scope="module")
def picture() -> bytes:
    return (Path(__file__).parents[2] / "mqttcam" / "web" / "static" / "unavailable.jpg").read_bytes()


@pytest.fixture
def running() -> Iterator[Running]:
    with serving_in_thread(TWO) as found:
        yield found


class Recorded:
    """Adds recordings to a server."""

    def __init__(self, served: Served, clip: bytes, picture: bytes) -> None:
        self._served = served
        self._clip = clip
        self._picture = picture

    def add(self, made: Recording) -> Recording:
        folder = self._served.library.path
        make_files(folder, made, self._clip)
        for kind in made.pictures:
            assert kind == "best"
            (folder / f"{made.stem}.jpg").write_bytes(self._picture)
        self._served.library.add(made)
        return made


@pytest.fixture
def recorded(running: Running, clip: bytes, picture: bytes) -> Recorded:
    return Recorded(running[0], clip, picture)


@pytest.fixture
def listed(page: Page, running: Running) -> Page:
    """The empty list of events."""
    page.open(running[0].url)
    page.find(".tile")
    names = "return performance.getEntriesByType('resource').map(({name}) => name.split('/').pop())"
    assert not {"events.js", "events.css"} & set(page.script(names))
    page.find("#events").click()
    page.find(".eventlist .empty h1")
    return page


def cards(page: Page) -> list[str]:
    return [card.text for card in page.all(".event")]


def play(page: Page) -> None:
    """Wait until the video of the open dialog plays, and seek in it."""
    page.until(
        lambda: page.script("return document.querySelector('dialog video').currentTime > 0.2"),
        "a playing video",
    )
    assert page.script("return document.querySelector('dialog video').duration") == pytest.approx(4, abs=0.3)
    page.script(
        """const video = document.querySelector("dialog video");
        video.pause();
        video.addEventListener("seeked", () => { video.dataset.seeked = video.currentTime; }, {once: true});
        video.currentTime = 3;"""
    )
    page.until(
        lambda: page.script("return document.querySelector('dialog video').dataset.seeked === '3'"), "a seek"
    )


def test_events_are_listed_played_kept_and_deleted(
    listed: Page, running: Running, recorded: Recorded
) -> None:
    assert "Nothing recorded yet" in listed.text(".eventlist .empty")
    assert "record: true" in listed.text(".eventlist .empty")
    recorded.add(recording(NOON, pictures=("best",)))
    made = recorded.add(recording(NOON + 60, "back"))
    listed.until(lambda: len(cards(listed)) == 2, "both events, without a reload")
    newest, oldest = cards(listed)
    assert "Back yard · Motion, gate · 6 s" in newest
    assert "Front door" in oldest
    loaded = "return document.querySelector('.event img').naturalWidth"
    listed.until(lambda: listed.script(loaded), "the picture")
    listed.shot("events")

    listed.find(".event").click()
    play(listed)
    listed.shot("event")
    assert "Back yard" in listed.text("dialog .caption")
    assert str(listed.find("dialog a[download]").get_attribute("href")).endswith("/clip.mp4?download")
    listed.find("dialog [aria-label=Older]").click()
    listed.until(lambda: "Front door" in listed.text("dialog .caption"), "the older event")
    play(listed)
    listed.find("dialog [aria-label=Newer]").click()
    listed.until(lambda: "Back yard" in listed.text("dialog .caption"), "the newer event")

    listed.find("dialog [aria-label=Favourite]").click()
    listed.find("dialog [aria-label=Favourite][aria-pressed=true]")
    listed.find(".kept")
    folder = running[0].library.path
    assert Recording.model_validate_json((folder / f"{made.stem}.json").read_bytes()).keep

    listed.find("dialog [aria-label=Delete]").click()
    listed.find(".ask .quiet").click()
    listed.until(lambda: not listed.all(".ask"), "the end of the question")
    assert (folder / f"{made.stem}.mp4").exists()
    listed.find("dialog [aria-label=Delete]").click()
    listed.find(".ask .danger").click()
    listed.until(lambda: not listed.all("dialog") and len(cards(listed)) == 1, "one event less")
    assert not (folder / f"{made.stem}.mp4").exists()


def test_events_of_one_camera(listed: Page, running: Running, recorded: Recorded) -> None:
    for number in range(4):
        recorded.add(recording(NOON + 60 * number, ("front", "back")[number % 2]))
    listed.until(lambda: len(cards(listed)) == 4, "all events")
    listed.script(
        """const select = document.querySelector("[aria-label=Camera]");
        select.value = "back";
        select.dispatchEvent(new Event("change"));"""
    )
    listed.until(lambda: len(cards(listed)) == 2, "those of one camera")
    assert listed.driver.current_url.endswith("#events/back")
    listed.driver.refresh()
    listed.until(lambda: len(cards(listed)) == 2, "the same after a reload")
    listed.find("#tabs a[href='#/front']").click()
    listed.find(".camera")
    assert str(listed.find("#events").get_attribute("href")).endswith("#events/front")
    listed.find("#events").click()
    listed.until(lambda: len(cards(listed)) == 2, "the events of the camera that was shown")


def test_the_keyboard_alone(listed: Page, running: Running) -> None:
    for number in range(3):
        running[0].library.add(make_files(running[0].library.path, recording(NOON + 60 * number)))
    listed.until(lambda: len(cards(listed)) == 3, "all events")
    keys = ActionChains(listed.driver)
    listed.script("document.querySelector('[aria-label=\"Next day\"]').focus()")
    listed.find("[role=slider]").send_keys(Keys.TAB)
    while listed.script("return document.activeElement.className") != "event motion":
        keys.send_keys(Keys.TAB).perform()
    keys.send_keys(Keys.ENTER).perform()
    first = listed.text("dialog .caption")
    listed.script("document.querySelector('dialog [aria-label=Close]').focus()")
    keys.send_keys(Keys.ARROW_RIGHT).perform()
    listed.until(lambda: listed.text("dialog .caption") != first, "an older event")
    keys.send_keys(Keys.ARROW_LEFT).perform()
    listed.until(lambda: listed.text("dialog .caption") == first, "the first event again")
    keys.send_keys(Keys.ESCAPE).perform()
    listed.until(lambda: not listed.all("dialog"), "the end of the dialog")
    assert listed.script("return document.activeElement.className") == "event motion"
    names = listed.script(
        "return [...document.querySelectorAll('.event, #events')].map((card) => card.getAttribute('aria-label'))"
    )
    assert len(set(names)) == 4


def test_pages_of_events_and_one_that_is_going_on(listed: Page, running: Running) -> None:
    served, _ = running
    for number in range(60):
        served.library.add(make_files(served.library.path, recording(NOON + 60 * number)))
    going_on = recording(NOON + 7200)
    going_on = going_on.model_copy(
        update={"events": (going_on.events[0].model_copy(update={"end_ns": None}),)}
    )
    served.library.begin(going_on)
    listed.until(lambda: any("now" in text for text in cards(listed)[:1]), "the event that is going on")
    listed.find(".event").click()
    assert listed.text("dialog .note") == "Still being recorded."
    ActionChains(listed.driver).send_keys(Keys.ESCAPE).perform()
    listed.until(lambda: not listed.all("dialog"), "the end of the dialog")
    assert len(cards(listed)) == 48
    listed.find(".more .button").click()
    listed.until(lambda: len(cards(listed)) == 61, "all events")
    assert not any(button.is_displayed() for button in listed.all(".more .button"))


def test_a_viewer_may_not_change_events(page: Page, clip: bytes, picture: bytes) -> None:
    with serving_in_thread({"front": {}}, **users()) as (served, _loop):
        Recorded(served, clip, picture).add(recording(NOON))
        page.open(f"{served.url}#events")
        page.find("#login-name").send_keys("otto")
        page.find("#login-password").send_keys("right\n")
        page.find(".event").click()
        play(page)
        assert not page.all("dialog [aria-label=Delete]")
        assert not page.all("dialog [aria-label=Favourite]")
        page.driver.delete_all_cookies()


def test_a_phone(page: Page, running: Running, recorded: Recorded) -> None:
    recorded.add(recording(NOON, pictures=("best",)))
    recorded.add(recording(NOON + 60, "back", pictures=("best",)))
    page.size(360, 740, phone=True)
    page.open(f"{running[0].url}#events")
    page.until(lambda: len(cards(page)) == 2, "both events")
    page.shot("events-phone")
    wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.script(wide) <= 0
    page.find(".event").click()
    play(page)
    page.shot("event-phone")
    assert page.script(
        """const bar = document.querySelector("dialog .viewbar").getBoundingClientRect();
        return [...document.querySelectorAll("dialog .round")].every((button) => {
          const box = button.getBoundingClientRect();
          return box.left >= bar.left && box.right <= bar.right && box.bottom <= innerHeight;
        });"""
    )


def test_photos_are_taken_listed_shown_kept_and_deleted(listed: Page, running: Running) -> None:
    served, loop = running
    listed.find("#tabs a[href='#/front']").click()
    listed.find("[data-key=photo]").click()
    listed.until(lambda: served.front.photos.last is not None, "the photo")
    asyncio.run_coroutine_threadsafe(add_photo(served, NOON, "back", raw=True), loop).result(PATIENCE)
    listed.find("#events").click()
    listed.script(
        """const select = document.querySelector("[aria-label=Type]");
        select.value = "photo";
        select.dispatchEvent(new Event("change"));"""
    )
    listed.script(
        """const select = document.querySelector("[aria-label=Camera]");
        select.value = "";
        select.dispatchEvent(new Event("change"));"""
    )
    listed.until(lambda: len(cards(listed)) == 2, "both photos")
    assert "Front door · Photo" in cards(listed)[0]
    assert "Back yard · Photo, raw" in cards(listed)[1]
    listed.until(lambda: listed.script("return document.querySelector('.event img').naturalWidth"), "it")

    listed.find(".day:last-child .event").click()
    listed.find("dialog details summary").click()
    listed.until(lambda: "ExposureTime" in listed.text("dialog dl"), "the metadata")
    assert len(listed.all("dialog .histogram polyline")) == 3
    assert str(listed.find("dialog details a").get_attribute("href")).endswith("-photo.dng?download")
    assert str(listed.find("dialog .viewbar a[download]").get_attribute("href")).endswith(
        "-photo.jpg?download"
    )
    listed.shot("photo")
    listed.find("dialog [aria-label=Favourite]").click()
    listed.find("dialog [aria-label=Favourite][aria-pressed=true]")
    listed.find("dialog [aria-label=Delete]").click()
    listed.find(".ask .danger").click()
    listed.until(lambda: not listed.all("dialog") and len(cards(listed)) == 1, "one photo less")
    assert not list((served.library.path / "back").rglob("*-photo.*"))
