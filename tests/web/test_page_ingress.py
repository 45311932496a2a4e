"""The page through Home Assistant's ingress, whose proxies cut the parameters of Content-Type off."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
import requests

from tests.home_assistant.harness import ha_root, ha_version
from tests.recordings.made import NOON, make_files, recording
from tests.support.left_out import leave_out
from tests.support.pictures import size_of
from tests.support.waiting import HOST, free_port, listens, wait_for
from tests.web.browser import Page
from tests.web.browser_page import HAS_VIDEO
from tests.web.serving import serving_in_thread
from tests.web.test_page_events import play

pytestmark = pytest.mark.home_assistant

SCRIPT = Path(__file__).parent.parent / "home_assistant" / "ingress.py"


@contextmanager
def ingress(page_port: int) -> Iterator[str]:
    """Run Home Assistant's ingress proxy before the page on `page_port`; yield the URL of a site that embeds it."""
    root = ha_root().resolve()
    if ha_version(root) is None:
        leave_out("no Home Assistant: run tests/home_assistant/setup.sh")
    runs = root / "srv" / "mqttcam-tests"
    runs.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="ingress-", dir=runs))
    shutil.copy(SCRIPT, folder)
    inside = Path("/") / folder.relative_to(root) / SCRIPT.name
    port = free_port()
    command = [shutil.which("chroot") or "/usr/sbin/chroot", str(root), "/opt/ha/bin/python", str(inside)]
    process = subprocess.Popen([*command, str(port), str(page_port)], stdin=subprocess.DEVNULL)
    try:
        wait_for(lambda: listens(port), "the proxy runs", 60, 0.1)
        yield f"http://{HOST}:{port}/"
    finally:
        process.kill()
        process.wait(10)
        shutil.rmtree(folder)


def test_live_pictures_and_changes_through_ingress(page: Page) -> None:
    with serving_in_thread() as (served, _loop), ingress(served.server.port) as site:
        prefix = f"{site}api/hassio_ingress/t0ken"
        with requests.get(f"{prefix}/stream.mjpg", stream=True, timeout=60) as response:
            assert response.headers["Content-Type"] == "multipart/x-mixed-replace", (
                "nothing cuts the boundary off"
            )
        try:
            page.open(site)
            page.driver.switch_to.frame(0)
            page.until(lambda: page.all(".stage[data-status=running]"), "the camera")
            assert page.text(".badge") == "Live"
            assert page.moves()
            page.until(lambda: page.picture_width() == 320, "the picture")
            assert page.shows_video() == HAS_VIDEO
            page.slide("brightness", 0.5)
            camera = served.front.camera
            page.until(lambda: camera.values.get("brightness") == 0.5, "the value")
        finally:
            page.driver.switch_to.default_content()
        asyncio.run(reads_pictures(f"{prefix}/cameras/front/live?mode=jpeg"))


def test_events_are_listed_and_played_through_ingress(page: Page, tmp_path: Path) -> None:
    pytest.importorskip("av")
    from tests.support.video import video

    clip = video(tmp_path / "clip.mp4", count=40, size=(320, 240), options={"g": "10"}).read_bytes()
    with serving_in_thread() as (served, _loop), ingress(served.server.port) as site:
        made = make_files(served.library.path, recording(NOON), clip)
        served.library.add(made)
        address = f"{site}api/hassio_ingress/t0ken/events/{made.id}/clip.mp4"
        with requests.get(address, headers={"Range": "bytes=0-1"}, timeout=60) as response:
            assert (response.status_code, response.content) == (206, clip[:2])
        try:
            page.open(site)
            page.driver.switch_to.frame(0)
            page.find("#events").click()
            page.find(".event").click()
            play(page)
        finally:
            page.driver.switch_to.default_content()


async def reads_pictures(url: str) -> None:
    """Read some pictures through a WebSocket."""
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        for _ in range(3):
            assert size_of(await socket.receive_bytes(timeout=60)) == (320, 240)
