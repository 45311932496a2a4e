"""A network camera that is missing at the start, appears, disappears, stalls and returns, as seen on MQTT."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.camera.sources.camera_process import CameraProcess, http_camera_command
from tests.support.client import Message
from tests.support.pictures import jpeg, jpeg_folder
from tests.support.rig import Launch
from tests.support.waiting import HOST, free_port


@pytest.fixture
def processes() -> Iterator[ExitStack]:
    """Cameras that end with the test."""
    with ExitStack() as stack:
        yield stack


def test_info_has_the_size_of_a_camera_that_sends_pictures_once_one_has_come(launch: Launch) -> None:
    port = free_port()
    rig = launch(cameras={"front": {"source": {"type": "tcp", "host": HOST, "port": port}}})
    info = rig.node.topic("info")

    def size(message: Message) -> tuple[object, object]:
        camera = message.json["cameras"]["front"]
        return camera["width"], camera["height"]

    opened = rig.client.wait(info, lambda m: m.json["cameras"].get("front", {}).get("model") is not None)
    assert size(opened) == (None, None)
    picture = jpeg(64, 48)
    with socket.create_connection((HOST, port), 5) as connection:
        connection.sendall(struct.pack(">I", len(picture)) + picture)
        known = rig.client.wait(info, lambda m: size(m) == (64, 48), since=opened.index)
        assert known.retain
    assert all(size(m) in ((None, None), (64, 48)) for m in rig.client.on(info) if m.json["cameras"])


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
    front.wait_availability("online", since=since)
    front.next_image()
    assert front.state()["last_error"] is None

    since = rig.mark()
    server.kill()
    front.wait_availability("offline", since=since)

    since = rig.mark()
    server = plug_in()
    front.wait_availability("online", since=since)

    since = rig.mark()
    server.stall()
    front.wait_availability("offline", since=since)
    assert "does not answer within 1 s" in str(front.state()["last_error"])

    since = rig.mark()
    server.go_on()
    front.wait_availability("online", since=since)
    front.next_image()
    assert rig.daemon.alive
    assert front.state()["restarts"] >= 2
