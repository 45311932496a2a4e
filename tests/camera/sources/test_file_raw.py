"""The source `file` on raw planar frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import simplejpeg

from mqttcam.camera.frame import Frame, PictureSpec
from mqttcam.camera.source import Source, SourceEnded, SourceError
from mqttcam.camera.sources.file import raw
from tests.camera.conftest import MakeCamera
from tests.camera.files import file_camera, frames, source_of
from tests.support.cameras import failed, running
from tests.support.pictures import brightness_of, raw_ring, size_of

RAW = {"format": "yuv420"}


@pytest.fixture(params=["kept in memory", "read frame by frame"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to read a file."""
    if request.param == "read frame by frame":
        monkeypatch.setattr(raw, "_KEPT", 0)
    return str(request.param)


def greys(source: Source, count: int) -> list[int]:
    """Return the greys of this many frames: ring frames have 30, 80, 130, 180."""
    return [grey(frame) for frame in frames(source, count)]


def grey(frame: Frame) -> int:
    assert frame.planes is not None
    y, u, v = frame.planes
    assert u.shape == v.shape == (y.shape[0] // 2, y.shape[1] // 2)
    assert (u == 128).all()
    assert (v == 128).all()
    assert (y == y[0, 0]).all()
    return int(y[0, 0])


@pytest.mark.parametrize("size", [(64, 48), (70, 50), (322, 242), (16, 16)])
def test_frames_in_turn_looped(tmp_path: Path, size: tuple[int, int], way: str) -> None:
    ring = raw_ring(tmp_path / "ring.i420", 4, *size)
    source = source_of(ring, source=RAW, size=f"{size[0]}x{size[1]}")
    info = source.open()
    assert (info.model, info.width, info.height) == ("Raw frames", *size)
    assert greys(source, 10) == [30, 80, 130, 180, 30, 80, 130, 180, 30, 80]
    source.close()
    source.close()


def test_size_of_the_source_counts_more(make_camera: MakeCamera, tmp_path: Path) -> None:
    ring = raw_ring(tmp_path / "ring.i420", 4, 64, 48)
    source = source_of(ring, source=RAW | {"size": "64x48"}, size="32x32")
    assert (source.open().width, source.open().height) == (64, 48)


@pytest.mark.parametrize("length", [0, 1, 64 * 48 * 3 // 2 - 1, 64 * 48 * 3 // 2 + 1])
def test_wrong_length_is_refused(tmp_path: Path, length: int, way: str) -> None:
    path = tmp_path / "ring.i420"
    path.write_bytes(bytes(length))
    source = source_of(path, source=RAW, size="64x48")
    with pytest.raises(
        SourceError, match=f"has {length} bytes: not a whole number of 64x48 frames of 4608 bytes"
    ):
        source.open()
    source.close()


def test_not_looped_it_ends(tmp_path: Path, way: str) -> None:
    source = source_of(raw_ring(tmp_path / "r", 3, 64, 48), source=RAW | {"loop": False}, size="64x48")
    source.open()
    assert greys(source, 3) == [30, 80, 130]
    with pytest.raises(SourceEnded):
        source.read(1)


def test_file_that_is_replaced_is_read_again(tmp_path: Path, way: str) -> None:
    path = raw_ring(tmp_path / "ring.i420", 4, 64, 48)
    source = source_of(path, source=RAW, size="64x48")
    source.open()
    assert greys(source, 2) == [30, 80]
    raw_ring(tmp_path / "new", 2, 64, 48).replace(path)
    assert greys(source, 6) == [130, 180, 30, 80, 30, 80]


def test_file_that_is_cut_short_kills_nobody(tmp_path: Path, way: str) -> None:
    path = raw_ring(tmp_path / "ring.i420", 4, 64, 48)
    source = source_of(path, source=RAW, size="64x48")
    source.open()
    held = next(frames(source, 1))
    with path.open("r+b") as file:
        file.truncate(64 * 48 * 2)
    assert size_of(held.picture(PictureSpec()).jpeg) == (64, 48), "a mapped file would end the process here"
    with pytest.raises(SourceError, match=r"truncated|not a whole number"):
        list(frames(source, 8))
    path.unlink()
    source.close()
    with pytest.raises(SourceError, match="does not exist"):
        source.open()


async def test_turned_and_made_smaller(make_camera: MakeCamera, tmp_path: Path) -> None:
    frame = np.full((96 * 3 // 2, 128), 128, np.uint8)
    frame[:48] = 200
    frame[48:96] = 40
    frame.tofile(tmp_path / "one.i420")
    source = RAW | {"size": "128x96"}
    camera = file_camera(make_camera, tmp_path / "one.i420", source=source, size="64x64", rotation=180)
    camera.start()
    await running(camera)
    picture = await camera.take_snapshot(PictureSpec(), 5)
    assert size_of(picture.jpeg) == (64, 48)
    assert (camera.stats.width, camera.stats.height) == (64, 48)
    assert abs(brightness_of(picture.jpeg) - 120) < 3
    y = simplejpeg.decode_jpeg(picture.jpeg, "GRAY")
    assert y[5, 5, 0] < 60
    assert y[-5, -5, 0] > 180


async def test_turned_by_a_quarter(make_camera: MakeCamera, tmp_path: Path) -> None:
    frame = np.full((96 * 3 // 2, 128), 128, np.uint8)
    frame[:48] = 200
    frame[48:96] = 40
    frame.tofile(tmp_path / "one.i420")
    camera = file_camera(
        make_camera, tmp_path / "one.i420", source=RAW | {"size": "128x96"}, size="64x64", rotation=90
    )
    camera.start()
    await running(camera)
    picture = await camera.take_snapshot(PictureSpec(), 5)
    assert size_of(picture.jpeg) == (camera.stats.width, camera.stats.height) == (48, 64)
    assert camera.info is not None
    assert (camera.info.width, camera.info.height) == (48, 64), "announced before the first frame"
    y = simplejpeg.decode_jpeg(picture.jpeg, "GRAY")
    assert y[5, -5, 0] > 180, "the top is on the right"
    assert y[5, 5, 0] < 60


async def test_camera_comes_back_when_the_file_does(make_camera: MakeCamera, tmp_path: Path) -> None:
    path = raw_ring(tmp_path / "ring.i420", 2, 64, 48)
    camera = file_camera(make_camera, path, source=RAW, size="64x48")
    camera.start()
    await running(camera)
    path.unlink()
    await failed(camera, "does not exist")
    raw_ring(path, 2, 64, 48)
    await running(camera)
