"""Video files, raw frames and folders of pictures. The same decoders read RTSP streams."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.file.pictures import PictureReader, is_pictures
from mqttcam.camera.sources.file.raw import RawReader
from mqttcam.camera.sources.file.video import VideoReader
from mqttcam.settings import Size
from tests.fuzz.bounds import bounded
from tests.fuzz.mutations import mutated
from tests.fuzz.profile import fuzz
from tests.fuzz.test_pictures import PICTURES
from tests.support.pictures import jpeg

video = pytest.importorskip("tests.support.video", reason="left out: PyAV is not installed")
_MAX_PIXELS = 100_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    logging.disable(logging.CRITICAL)  # what is broken is logged
    yield tmp_path_factory.mktemp("files")
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def videos(folder: Path) -> list[bytes]:
    made = [
        video.video(folder / "a.mp4", 3),
        video.video(folder / "b.mkv", 3),
        video.video(folder / "c.ts", 3),
    ]
    return [path.read_bytes() for path in made]


@fuzz
@given(st.data())
def test_any_video_gives_frames_or_a_source_error(
    folder: Path, videos: list[bytes], data: st.DataObject
) -> None:
    path = folder / "any.mp4"
    path.write_bytes(
        data.draw(mutated(videos, [b"moov", b"mdat", b"\xff\xff\xff\xff", bytes(8), b"\0\0\0\1", b"\x47"]))
    )
    reader = VideoReader(path, _MAX_PIXELS)
    with bounded(5, 128):
        try:
            for _ in range(6):
                if (frame := reader.next()) is None:
                    break
                assert 0 < frame.width * frame.height <= _MAX_PIXELS
        except SourceError as error:
            assert str(error).isprintable()
        finally:
            reader.close()


@fuzz
@given(st.binary(max_size=300), st.integers(2, 20), st.integers(2, 20))
def test_any_raw_file_gives_frames_or_a_source_error(
    folder: Path, data: bytes, width: int, height: int
) -> None:
    path = folder / "any.i420"
    path.write_bytes(data)
    reader = RawReader(path, Size(width // 2 * 2, height // 2 * 2))
    frames = []
    try:
        size = reader.open()
        while (frame := reader.next()) is not None:
            frames.append(frame)
            assert (frame.width, frame.height) == size
    except SourceError:
        assert len(data) % (width // 2 * 2 * (height // 2 * 2) * 3 // 2) or not data
    finally:
        reader.close()


@fuzz
@given(st.lists(PICTURES, max_size=3))
def test_any_folder_gives_its_good_pictures(folder: Path, files: list[bytes]) -> None:
    pictures = folder / "pictures"
    pictures.mkdir(exist_ok=True)
    for old in pictures.iterdir():
        old.unlink()
    for number, data in enumerate(files):
        (pictures / f"{number}.jpg").write_bytes(data)
    good = jpeg(16, 16)
    (pictures / "99.jpg").write_bytes(good)
    assert is_pictures(pictures)
    reader = PictureReader(pictures, _MAX_PIXELS)
    with bounded():
        found = []
        while (frame := reader.next()) is not None:
            found.append(frame.jpeg)
    assert good in found
