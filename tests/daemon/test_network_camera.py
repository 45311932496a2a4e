"""A network camera that is missing at the start, comes, goes, stalls and comes again, as MQTT shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.camera.sources.camera_process import CameraProcess, http_camera_command
from tests.support.pictures import jpeg_folder
from tests.support.rig import Launch
from tests.support.waiting import free_port


@pytest.fixture
def processes() -> Iterator[ExitStack]:
    """Cameras that end with the test."""
    with ExitStack() as stack:
        yield stack


def test_camera_comes_and_goes(launch: Launch, processes: ExitStack, tmp_path: Path) -> None:
    jpeg_folder(tmp_path / "pictures")
    port = free_port()

    def plug_in() -> CameraProcess:
        server = CameraProcess(*http_camera_command(tmp_path / "pictures", port=port))
        processes.callback(server.kill)
        return server

    source = {"type": "url", "url": f"http://127.0.0.1:{port}/stream", "timeout": 1}
    rig = launch(cameras={"front": {"source": source, "image": {"fps": 5}}})
    front = rig.front
    front.wait_availability("offline")
    assert rig.node.name in "".join(rig.discovery()), "its entities are there"
    rig.client.wait(front.topic("state"), lambda m: "cannot be reached" in str(m.json["last_error"]))

    since = rig.mark()
    server = plug_in()
    front.wait_availability("online", since=since, timeout=20)
    front.next_image()
    assert front.state()["last_error"] is None

    since = rig.mark()
    server.kill()
    front.wait_availability("offline", since=since)

    since = rig.mark()
    server = plug_in()
    front.wait_availability("online", since=since, timeout=20)

    since = rig.mark()
    server.stall()
    front.wait_availability("offline", since=since)
    assert "does not answer within 1 s" in str(front.state()["last_error"])

    since = rig.mark()
    server.go_on()
    front.wait_availability("online", since=since, timeout=20)
    front.next_image()
    assert rig.daemon.alive
    assert front.state()["restarts"] >= 2
