"""Photos on MQTT: the command, its result, the topic of the metadata, and cameras of several types."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.support.daemon import pattern_camera
from tests.support.pictures import jpeg, jpeg_folder
from tests.support.results import check_error, check_ok
from tests.support.rig import Rig
from tests.support.waiting import HOST, free_port

_PORT = free_port()


@pytest.fixture(scope="module")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A test pattern, pictures from files that are scaled down, raw frames, and the first camera over HTTP."""
    folder = tmp_path_factory.mktemp("sources")
    jpeg_folder(folder / "pictures", 2, 640, 480)
    raw = folder / "ring.i420"
    raw.write_bytes(bytes([90]) * (64 * 48 * 3 // 2) * 3)
    return {
        "front": pattern_camera(),
        "folder": {"source": {"type": "file", "path": str(folder / "pictures")}, "size": "320x240"},
        "ring": {"source": {"type": "file", "path": str(raw), "format": "yuv420", "size": "64x48"}},
        "web": {"source": {"type": "url", "url": f"http://{HOST}:{_PORT}/cameras/front/stream.mjpg"}},
    }


@pytest.fixture(scope="module")
def sections() -> dict[str, Any]:
    page = f"http://{HOST}:{_PORT}/"
    return {
        "web": {"enabled": True, "host": HOST, "port": _PORT, "public_url": page},
        "location": {"latitude": 48.1, "longitude": 11.6},
    }


def folder(rig: Rig) -> Path:
    return rig.daemon.directory / "state" / "recordings"


@pytest.mark.parametrize(
    ("camera", "size"),
    [("front", (320, 240)), ("folder", (640, 480)), ("ring", (64, 48)), ("web", (320, 240))],
)
def test_every_camera_takes_photos(shared: Rig, camera: str, size: tuple[int, int]) -> None:
    device = shared.node.camera(camera)
    device.wait_availability("online")
    since = shared.mark()
    result = device.command("photo", {"request_id": "x"})
    check_ok(result, "photo", "x")
    assert (result["paused"], result["raw"]) == (False, None)
    meta = shared.client.wait(device.topic("photo/meta"), since=since)
    assert (meta.qos, meta.retain) == (1, False)
    assert {key: meta.json[key] for key in ("id", "file", "url", "request_id")} == {
        key: result[key] for key in ("id", "file", "url", "request_id")
    }
    assert (meta.json["width"], meta.json["height"]) == size
    assert [len(counts) for counts in meta.json["histogram"].values()] == [256] * 3
    data = (folder(shared) / result["file"]).read_bytes()
    assert len(data) == meta.json["bytes"]
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == size
        assert image.getexif().get_ifd(0x8825)[1] == "N"
    device.wait_state(since=since, last_photo=f"{_iso(result['file'])}+00:00")


def test_a_jpeg_from_a_file_is_not_encoded_again(shared: Rig) -> None:
    device = shared.node.camera("folder")
    saved = (folder(shared) / device.command("photo")["file"]).read_bytes()
    assert any(saved.endswith(jpeg(640, 480, seed=seed)[2:]) for seed in range(2))


def test_refusals(shared: Rig) -> None:
    front = shared.front
    check_error(front.command("photo", {"raw": True}), "photo", "not_supported", field="raw")
    check_error(front.command("photo", {"type": "bmp"}), "photo", "invalid_value", field="type")
    check_ok(front.set({"enabled": "OFF"}), "set")
    check_error(front.command("photo"), "photo", "unavailable")
    check_ok(front.set({"enabled": "ON"}), "set")
    front.wait_availability("online")


def _iso(file: str) -> str:
    """Return the time in the name of a photo."""
    _, date, name = file.split("/")
    return f"{date}T{name[:2]}:{name[2:4]}:{name[4:6]}"
