"""A camera with a privacy mask: nothing that is hidden leaves the daemon, by whatever way."""

from __future__ import annotations

import io
import socket
import struct
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg

from tests.camera.test_markings import CORNER, grey, hidden, photo, with_thumbnail
from tests.support.daemon import pattern_camera
from tests.support.node import Camera
from tests.support.results import check_ok
from tests.support.rig import Rig
from tests.support.waiting import free_port

PORT = free_port()
MASK = [{"points": CORNER}]


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        yield server


@pytest.fixture(scope="module")
def cameras(listener: socket.socket, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """`front`: planes, turned by 90 degrees; `photo`: the JPEG of a phone, which would be passed through."""
    path: Path = tmp_path_factory.mktemp("photo") / "photo.jpg"
    path.write_bytes(with_thumbnail(photo(), 1))
    tcp = {"host": "127.0.0.1", "port": listener.getsockname()[1]}
    image = {"quality": 85, "fps": 5}
    return {
        "front": pattern_camera(
            source={"type": "test_pattern", "pattern": "grey"}, rotation=90, privacy=MASK, image=image
        ),
        "photo": {
            "source": {"type": "file", "path": str(path)},
            "frame_rate": 10,
            "privacy": MASK,
            "image": image,
            "tcp": tcp,
        },
    }


@pytest.fixture(scope="module")
def sections() -> dict[str, Any]:
    return {"web": {"enabled": True, "port": PORT}}


@pytest.fixture(params=["front", "photo"])
def camera(request: pytest.FixtureRequest, shared: Rig) -> Camera:
    return shared.node.camera(request.param)


def check(jpeg: bytes, camera: str = "photo") -> None:
    """Fail if the upper left quarter of a picture is not black, or more than that is."""
    luma = grey(jpeg)
    if camera == "photo":
        assert hidden(luma)
        assert jpeg.count(b"\xff\xd8\xff") == 1, "it has no thumbnail"
        return
    height, width = luma.shape
    assert (width, height) == (240, 320)
    check_front(luma)


def check_front(luma: Any) -> None:
    height, width = luma.shape
    assert luma[: height // 2 - 8, : width // 2 - 8].max() < 12
    assert np.median(luma[height // 2 + 8 :]) > 60
    assert np.median(luma[:, width // 2 + 8 :]) > 60


def opened(path: str) -> Any:
    return closing(urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=60))


def test_images(camera: Camera) -> None:
    check(camera.next_image()[0].payload, camera.name)


def test_snapshots(camera: Camera) -> None:
    since = camera.client.mark()
    check_ok(camera.command("snapshot"), "snapshot")
    check(camera.client.wait(camera.topic("snapshot"), since=since).payload, camera.name)


@pytest.mark.parametrize("query", ["", "?width=100", "?quality=30"])
def test_snapshots_of_the_page(camera: Camera, query: str) -> None:
    with opened(f"/cameras/{camera.name}/snapshot.jpg{query}") as response:
        jpeg = response.read()
    if query == "?width=100":
        luma = grey(jpeg)
        assert luma.shape[1] == 100
        check_front(luma)
    else:
        check(jpeg, camera.name)


def test_mjpeg_of_the_page(camera: Camera) -> None:
    with opened(f"/cameras/{camera.name}/stream.mjpg") as response:
        data = b""
        while data.count(b"\xff\xd8\xff") < 2:
            data += response.read1(1 << 16)
    start = data.index(b"\xff\xd8\xff")
    check(data[start : data.index(b"\xff\xd9", start) + 2], camera.name)


def test_video(camera: Camera) -> None:
    av = pytest.importorskip("av")
    with opened(f"/cameras/{camera.name}/stream.ts") as response:
        data = response.read(40_000)
    with av.open(io.BytesIO(data)) as container:
        frame = next(container.decode(video=0))
    luma = frame.to_ndarray(format="gray")
    if camera.name == "front":
        assert luma.shape == (320, 240)
    check_front(luma)


def test_tcp(listener: socket.socket, shared: Rig) -> None:
    connection, _ = listener.accept()
    with connection:
        length = struct.unpack(">I", connection.recv(4, socket.MSG_WAITALL))[0]
        check(connection.recv(length, socket.MSG_WAITALL))


def test_sizes_are_those_of_the_turned_picture(shared: Rig) -> None:
    (info,) = shared.retained(shared.node.topic("info")).values()
    sizes = {key: (one["width"], one["height"]) for key, one in info.json["cameras"].items()}
    assert sizes["front"] == (240, 320)


def test_the_source_itself_is_bright() -> None:
    """Or the tests would see black for another reason."""
    assert simplejpeg.decode_jpeg(photo(), "GRAY").min() > 180
