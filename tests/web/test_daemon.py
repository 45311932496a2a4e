"""The whole daemon: page and MQTT show each other's changes, and both recover from a restart."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.broker import Mosquitto
from tests.support.rig import Rig, rig
from tests.support.waiting import free_port
from tests.web.browser import Page

PORT = free_port()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Rig]:
    web = {"enabled": True, "port": PORT}
    with Mosquitto(tmp_path / "broker") as broker, rig(broker, tmp_path / "daemon", web=web) as found:
        yield found


def test_page_and_mqtt_show_the_same(running: Rig, page: Page) -> None:
    page.open(f"http://127.0.0.1:{PORT}/")
    page.find(".stage[data-status=running]")
    assert page.moves()

    since = running.mark()
    before = page.picture()[1]
    page.slide("brightness", 0.5)
    running.front.wait_state(since=since, brightness=0.5)
    page.until(lambda: page.picture()[1] > before + 20, "a brighter picture")

    running.front.set({"brightness": -0.25})
    page.until(lambda: page.field("brightness").get_attribute("value") == "-0.25", "what MQTT has set")

    since = running.mark()
    page.find("[aria-label^='Take a snapshot']").click()
    snapshot = running.client.wait(running.front.topic("snapshot"), since=since)
    page.find(".thumb").click()
    assert f"{round(len(snapshot.payload) / 1000)} kB" in page.text("dialog .caption")

    # A frozen process ends no connection.
    running.daemon.send_signal(signal.SIGSTOP)
    page.until(lambda: page.text(".badge") == "Reconnecting", "the page to notice")
    assert page.text("#link").startswith("Reconnecting")
    running.daemon.send_signal(signal.SIGCONT)
    page.until(lambda: page.text(".badge") == "Live", "the live picture")
    assert page.moves()

    running.daemon.stop()
    page.until(lambda: page.text("#link").startswith("Reconnecting"), "the page to notice")
    running.daemon.start()
    page.driver.switch_to.active_element.send_keys("\ue00c")
    page.find(".stage[data-status=running]")
    assert page.moves()
    # What was set before is still in effect.
    page.until(lambda: page.field("brightness").get_attribute("value") == "-0.25", "the value kept")
