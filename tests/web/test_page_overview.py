"""All cameras at once: tiles that fill the window, what happens on them, their buttons, and many streams."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from mqttcam.camera.status import CameraStatus
from tests.web.browser import Page
from tests.web.serving import Served, serving_in_thread

MANY = {f"cam{i}": {"name": f"Camera {i}", "size": "640x360", "frame_rate": 2} for i in range(16)}
EVENTFUL: dict[str, dict[str, Any]] = {
    "front": {"name": "Front door", "motion": True, "detections": {"labels": ["person"]}},
    "garden": {"name": "Garden", "enabled": False},
    "shed": {"name": "Shed", "enabled": False, "source": {"type": "file", "path": "nowhere.jpg"}},
}
NO_WEBSOCKET = (
    "window.WebSocket = class { constructor() { setTimeout(() => this.onclose?.()); } close() {} };"
)
_GRID = """
const [shapes, room] = arguments;
return import(`${location.origin}/static/grid.js`).then(({place}) => place(shapes, room));
"""
_LIVE = "return document.querySelectorAll('.tile .stage[data-status=running]').length"

_LINES = """
const lines = new Map();
for (const tile of document.querySelectorAll(".tile")) lines.set(tile.offsetTop, (lines.get(tile.offsetTop) ?? 0) + 1);
return [[...lines.values()], document.documentElement.scrollWidth, innerWidth];
"""
"""The number of tiles in each line, and whether the page has to be scrolled to see all of one."""

Place = dict[str, float]


@pytest.fixture(scope="module")
def many() -> Iterator[Served]:
    with serving_in_thread(MANY) as (served, _loop):
        yield served


@pytest.fixture(scope="module")
def eventful() -> Iterator[tuple[Served, asyncio.AbstractEventLoop]]:
    with serving_in_thread(EVENTFUL) as found:
        yield found


def lines_of(places: list[Place], width: float, gap: float) -> list[list[Place]]:
    """Return the lines into which a browser breaks these tiles."""
    lines: list[list[Place]] = [[]]
    used = 0.0
    for place in places:
        needed = place["width"] + place["before"] + place["after"]
        if used + needed > width:
            lines.append([])
            used = 0.0
        used += needed
        lines[-1].append(place)
    return lines


# the grid


def grid(page: Page, shapes: list[float], width: int, height: int) -> list[list[Place]]:
    places = page.script(_GRID, shapes, {"width": width, "height": height, "gap": 16})
    assert len(places) == len(shapes)
    return lines_of(places, width, 16)


@pytest.mark.parametrize("size", [(1400, 820), (1880, 1000), (2520, 1340), (980, 1240)], ids=str)
def test_tiles_fill_the_window_without_scrolling(page: Page, many: Served, size: tuple[int, int]) -> None:
    page.open(many.url)
    width, height = size
    for shapes in (
        [16 / 9],
        [16 / 9] * 3,
        [4 / 3] * 3,
        [16 / 9] * 8,
        [16 / 9, 4 / 3] * 8,
        [9 / 16, 16 / 9, 4 / 3],
    ):
        lines = grid(page, shapes, width, height)
        assert all(len({tile["height"] for tile in line}) == 1 for line in lines)
        high = sum(line[0]["height"] for line in lines) + 16 * (len(lines) - 1)
        wide = max(sum(tile["width"] for tile in line) + 16 * (len(line) - 1) for line in lines)
        assert high <= height
        assert wide <= width
        assert high > height - 4 or wide > width - 20, "they are as large as possible"
        covered = sum(tile["width"] * tile["height"] for line in lines for tile in line)
        assert covered > 0.4 * width * height, (shapes, [len(line) for line in lines])


def test_a_wide_window_has_more_columns_and_equal_lines_are_preferred(page: Page, many: Served) -> None:
    page.open(many.url)
    assert [len(line) for line in grid(page, [16 / 9] * 3, 2520, 700)] == [3]
    assert [len(line) for line in grid(page, [16 / 9] * 3, 1400, 820)] == [2, 1]
    assert [len(line) for line in grid(page, [16 / 9] * 16, 1400, 820)] == [4, 4, 4, 4]
    (last,) = grid(page, [16 / 9] * 3, 1400, 820)[1]
    assert abs(last["before"] - last["after"]) <= 1, "in the middle"


def test_a_phone_scrolls(page: Page, many: Served) -> None:
    page.open(many.url)
    lines = grid(page, [16 / 9, 4 / 3] * 8, 362, 700)
    assert [len(line) for line in lines] == [1] * 16
    assert {line[0]["width"] for line in lines} == {362}
    on_its_side = grid(page, [16 / 9] * 8, 816, 300)
    assert [len(line) for line in on_its_side] == [2, 2, 2, 2]
    assert all(line[0]["height"] >= 140 for line in on_its_side)


@pytest.mark.parametrize("size", [(390, 844), (820, 1180), (1440, 900)], ids=str)
def test_tiles_are_in_the_lines_that_were_computed(page: Page, many: Served, size: tuple[int, int]) -> None:
    """Margins of the page between the tiles would break the lines earlier, as on a tablet once."""
    page.size(*size, phone=size[0] < 1000)
    page.open(many.url)
    page.until(lambda: len(page.all(".tile")) == 16, "the tiles")
    lines, width, room = page.script(_LINES)
    assert lines[0] == {390: 1, 820: 3, 1440: 4}[size[0]]
    assert max(lines) - min(lines) <= 1
    assert width <= room


# what happens


def open_eventful(page: Page, served: Served) -> None:
    page.open(f"{served.url}/#/")
    page.find("a[href='#/front'].open .stage[data-status=running]")


def signs(page: Page) -> list[str]:
    """Return the visible words on the tile, all of the same moment."""
    script = """const found = [...document.querySelectorAll(".tile:has([href='#/front']) .sign")];
    return found.filter((it) => it.checkVisibility()).map((it) => it.innerText.trim())"""
    return [str(text) for text in page.script(script)]


def press(page: Page, camera: str, button: int) -> None:
    """Press one of a tile's buttons: 0 snapshot, 1 record, 2 power."""
    page.script(
        "document.querySelectorAll(`.tile:has([href='#/${arguments[0]}']) .tools button`)[arguments[1]].click()",
        camera,
        button,
    )


