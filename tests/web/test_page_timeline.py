"""The time line of the page in a real browser: ribbon, calendar, filters, series, links to share."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from mqttcam.recordings.recording import Event
from mqttcam.recordings.series_favourites import read_favourites
from tests.recordings.made import DAY, NOON, make_files, recording
from tests.support.pictures import jpeg
from tests.support.waiting import PATIENCE, wait_for
from tests.web.axe import violations
from tests.web.browser import Page
from tests.web.credentials import users
from tests.web.recorded import add_photo
from tests.web.serving import Served, serving_in_thread

TWO = {"front": {"name": "Front door"}, "back": {"name": "Back yard"}}
BEFORE = "2026-11-29T13:00:00.000Z"
"""After the entries of the day that the tests look at."""


def tagged(served: Served, begin: float, camera: str, **values: Any) -> str:
    """Add a recording whose event has these values, and return the event's id."""
    made = recording(begin, camera, pictures=("best",))
    event = Event.model_validate(made.events[0].model_dump() | values)
    made = make_files(served.library.path, made.model_copy(update={"events": (event,)}))
    (served.library.path / f"{made.stem}.jpg").write_bytes(jpeg(64, 36))
    served.library.add(made)
    return event.id


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server with events of two cameras on two days, a photo and a series."""
    with serving_in_thread(TWO) as (served, loop):
        tagged(served, NOON, "front", zones=("gate",))
        tagged(served, NOON + 60, "back", zones=("yard",))
        tagged(served, NOON + 120, "back", type="detection", zones=(), labels=("person",))
        tagged(served, NOON - 40 * DAY, "front", zones=("gate",))
        folder = served.library.path / "back" / "series" / "garden"
        folder.mkdir(parents=True)
        for number in range(3):
            at = datetime.fromtimestamp(NOON - 600 * number, UTC)
            (folder / f"{at:%Y-%m-%dT%H%M%S}.000Z.jpg").write_bytes(jpeg(64, 36))
        photo = add_photo(served, NOON + 300, "front")
        asyncio.run_coroutine_threadsafe(photo, loop).result(PATIENCE)
        yield served


def show(page: Page, served: Served, address: str) -> Page:
    """Open a part of the time line, with the days and hours of UTC."""
    page.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "UTC"})
    page.open(f"{served.url}/#events{address}")
    page.find(".eventlist")
    return page


def cards(page: Page) -> list[str]:
    """Return the texts of the cards, all of the same moment."""
    texts = page.script("return [...document.querySelectorAll('.event')].map((it) => it.innerText)")
    return [" ".join(text.split()) for text in texts]


def choose(page: Page, name: str, value: str) -> None:
    page.until(
        lambda: page.script(
            """const select = document.querySelector(`[aria-label=${arguments[0]}]`);
            if (![...select.options].some(({value}) => value === arguments[1])) return false;
            select.value = arguments[1];
            select.dispatchEvent(new Event("change"));
            return true;""",
            name,
            value,
        ),
        f"{name} {value}",
    )


def test_filters_that_find_nothing_can_be_left(page: Page, served: Served) -> None:
    show(page, served, "/back?type=photo&before=2001-01-01T00:00:00Z")
    page.until(lambda: "No matching entries" in page.text(".empty"), "the text for an empty list")
    page.find(".empty .button").click()
    page.until(lambda: page.driver.current_url.endswith("#events"), "everything")
    page.until(lambda: cards(page), "the list")


def test_everything_is_in_one_list_by_day(page: Page, served: Served) -> None:
    show(page, served, f"?before={BEFORE}")
    page.until(lambda: len(cards(page)) == 6, "all of it, with the series as one card")
    assert [card.partition(" · ")[2] for card in cards(page)[:4]] == [
        "Photo",
        "Detection, person · 6 s",
        "Motion, yard · 6 s",
        "Motion, gate · 6 s",
    ]
    assert cards(page)[4].endswith("Back yard · garden · 3 pictures")
    assert len(page.all(".day")) == 2
    page.until(
        lambda: (
            page.script(
                "return [...document.querySelectorAll('.event img')].filter((it) => it.naturalWidth).length"
            )
            >= 5
        ),
        "the pictures",
    )
    page.find("a.event.many").click()
    page.until(lambda: len(cards(page)) == 3, "the pictures of the series")
    assert "type=series" in page.driver.current_url
    page.driver.back()
    page.until(lambda: len(cards(page)) == 6, "everything again")


def test_filters_offer_what_exists_and_stay_in_the_address(page: Page, served: Served) -> None:
    show(page, served, f"?before={BEFORE}")
    choose(page, "Zone", "gate")
    page.until(lambda: len(cards(page)) == 2, "the events in the zone")
    assert "zone=gate" in page.driver.current_url
    page.driver.refresh()
    page.until(lambda: len(cards(page)) == 2, "the same after a reload")
    assert page.script("return document.querySelector('[aria-label=Zone]').value") == "gate"
    choose(page, "Camera", "back")
    page.until(
        lambda: "Back yard" in "".join(cards(page)) and len(cards(page)) == 3, "the other camera's events"
    )
    options = "return [...document.querySelector('[aria-label=Zone]').options].map(({value}) => value)"
    page.until(lambda: page.script(options) == ["", "yard"], "the zones of that camera alone")
    choose(page, "Label", "person")
    page.until(lambda: len(cards(page)) == 1, "the detection")
    assert "#events/back?" in page.driver.current_url
    # A zone or camera whose last event is gone: its filter is dropped.
    for gone in ("?zone=attic&", "/attic?"):
        show(page, served, f"{gone}before={BEFORE}")
        page.until(lambda: len(cards(page)) == 6, "everything")
        page.until(lambda: "attic" not in page.driver.current_url, "an address without it")
    assert all("status of 404" in text for text in page.complaints())


def test_the_ribbon_by_keyboard(page: Page, served: Served) -> None:
    show(page, served, f"?before={BEFORE}")
    page.find(".track path")
    assert "2 motion events" in page.text(".totals")
    track = page.find("[role=slider]")
    text = "return document.querySelector('[role=slider]').getAttribute('aria-valuetext')"
    track.send_keys(Keys.ARROW_RIGHT)
    assert "11:40:00" in page.script(text)
    assert "1 series picture" in page.script(text)
    width = "return document.querySelector('.track').clientWidth"
    narrow = page.script(width)
    track.send_keys("+++")
    assert page.script(width) == pytest.approx(8 * narrow, abs=9)
    assert page.script("return document.querySelector('.ribbonscroll').scrollLeft") > 0
    track.send_keys("---")
    assert page.script(width) == pytest.approx(narrow, abs=1)
    for _ in range(3):
        track.send_keys(Keys.ARROW_RIGHT)
    assert "12:00:02" in page.script(text)
    track.send_keys(Keys.ENTER)
    page.until(lambda: "Motion, gate" in cards(page)[0], "what happened then")
    assert "before=2026-11-29T12%3A01%3A02" in page.driver.current_url
    page.find("[role=slider]").send_keys(Keys.PAGE_UP)
    page.until(lambda: "before=2026-11-29T00" in page.driver.current_url, "the day before")
    page.until(lambda: "Nothing on this day" in page.text(".totals"), "its total")
    page.find(".more .button").click()
    page.until(lambda: "before" not in page.driver.current_url, "the newest")


def test_what_still_goes_on_does_not_reach_into_the_future(page: Page, served: Served) -> None:
    show(page, served, f"?before={BEFORE}")
    ends = page.script(
        """const files = ["ribbon", "days"].map((name) => import(`./static/${name}.js`));
        return Promise.all(files).then(([{Ribbon}, {addDays, today}]) => {
        const ribbon = new Ribbon(() => {}, () => {});
        const slot = {camera: "front", type: "motion", begin: 0, end: 86400, count: 1};
        return [0, -1].map((days) => {
          ribbon.show(addDays(today(), days), [["front", "Front door"]], [slot]);
          return [Number(ribbon.rowsElement.querySelector("path").getAttribute("d").split("H")[1]), ribbon.present];
        });
        });"""
    )
    (end, now), (end_of_yesterday, _) = ends
    assert end <= max(now, 1) < 86400 == end_of_yesterday


def test_the_calendar_counts_days_and_leads_to_them(page: Page, served: Served) -> None:
    show(page, served, f"?before={BEFORE}")
    day = "[data-day='2026-11-29']"
    page.until(lambda: "2 motion events" in (page.find(day).get_attribute("aria-label") or ""), "the counts")
    assert (
        page.script("return document.querySelector('[aria-selected=true] button').dataset.day")
        == "2026-11-29"
    )
    label = page.find("[data-day='2026-11-28']").get_attribute("aria-label") or ""
    assert label.endswith("nothing")
    page.find(day).send_keys(Keys.ARROW_LEFT)
    focused = "return document.activeElement.dataset.day"
    assert page.script(focused) == "2026-11-28"
    page.driver.switch_to.active_element.send_keys(Keys.PAGE_UP)
    page.until(lambda: page.script(focused) == "2026-10-01", "the month before")
    page.until(
        lambda: "1 motion event" in (page.find("[data-day='2026-10-20']").get_attribute("aria-label") or ""),
        "its counts",
    )
    page.find("[data-day='2026-10-20']").click()
    page.until(lambda: len(cards(page)) == 1, "the events up to that day")
    assert "before=2026-10-21T00" in page.driver.current_url


LAST = "return [...document.querySelectorAll('.event')].pop().dataset.id"


def is_another(page: Page, last: str) -> bool:
    return bool(page.script(LAST) != last)


def test_a_page_does_not_grow_without_bound(page: Page) -> None:
    with serving_in_thread({"front": {}}) as (served, loop):
        for number in range(350):
            served.library.add(made := make_files(served.library.path, recording(NOON - 60 * number), b"x"))
        wait_for(
            lambda: asyncio.run_coroutine_threadsafe(served.library.get(made.id), loop).result(PATIENCE),
            "the last one is listed",
        )
        show(page, served, "")
        page.until(lambda: len(cards(page)) == 48, "the first page")
        for shown in (96, 144, 192, 240, 288, 288):
            last = page.script(LAST)
            page.until(lambda: page.find(".daylist > .more:last-child .button").is_enabled(), "the button")
            page.find(".daylist > .more:last-child .button").click()
            page.until(partial(is_another, page, last), "older events")
            assert len(page.all(".event")) == shown
        page.script("document.querySelector('.daylist > .more .button').click()")
        page.until(lambda: len(page.all(".event")) == 48, "the newest again")
        # The player goes on to events that are not on the page yet.
        page.find("li:last-child .event").click()
        before = page.text("dialog .caption")
        page.find("dialog [aria-label=Older]").click()
        page.until(lambda: page.text("dialog .caption") != before, "an older event")
        page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)


def test_a_link_is_shared(page: Page) -> None:
    with serving_in_thread({"front": {}}, **users()) as (served, _loop):
        event = tagged(served, NOON, "front")
        login(page, served, "anna")
        page.find(".event").click()
        page.find("dialog [aria-label=Share]").click()
        # As over plain HTTP, where there is no clipboard.
        page.script("Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true})")
        page.find(".share .row .button").click()
        link = page.find(".share [aria-label=Link]").get_attribute("value") or ""
        assert link.startswith(f"{served.url}/events/{event}/clip.mp4?expires=")
        assert "Copy this link" in page.text(".share")
        assert page.script("return document.activeElement.selectionEnd") == len(link)
        page.script(
            """Object.defineProperty(navigator, "clipboard",
              {value: {writeText: async (text) => { window.copied = text; }}, configurable: true})"""
        )
        page.find(".share .row .button:last-child").click()
        page.until(lambda: "Copied." in page.text(".share"), "the copy")
        assert page.script("return window.copied") != link
        page.shot("share")
        page.driver.delete_all_cookies()
        page.open(link)
        page.until(
            lambda: page.script("return document.querySelector('video') !== null"), "the browser's player"
        )
        login(page, served, "otto")
        page.find(".event").click()
        page.find("dialog .caption")
        assert not page.all("dialog [aria-label=Share]")
        page.driver.delete_all_cookies()


def login(page: Page, served: Served, name: str) -> None:
    page.open(f"{served.url}/#events")
    page.find("#login-name").send_keys(name)
    page.find("#login-password").send_keys("right\n")


def test_pictures_that_cannot_be_shown_are_replaced(page: Page, served: Served) -> None:
    show(page, served, f"/back?type=series&before={BEFORE}")
    page.until(lambda: len(page.all(".event img")) == 3, "the pictures")
    (served.library.path / "back/series/garden/2026-11-29T120000.000Z.jpg").write_bytes(b"no picture")
    with page.prepared("window.fresh = true"):
        page.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
        page.driver.refresh()
        page.until(lambda: len(page.all(".event .nopicture")) == 1, "the placeholder")
    assert len(page.all(".event img")) == 2


def test_two_pictures_are_compared(page: Page, served: Served) -> None:
    show(page, served, f"?before={BEFORE}")
    page.until(lambda: len(cards(page)) == 6, "all of it")
    page.find(".eventbar [aria-pressed]").send_keys(Keys.ENTER)
    assert page.text(".comparehint") == "Choose two pictures to compare."
    page.find(".event.photo").send_keys(Keys.ENTER)
    page.find(".event.picked[aria-pressed=true]")
    page.find("button.event.motion").send_keys(Keys.ENTER)
    loaded = "return [...document.querySelectorAll('.pair img')].map((it) => it.naturalWidth)"
    page.until(lambda: page.script(loaded) == [64, 64], "both pictures")
    page.until(lambda: len(page.all(".compare .histogram")) == 2, "both histograms")
    assert "ExposureTime" in page.text(".compare .details dl")
    page.find(".compare .frame").send_keys("+")
    moved = "return [...document.querySelectorAll('.pair img')].map((it) => it.style.transform)"
    assert all(transform.endswith("scale(1.5)") for transform in page.script(moved))
    page.find(".compare .viewbar .button").click()
    boxes = (
        "return [...document.querySelectorAll('.pair .frame')].map((it) => it.getBoundingClientRect().left)"
    )
    first, second = page.script(boxes)
    assert first == second
    page.find(".compare [type=range]").send_keys(Keys.HOME)
    clip = "return getComputedStyle(document.querySelector('figure:last-child .frame')).clipPath"
    assert page.script(clip) == "inset(0px 0px 0px 0%)"
    page.shot("compare")
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    page.until(lambda: not page.all("dialog"), "the end of the dialog")
    page.find(".event.photo").click()
    page.find("dialog .photo")
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)


def test_accessibility(page: Page, served: Served) -> None:
    for dark in (False, True):
        page.look(dark=dark)
        show(page, served, f"?before={BEFORE}")
        page.until(lambda: len(cards(page)) == 6, "all of it")
        page.find(".track path")
        page.find("[role=slider]").send_keys(Keys.END)
        assert violations(page) == []
        page.find(".eventbar [aria-pressed]").send_keys(Keys.ENTER)
        page.find(".event.photo").send_keys(Keys.ENTER)
        assert violations(page, within=".daylist") == []
        page.find("button.event.motion").send_keys(Keys.ENTER)
        page.until(lambda: len(page.all(".compare .histogram")) == 2, "both histograms")
        assert violations(page, within="dialog") == []
        page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
        page.until(lambda: not page.all("dialog"), "the end of the dialog")
        page.find(".event.photo").send_keys(Keys.ENTER)
        page.find("dialog [aria-label=Share]").click()
        page.find(".share .row .button").click()
        page.find(".share [aria-label=Link]")
        assert violations(page, within=".share") == []


def test_a_phone_needs_no_horizontal_scrolling(page: Page, served: Served) -> None:
    page.size(360, 740, phone=True)
    show(page, served, f"?before={BEFORE}")
    page.find(".track path")
    page.find(".calendarbox summary").click()
    page.until(lambda: page.find("[data-day='2026-11-29']").is_displayed(), "the calendar")
    assert page.script("return document.documentElement.scrollWidth <= innerWidth")
    small = page.script(
        """return [...document.querySelectorAll(".eventlist :is(a, button, select, summary)")].filter((it) => {
          const box = it.getBoundingClientRect();
          return it.checkVisibility() && !it.closest(".month") && (box.width < 44 || box.height < 44);
        }).map((it) => it.outerHTML)"""
    )
    assert small == []
    page.shot("timeline-phone")


def test_the_present_time_zone_decides_the_day(page: Page, served: Served) -> None:
    page.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Pacific/Kiritimati"})
    try:
        page.open(f"{served.url}/#events?before={BEFORE}")
        page.find(".track path")
        assert json.loads(
            page.script("return JSON.stringify(Intl.DateTimeFormat().resolvedOptions().timeZone)")
        ) == ("Pacific/Kiritimati")
        page.until(
            lambda: (
                "2 motion events" in (page.find("[data-day='2026-11-30']").get_attribute("aria-label") or "")
            ),
            "the counts of that day",
        )
        page.until(
            lambda: page.script("return document.querySelector('.day').dataset.day") == "2026-11-30",
            "the events of that day",
        )
    finally:
        page.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


def test_a_picture_of_a_series_can_be_a_favourite(page: Page, served: Served) -> None:
    show(page, served, f"?type=series&before={BEFORE}")
    page.until(lambda: len(cards(page)) == 3, "the pictures of the series")
    page.press(".event")
    page.press("dialog [aria-label=Favourite]")
    page.see("dialog [aria-label=Favourite][aria-pressed=true]")
    page.shot("series-favourite")
    folder = served.library.path / "back" / "series" / "garden"
    assert len(read_favourites(folder)) == 1
    page.press("dialog [aria-label=Close]")
    page.until(lambda: len(page.all(".event .kept")) == 1, "the star of the card")
    page.driver.refresh()
    page.until(lambda: len(page.all(".event .kept")) == 1, "the star after a reload")
    page.press(".event")
    page.press("dialog [aria-label=Favourite]")
    page.see("dialog [aria-label=Favourite][aria-pressed=false]")
    assert read_favourites(folder) == frozenset()
