"""Contrast, forced colours and reduced motion."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from selenium.webdriver.common.keys import Keys

from tests.web.browser import Page
from tests.web.serving import serving_in_thread


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving_in_thread() as (served, _loop):
        yield served.url


@pytest.mark.parametrize("dark", [False, True])
def test_colours_have_enough_contrast(page: Page, url: str, dark: bool) -> None:
    """WCAG 2.2: 4.5 for text (1.4.3), 3 for what shows where a control is and how it stands (1.4.11)."""
    page.look(dark=dark)
    page.open(url)
    least = {
        ("text", "page"): 4.5, ("text", "card"): 4.5, ("muted", "page"): 4.5, ("muted", "card"): 4.5,
        ("danger", "card"): 4.5, ("card", "danger"): 4.5, ("warn", "page"): 4.5, ("on-accent", "accent"): 4.5,
        ("accent", "card"): 4.5, ("accent", "track"): 3, ("edge", "card"): 3, ("edge", "page"): 3,
    }  # fmt: skip
    found = {pair: contrast(*(colour(page, name) for name in pair)) for pair in least}
    assert {pair: round(ratio, 2) for pair, ratio in found.items() if ratio < least[pair]} == {}


@pytest.mark.parametrize("dark", [False, True])
def test_the_link_of_the_present_view_differs_from_the_others(page: Page, dark: bool) -> None:
    """WCAG 2.2, 1.4.11: 3 between what shows that and what is around it; also while something is wrong."""
    missing = {"enabled": False, "source": {"type": "file", "path": "nowhere.jpg"}}
    page.look(dark=dark)
    with serving_in_thread({"front": {}, "shed": missing}) as (served, loop):
        for problem in (False, True):
            page.open(f"{served.url}/#trouble")
            page.find(f"#link{'.wrong' if problem else '[data-state=on]'}")
            shown(page, "#link", "#events")
            page.find("#events").click()
            shown(page, "#events", "#link")
            loop.call_soon_threadsafe(served.registry.devices["shed"].set_enabled, True)


def shown(page: Page, current: str, other: str) -> None:
    """Check which of two links is that of the present view."""
    page.find(f"{current}[aria-current=page]")
    page.script("document.activeElement.blur()")
    bar, mark = (drawn(page, it)["backgroundColor"] for it in ("body", current))
    assert mark.startswith("rgb("), "opaque"
    assert contrast(hexadecimal(mark), hexadecimal(bar)) >= 3
    assert not drawn(page, other)["backgroundColor"].startswith("rgb(")


def hexadecimal(colour_: str) -> str:
    """Return `rgb(…)` as `#rrggbb`."""
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", colour_)[:3])


def colour(page: Page, name: str) -> str:
    return str(
        page.script(
            "return getComputedStyle(document.documentElement).getPropertyValue(arguments[0])", f"--{name}"
        )
    )


def contrast(one: str, other: str) -> float:
    """Return the ratio of two colours, `#rrggbb`: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""

    def luminance(text: str) -> float:
        parts = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_forced_colours_keep_states_visible(page: Page, dark: bool) -> None:
    """Forced colours remove the backgrounds, shadows and colours of the page."""
    cameras = {"front": {"size": "640x480"}, "gate": {}}
    with serving_in_thread(cameras) as (served, _loop):
        page.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {
                "features": [
                    {"name": "forced-colors", "value": "active"},
                    {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                ]
            },
        )
        page.open(f"{served.url}/#/front")
        page.find(".stage[data-status=running]")
        page.until(lambda: page.all("#link[data-state=on]"), "the connection")
        canvas = drawn(page, "body")["backgroundColor"]
        nothing = (canvas, canvas.replace("rgb(", "rgba(").replace(")", ", 0)"), "rgba(0, 0, 0, 0)")
        assert drawn(page, "#tabs [aria-current]")["backgroundColor"] not in nothing
        assert drawn(page, "#tabs a:not([aria-current])")["backgroundColor"] in nothing
        assert drawn(page, "#link", "::before")["backgroundColor"] not in nothing
        assert drawn(page, ".badge", "::before")["backgroundColor"] not in nothing
        # What is drawn over the picture has a background of its own.
        for part in (".badge", ".tools"):
            assert drawn(page, part)["backgroundColor"] == canvas
        assert drawn(page, ".card")["borderTopWidth"] == "1px"
        switch = page.field("show_clock")
        on = drawn(page, "[data-key=show_clock] input")["backgroundColor"]
        switch.click()
        page.until(
            lambda: drawn(page, "[data-key=show_clock] input")["backgroundColor"] != on, "another look"
        )
        off = drawn(page, "[data-key=show_clock] input", "::before")
        assert off["backgroundColor"] != drawn(page, "[data-key=show_clock] input")["backgroundColor"]
        page.field("contrast").send_keys(Keys.ARROW_RIGHT)
        ring = drawn(page, "[data-key=contrast] input")
        assert (ring["outlineStyle"], ring["outlineWidth"]) == ("solid", "2px")
        assert ring["outlineColor"] != canvas
        draw = page.find("[data-key=scaler_crop] .windowtools button")
        draw.click()
        assert drawn(page, ".window")["boxShadow"] != "none"
        pressed = drawn(page, ".windowtools [aria-pressed=true]")
        assert pressed["backgroundColor"] not in nothing
        page.shot(f"forced-{'dark' if dark else 'light'}")


def drawn(page: Page, selector: str, part: str | None = None) -> dict[str, str]:
    """Return the style of an element or pseudo-element after its transitions."""
    found: dict[str, str] = page.script(
        """for (const it of document.getAnimations()) if (it instanceof CSSTransition) it.finish();
        const style = getComputedStyle(document.querySelector(arguments[0]), arguments[1]);
        return Object.fromEntries(["backgroundColor", "borderTopWidth", "boxShadow", "outlineStyle", "outlineWidth",
          "outlineColor"].map((name) => [name, style[name]]))""",
        selector,
        part,
    )
    return found


def test_reduced_motion_has_no_animations(page: Page, url: str) -> None:
    still = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": still})
    page.open(url)
    page.find(".stage[data-status=running]")
    page.find(".stage").send_keys("s")
    page.find(".toast")
    assert page.script("return document.getAnimations().length") == 0