def test_motion_detections_and_a_recording_are_shown_in_words(
    page: Page, eventful: tuple[Served, asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch
) -> None:
    served, _loop = eventful
    detections = served.front.detections
    monkeypatch.setattr(detections, "count", lambda _label: 2)
    open_eventful(page, served)
    page.until(
        lambda: {"Motion", "Person 2"} <= set(signs(page)) and page.all(".tile.moving"),
        "motion and two persons",
    )
    press(page, "front", 1)
    page.until(lambda: "Recording" in signs(page), "the recording")
    page.until(
        lambda: (
            page.all(".tile:has([href='#/front']) .tools button")[1].get_attribute("aria-label")
            == "Stop recording: Front door"
        ),
        "a button that ends it",
    )
    press(page, "front", 1)
    page.until(lambda: "Recording" not in signs(page), "its end")
    press(page, "front", 0)
    page.until(lambda: "Front door: Snapshot taken" in page.text("#toasts"), "a snapshot")


def test_a_camera_is_switched_on_and_off_on_its_tile(
    page: Page, eventful: tuple[Served, asyncio.AbstractEventLoop]
) -> None:
    served, _loop = eventful
    open_eventful(page, served)
    garden = served.registry.devices["garden"].camera
    tile = ".tile:has([href='#/garden'])"
    page.until(lambda: "switched off" in page.text(f"{tile} .curtain"), "that it is off")
    assert not page.all(f"{tile} .tools button:not([hidden], :disabled, [role=switch])")
    press(page, "garden", 2)
    page.find(f"{tile} .stage[data-status=running]")
    assert garden.status is CameraStatus.RUNNING
    assert page.all(f"{tile} [role=switch][aria-checked=true]")
    press(page, "garden", 2)
    page.until(lambda: garden.status is CameraStatus.OFF, "the camera off")


def test_a_camera_that_failed_is_red_and_leads_to_what_to_do(
    page: Page, eventful: tuple[Served, asyncio.AbstractEventLoop]
) -> None:
    served, loop = eventful
    shed = served.registry.devices["shed"]
    loop.call_soon_threadsafe(shed.set_enabled, True)
    try:
        open_eventful(page, served)
        link = page.find(".tile.failed .trouble")
        assert "nowhere.jpg does not exist" in link.text
        assert str(link.get_attribute("href")).endswith("#trouble/shed")
    finally:
        loop.call_soon_threadsafe(shed.set_enabled, False)


def test_everything_on_a_tile_is_reached_by_finger_and_keyboard(
    page: Page, eventful: tuple[Served, asyncio.AbstractEventLoop]
) -> None:
    page.size(390, 844, phone=True)
    open_eventful(page, eventful[0])
    small = page.script(
        """return [...document.querySelectorAll(".tile :is(a, button)")].filter((it) => {
          const {width, height} = it.getBoundingClientRect();
          return it.checkVisibility() && (width < 44 || height < 44);
        }).map((it) => it.outerHTML)"""
    )
    assert small == []
    assert not page.all("a button, a a, button button"), "nothing is inside of something that can be pressed"
    assert page.script("return document.documentElement.scrollWidth") == 390


# many cameras


def test_sixteen_cameras_are_live_at_once_and_controls_still_work(page: Page, many: Served) -> None:
    page.open(many.url)
    page.until(lambda: page.script(_LIVE) == 16, "16 live pictures")
    page.until(lambda: many.server.viewers == 16, "16 streams")
    assert page.script("return document.documentElement.scrollHeight <= innerHeight"), "without scrolling"
    streams = page.script(
        "return [...document.querySelectorAll('.tile .stage')].map((it) => it.dataset.stream)"
    )
    assert all("fps=3" in stream and "width=320" in stream for stream in streams)
    page.script("document.querySelector('.tile .tools button').click()")
    page.until(
        lambda: "Snapshot taken" in page.text("#toasts"), "a command, in spite of six connections per host"
    )
    page.shot("overview-16")


def test_tiles_that_are_scrolled_out_of_sight_receive_nothing(page: Page, many: Served) -> None:
    page.size(390, 844, phone=True)
    page.open(many.url)
    first, last = many.registry.devices["cam0"], many.registry.devices["cam15"]
    page.find(".tile .stage[data-status=running]")
    assert page.moves()
    page.until(lambda: many.streams.count(last) == 0, "nothing for the last one")
    page.script("scrollTo(0, document.documentElement.scrollHeight)")
    page.until(lambda: many.streams.count(last) == 1, "the last one's pictures")
    page.until(lambda: many.streams.count(first) == 0, "nothing for the first one")
    page.script("scrollTo(0, 0)")
    page.until(lambda: many.streams.count(first) == 1, "the first one again")
    assert page.moves()


def test_without_websockets_one_picture_after_the_other_is_shown(page: Page, many: Served) -> None:
    page.size(1440, 900)
    with page.prepared(NO_WEBSOCKET):
        page.open(many.url)
        page.until(lambda: page.script(_LIVE) == 16, "16 pictures")
        assert page.moves()
        assert many.server.viewers == 0
