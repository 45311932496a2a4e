"""A page whose network or daemon freezes, which ends no connection: it shows that, and recovers."""

from __future__ import annotations

import pytest

from mqttcam.web import live
from mqttcam.web.timing import Timing
from tests.support.broker import Endpoint
from tests.support.proxy_process import ProxyProcess
from tests.web.browser import Page
from tests.web.server_process import server_process
from tests.web.serving import serving_in_thread

ONE = {"front": {"name": "Front door", "size": "640x480"}}
FAST = Timing(heartbeat=0.5)
_SAID = "return document.querySelector('#status').textContent"


def badge(page: Page, text: str) -> None:
    page.until(lambda: page.text(".badge") == text, f"the badge {text}")


@pytest.mark.parametrize("cameras", [ONE, ONE | {"garden": {}}], ids=["one camera", "tiles"])
def test_a_stalled_link_is_noticed_and_recovered_from(page: Page, cameras: dict[str, dict[str, str]]) -> None:
    with (
        serving_in_thread(cameras, timing=FAST) as (served, _loop),
        ProxyProcess(Endpoint(served.server.port)) as proxy,
    ):
        page.open(f"http://127.0.0.1:{proxy.port}/")
        badge(page, "Live")
        assert page.moves()
        proxy.command("stall")
        badge(page, "Reconnecting")
        page.until(lambda: page.text("#link").startswith("Reconnecting"), "the link")
        proxy.command("resume")
        badge(page, "Live")
        assert page.moves()
        page.until(lambda: not page.all("#link")[0].text, "the connection")


@pytest.mark.parametrize("script", ["", "delete window.MediaSource"], ids=["video", "MJPEG"])
def test_a_stalled_stream_is_noticed_while_the_rest_goes_on(
    page: Page, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    if not script:
        pytest.importorskip("av")
    with page.prepared(script), serving_in_thread(ONE, timing=FAST) as (served, _loop):
        page.open(served.url)
        badge(page, "Live")
        page.script(
            "window.badges = [], window.badge = document.querySelector('.badge');"
            "new MutationObserver(() => { if (badges.at(-1) !== badge.textContent) badges.push(badge.textContent); })"
            ".observe(badge, {childList: true})"
        )
        context = served.server._context
        (stream,) = (context.streams if script else context.fragment_streams)._streams.values()
        (client,) = stream.clients
        for method in ("offer", "repeat") if script else ("offer",):
            monkeypatch.setattr(client, method, lambda *_, **__: None)
        with monkeypatch.context() as silent:
            silent.setattr(live._Connection, "_write_heartbeat", lambda *_: None)
            page.until(lambda: "Reconnecting" in page.script("return badges"), "the page to notice")
        page.until(lambda: "Reconnecting,Live" in page.script("return badges.join()"), "another stream")
        assert page.moves()


@pytest.mark.parametrize("cameras", [ONE, ONE | {"garden": {}}], ids=["one camera", "tiles"])
def test_a_daemon_that_hangs_is_noticed_and_recovered_from(
    page: Page, cameras: dict[str, dict[str, str]]
) -> None:
    with server_process(cameras, FAST.heartbeat) as server:
        page.open(server.url)
        badge(page, "Live")
        server.freeze()
        page.until(
            lambda: {it.text for it in page.all(".badge")} == {"Reconnecting"}, "that none of them is live"
        )
        server.thaw()
        page.until(lambda: {it.text for it in page.all(".badge")} == {"Live"}, "live pictures")
        assert page.moves()


def test_the_motion_test_says_what_the_bar_says(page: Page) -> None:
    with server_process({"front": {"motion": {}}}, FAST.heartbeat) as server:
        page.open(server.url)
        badge(page, "Live")
        page.find(".areatools button").click()
        page.until(lambda: page.text(".finding") not in ("", "Connecting"), "what it sees")
        server.freeze()
        page.until(
            lambda: page.text(".finding") == "The camera node does not answer; reconnecting", "the loss"
        )
        page.until(lambda: page.script(_SAID) == f"{page.text('.finding')}.", "the same words in the bar")
        server.thaw()
        page.until(lambda: "does not answer" not in page.text(".finding"), "what it sees again")


def test_a_slow_camera_is_live(page: Page) -> None:
    """The page waits for four seconds, two heartbeats and one second more: less than from one frame to the next."""
    slow = {"front": {"name": "Front door", "frame_rate": 0.2}}
    with serving_in_thread(slow, timing=Timing(heartbeat=1.5)) as (served, _loop):
        page.open(served.url)
        badge(page, "Live")
        page.script("document.querySelector('.badge').textContent = 'unchanged'")
        frames = served.front.camera.stats.frames
        page.until(lambda: served.front.camera.stats.frames > frames + 1, "two frames")
        assert not page.text("#link")
        assert page.text(".badge") in ("unchanged", "Live")
