"""Problems of real peers on the page: an RTSP camera that is gone, and a Kafka that is frozen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.camera.sources.camera_process import CameraProcess
from tests.camera.sources.conftest import SYSTEM_PYTHON, rtsp_server
from tests.outputs.kafka.rig import make_topic
from tests.support.daemon import Daemon, pattern_camera
from tests.support.kafka import any_kafka
from tests.support.left_out import leave_out
from tests.support.project import PROJECT
from tests.support.waiting import HOST, free_port
from tests.web.browser import Page

__all__ = ["rtsp_server"]  # a fixture

_SCRIPT = PROJECT / "tests" / "camera" / "sources" / "rtsp_camera.py"
_FAR = re.compile(r"Next try in (\d+) s")
_LIVE = ".tile .stage[data-status=running]"


@contextmanager
def daemon(directory: Path, **sections: Any) -> Iterator[str]:
    """Run a daemon without MQTT; yield the address of its page."""
    port = free_port()
    web = {"enabled": True, "port": port}
    with Daemon(directory, {"state_dir": str(directory / "state"), "web": web, **sections}):
        yield f"http://{HOST}:{port}"


def opened(page: Page, url: str, cameras: int) -> None:
    """Open the page once the daemon serves it, and wait for live pictures."""

    def shown() -> bool:
        if not page.all(".tile"):
            page.open(url)
        return len(page.all(_LIVE)) == cameras

    page.until(shown, "live pictures")


def waits_long(page: Page) -> bool:
    """Whether the next attempt is some seconds away, so that it cannot come instead of ours."""
    found = _FAR.search(page.text(".problem .next"))
    return found is not None and int(found[1]) >= 4


def retried(page: Page) -> None:
    """Press "Try again", and wait until all is well."""
    assert len(page.all(".problem")) == 1, "nothing is listed twice"
    assert page.text("#link") == "1"
    page.press(".problem button")
    page.find(".well")
    page.until(lambda: not page.text("#link"), "no number")
    page.until(lambda: len(page.all(".ended li")) == 1, "that it has ended, once")


def test_an_rtsp_camera_that_is_gone_and_comes_back(page: Page, rtsp_server: None, tmp_path: Path) -> None:
    camera = CameraProcess(SYSTEM_PYTHON, str(_SCRIPT), "0", "mjpeg")
    source = {"type": "url", "url": f"rtsp://{HOST}:{camera.port}/camera", "timeout": 2}
    cameras = {"gate": {"name": "Gate", "source": source}, "yard": pattern_camera()}
    try:
        with daemon(tmp_path, cameras=cameras) as url:
            opened(page, url, 2)
            camera.kill()
            page.find(".tile.failed .trouble")
            assert len(page.all(".tile.failed")) == 1
            page.shot("outage-rtsp-tile")
            page.find("#link.wrong").click()
            page.until(lambda: "Gate" in page.text(".problem h2"), "its problem")
            assert "source.url" in page.text(".problem .todo")
            page.until(lambda: waits_long(page), "a pause before the next try")
            page.shot("outage-rtsp")
            camera = CameraProcess(SYSTEM_PYTHON, str(_SCRIPT), str(camera.port), "mjpeg")
            retried(page)
            page.find("#tabs a").click()
            page.until(lambda: len(page.all(_LIVE)) == 2, "both")
            assert not page.all(".tile.failed")
    finally:
        camera.kill()


def test_a_kafka_that_is_frozen_and_goes_on(page: Page, tmp_path: Path) -> None:
    """Both cameras send to it: one problem."""
    with any_kafka(tmp_path / "kafka") as kafka:
        if not kafka.real:
            leave_out("Apache Kafka (needs Java and Maven)")
        topic = make_topic(kafka, "frames")
        sent = {"brokers": kafka.address(), "topic": topic, "request_timeout_ms": 1500}
        with daemon(
            tmp_path, kafka=sent, cameras={"gate": pattern_camera(), "yard": pattern_camera()}
        ) as url:
            opened(page, url, 2)
            kafka.pause()
            try:
                page.find("#link.wrong").click()
                page.until(lambda: "no answer from" in page.text(".problem"), "the problem")
                page.until(lambda: "Gate, Yard" in page.text(".problem h2"), "both cameras")
                assert "it is frozen or overloaded" in page.text(".problem .todo")
                page.until(lambda: waits_long(page), "a pause before the next try")
                page.shot("outage-kafka")
            finally:
                kafka.resume()
            retried(page)
