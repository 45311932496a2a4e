"""Every view of the page by the rules of axe-core: on a desktop and a phone, light and dark."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.recordings.made import make_files, recording
from tests.support.pictures import jpeg
from tests.support.project import PROJECT
from tests.web.axe import violations
from tests.web.browser import Page
from tests.web.credentials import users
from tests.web.serving import Served, serving_in_thread

CAMERAS: dict[str, dict[str, Any]] = {
    "front": {
        "name": "Front door",
        "size": "320x240",
        "frame_rate": 5,
        "motion": {"zones": {"gate": {"points": [[0.1, 0.2], [0.5, 0.2], [0.5, 0.8]]}}},
    },
    "garden": {"name": "Garden", "size": "160x120", "frame_rate": 5},
    "shed": {"name": "Shed", "enabled": False, "source": {"type": "file", "path": "nowhere.jpg"}},
}
VIEWS = (PROJECT / "mqttcam" / "web" / "static" / "views.js").read_text()
PLACES = re.findall(r'hash: "(#\w+)"', VIEWS)
READY = ".stage:is([data-status=running], [data-status=failed]), main:not(:has(.stage)) :is(h1, h2)"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Two cameras that run, one that does not, and an event."""
    with serving_in_thread(CAMERAS) as (found, loop):
        shed = found.registry.devices["shed"]
        loop.call_soon_threadsafe(shed.set_enabled, True)
        made = recording(time.time() - 60, pictures=("best",))
        make_files(found.library.path, made, b"")
        (found.library.path / f"{made.stem}.jpg").write_bytes(jpeg(320, 240))
        found.library.add(made)
        yield found


@pytest.fixture(params=[False, True], ids=["desktop", "phone"])
def screen(page: Page, request: pytest.FixtureRequest) -> Iterator[Page]:
    page.screen(phone=request.param)
    yield page
    page.screen()


def check(page: Page, within: str = "html") -> None:
    """Check what is shown now with all rules, and once more its colours in the dark."""
    page.look()
    light = violations(page, within=within)
    page.look(dark=True)
    assert light + [f"dark: {text}" for text in violations(page, "color-contrast", within=within)] == []


@pytest.mark.parametrize("place", ["#/", "#/front", "#/shed", *PLACES])
def test_a_view(screen: Page, served: Served, place: str) -> None:
    screen.open(f"{served.url}/{place}")
    screen.see("#link[data-state=on]")
    screen.see(READY)
    screen.script("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
    check(screen)


def test_the_node(screen: Page, served: Served) -> None:
    screen.open(f"{served.url}/#events")
    screen.press("#settings")
    screen.see(".drawer .links a")
    check(screen, ".drawer")


def test_the_login(screen: Page) -> None:
    with serving_in_thread({}, **users()) as (served, _loop):
        screen.open(served.url)
        screen.see("#login-name")
        check(screen)
