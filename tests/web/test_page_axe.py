"""Every view of the page by the rules of axe-core: on a desktop and a phone, light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.axe import violations
from tests.web.browser import Page
from tests.web.credentials import users
from tests.web.every_view import PLACES, READY, serving_every_view
from tests.web.serving import Served, serving_in_thread


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_every_view(tmp_path_factory.mktemp("configuration")) as found:
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
