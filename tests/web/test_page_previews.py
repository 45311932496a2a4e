"""The page loads pictures in the size that it shows, in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.recordings.made import NOON
from tests.support.pictures import jpeg
from tests.support.waiting import PATIENCE
from tests.web.browser import Page
from tests.web.recorded import add_photo
from tests.web.serving import Served, serving_in_thread

PHOTO = jpeg(4056, 3040, noise=4)
LOADED = """
const files = performance.getEntriesByType("resource").filter(({name}) => name.includes("/files/"));
return files.map(({name, encodedBodySize}) => [name, encodedBodySize]);
"""
SHOWN = "return [...document.querySelectorAll('.event img')].map((it) => it.complete && it.naturalWidth > 0)"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server with six photos of 12 megapixels, one of which is broken."""
    with serving_in_thread() as (served, loop):
        for number in range(6):
            saved = add_photo(served, NOON + number, "front")
            photo = asyncio.run_coroutine_threadsafe(saved, loop).result(PATIENCE)
            content = PHOTO if number else b"broken"
            (served.library.path / f"{photo.stem}.jpg").write_bytes(content)
        yield served


def show(page: Page, served: Served) -> None:
    page.empty_cache()
    page.open(f"{served.url}/#events?camera=front&before=2026-11-29T13:00:00.000Z")

    def shown() -> bool:
        page.script(
            "[...document.querySelectorAll('.event img')].find((it) => !it.complete)?.scrollIntoView()"
        )
        return bool(page.script(SHOWN) == [True] * 5)

    page.until(shown, "five pictures, and one placeholder")
    assert len(page.all(".event .nopicture")) == 1


@pytest.mark.parametrize(("phone", "widest"), [(False, 640), (True, 1280)])
def test_cards_load_what_they_show(page: Page, served: Served, phone: bool, widest: int) -> None:
    page.screen(phone=phone)
    show(page, served)
    loaded = page.script(LOADED)
    assert len(loaded) == 6, "each once"
    for address, size in loaded:
        assert int(address.partition("?width=")[2]) <= widest
        assert size < len(PHOTO) / 10
    sharp = page.script(
        "return [...document.querySelectorAll('.event img')]"
        ".map((it) => Number(new URL(it.currentSrc).searchParams.get('width')) / it.clientWidth / devicePixelRatio)"
    )
    assert all(share > 0.85 for share in sharp), "as many pixels as the screen has"
    page.shot("previews-phone" if phone else "previews")
    page.screen()


@pytest.mark.parametrize(("phone", "width"), [(False, 1280), (True, 1920)])
def test_the_player_loads_enough_to_look_closer(page: Page, served: Served, phone: bool, width: int) -> None:
    page.screen(phone=phone)
    show(page, served)
    page.press(".event:has(img)")
    page.until(lambda: page.script("return document.querySelector('.clip img')?.naturalWidth"), "the photo")
    assert page.script("return document.querySelector('.clip img').naturalWidth") == width
    assert str(page.find("dialog a[download]").get_attribute("href")).endswith(".jpg?download"), "as it is"
    page.screen()


def test_thumbnails_of_snapshots_are_small(page: Page) -> None:
    with serving_in_thread({"front": {"size": "1920x1080"}}) as (served, _):
        page.open(f"{served.url}/#front")
        page.press("[aria-label='Take a snapshot (s)']")
        page.until(lambda: page.script("return document.querySelector('.thumb img')?.naturalWidth"), "one")
        assert page.script("return document.querySelector('.thumb img').naturalWidth") == 320
        page.press(".thumb")
        wide = "return document.querySelector('dialog img')?.naturalWidth"
        page.until(lambda: page.script(wide) == 1920, "the whole picture")
