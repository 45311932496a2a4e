"""Motion on the page and in the API."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.support.waiting import until
from tests.web.browser import Page
from tests.web.serving import Served, client, serving, serving_in_thread
from tests.web.test_updates import listening

CAMERA = {"front": {"name": "Front door", "motion": {"clear_after": 1}}}


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Served, asyncio.AbstractEventLoop]]:
    with serving_in_thread(CAMERA) as found:
        yield found


async def test_the_api() -> None:
    async with serving(CAMERA) as served, client(served) as http:
        front = await (await http.get("/api/cameras/front")).json()
        entities = {entity["key"]: entity for entity in front["entities"]}
        event = entities["motion_event"]
        assert (event["platform"], event["kind"], event["settable"]) == ("event", None, False)
        assert event["options"]["event_types"] == ["motion", "motion_end", "recording"]
        assert "motion_event" not in front["state"]
        assert entities["motion_threshold"]["kind"]["max"] == 50
        answer = await http.post(
            "/api/cameras/front/set", json={"motion_threshold": 2, "motion_detection": "OFF"}
        )
        assert (await answer.json())["changed"] == {"motion_threshold": 2, "motion_detection": "OFF"}
        document = await (await http.get("/api/openapi.json")).json()
        assert "motion_threshold" in str(document)


async def test_the_live_values() -> None:
    async with serving(CAMERA) as served, listening(served) as events:
        await events.until("cameras", "front", "state", "motion", value="ON")
        served.front.camera.set_enabled(False)
        await events.until("cameras", "front", "state", "motion", value=None)
        await until(lambda: served.front.motion and not served.front.motion.detector.active)


async def test_metrics() -> None:
    async with serving(CAMERA) as served, client(served) as http:
        text = await (await http.get("/metrics")).text()
        assert 'mqttcam_camera_motion_threshold_ratio{camera="front"} 0.005' in text


def test_the_page(page: Page, running: tuple[Served, asyncio.AbstractEventLoop]) -> None:
    served, _ = running
    page.open(served.server.url)
    page.find(".stage[data-status=running]")
    page.until(lambda: page.text("[data-key=motion] dd") == "Detected", "motion is shown")
    assert not page.script("return document.querySelectorAll('[data-key=motion_event]').length")
    page.find("[data-key=motion_detection] input").click()
    page.until(lambda: served.front.motion and not served.front.motion.enabled, "it is turned off")
    page.until(lambda: page.text("[data-key=motion] dd") == "–", "it is unknown")
