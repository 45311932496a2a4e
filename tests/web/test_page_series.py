"""The series of a camera in its panel: one line says whether it runs."""

from __future__ import annotations

from tests.web.browser import Page
from tests.web.serving import serving_in_thread


def test_a_series_shows_its_state_once(page: Page) -> None:
    series = {"garden": {"schedule": "every hour"}}
    with serving_in_thread({"front": {"series": series}}) as (served, loop):
        page.open(served.url)
        group = "[data-group=Series]"
        page.find(f"{group} [data-key=series_garden_on] input").click()
        page.until(lambda: served.front.series.state("garden") == "running", "the series")
        page.until(
            lambda: page.script("return document.querySelector('[data-key=series_garden_on] input').checked"),
            "on",
        )
        text = page.text(group)
        assert "running" not in text.lower()
        assert "status" not in text.lower()
        assert "Garden pictures" in text
        loop.call_soon_threadsafe(served.front.series.pause_one, "garden")
        page.until(
            lambda: page.text("[data-key=series_garden_on] .value") == "paused",
            "what the switch does not say",
        )
