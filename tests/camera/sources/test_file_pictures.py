"""The source `file` on a folder of pictures, and on one picture."""

from __future__ import annotations

import logging
import os
import shutil
import time
from pathlib import Path

import pytest
import simplejpeg

from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.source import Source, SourceEnded, SourceError
from mqttcam.camera.sources.file import FileCamera
from mqttcam.camera.status import CameraStatus
from mqttcam.camera.wakeup import Wakeup
from tests.camera.conftest import MakeCamera
from tests.camera.files import file_camera, frames, settings_of, source_of
from tests.imaging.odd_jpegs import HEIGHT, WIDTH, picture, saved
from tests.imaging.photos import noted, quarters
from tests.support.cameras import failed, running
from tests.support.pictures import jpeg, jpeg_folder, size_of
from tests.support.waiting import until


def jpegs(source: Source, count: int) -> list[bytes | None]:
    return [frame.jpeg for frame in frames(source, count)]


def settle(path: Path) -> None:
    """As if it had been written long ago."""
    os.utime(path, (time.time() - 60, time.time() - 60))


def test_natural_order_looped_and_untouched(tmp_path: Path) -> None:
    names = ["1.jpg", "2.JPEG", "10.jpe", "img2.jpg", "IMG10.jfif", "x²3.jpg"]
    pictures = {name: jpeg(64, 48, seed=number) for number, name in enumerate(names)}
    for name in reversed(names):
        (tmp_path / name).write_bytes(pictures[name])
    (tmp_path / ".hidden.jpg").write_bytes(jpeg(32, 32))
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "folder.jpg").mkdir()
    source = source_of(tmp_path)
    info = source.open()
    assert (info.model, info.width, info.height, info.frame_rate) == ("Picture folder", 64, 48, 200)
    assert jpegs(source, 12) == [pictures[name] for name in names] * 2
    source.close()
    source.close()


def test_pictures_come_and_go(tmp_path: Path) -> None:
    one, two, three = jpeg_folder(tmp_path, 3)
    source = source_of(tmp_path)
    source.open()
    assert jpegs(source, 2) == [one, two]
    (tmp_path / "003.jpg").unlink()
    new = jpeg(160, 120, seed=9)
    (tmp_path / "000.jpg").write_bytes(new)
    assert jpegs(source, 3) == [new, one, two]
    (tmp_path / "001.jpg").write_bytes(three)
    seen = list(frames(source, 3))
    assert [frame.jpeg for frame in seen] == [new, three, two]
    assert [(frame.width, frame.height) for frame in seen] == [(160, 120), (320, 240), (320, 240)]


def test_broken_ones_are_left_out_and_named_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (good,) = jpeg_folder(tmp_path, 1)
    (tmp_path / "cut.jpg").write_bytes(good[: len(good) // 2])
    (tmp_path / "png.jpg").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (tmp_path / "empty.jpg").write_bytes(b"")
    for path in tmp_path.iterdir():
        settle(path)
    (tmp_path / "fresh.jpg").write_bytes(good[:100])
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    source = source_of(tmp_path)
    source.open()
    assert jpegs(source, 5) == [good] * 5
    said = sorted(record.args[0].name for record in caplog.records if record.levelno == logging.WARNING)  # type: ignore[union-attr, index]
    assert said == ["cut.jpg", "empty.jpg", "loop.jpg", "png.jpg"], "what is being written is no news"
    (tmp_path / "cut.jpg").write_bytes(good)
    assert jpegs(source, 4) == [good] * 4
    (tmp_path / "cut.jpg").write_bytes(b"broken again")
    settle(tmp_path / "cut.jpg")
    assert jpegs(source, 4) == [good] * 4
    assert caplog.text.count("cut.jpg is skipped") == 2


def test_what_phones_append_is_left_out(tmp_path: Path) -> None:
    good = jpeg(64, 48)
    (tmp_path / "motion.jpg").write_bytes(good + b"ftypmp42" * 1000)
    (tmp_path / "padded.jpg").write_bytes(good + bytes(5000))
    source = source_of(tmp_path)
    source.open()
    assert jpegs(source, 2) == [good, good]


def test_pictures_of_several_formats_and_sizes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number, suffix in enumerate(("png", "webp", "bmp", "gif", "jpg", "PNG")):
        kind = {"jpg": "JPEG"}.get(suffix, suffix.upper())
        (tmp_path / f"{number}.{suffix}").write_bytes(saved(picture(20 + number, 30), kind))
    (tmp_path / "9.png").write_bytes(saved(picture(), "PNG")[:-200])
    settle(tmp_path / "9.png")
    os.mkfifo(tmp_path / "pipe.png")
    settle(tmp_path / "pipe.png")
    source = source_of(tmp_path)
    assert (source.open().model, source.open().width) == ("Picture folder", 20)
    seen = list(frames(source, 12))
    assert [(frame.width, frame.height) for frame in seen] == [(20 + number, 30) for number in range(6)] * 2
    assert [frame.jpeg is None for frame in seen[:6]] == [True] * 4 + [False, True]
    assert caplog.text.count("9.png is skipped: the PNG cannot be decoded") == 1
    assert "pipe.png is skipped: it is not a regular file" in caplog.text


def test_one_png(tmp_path: Path) -> None:
    for name in ("one.png", "one"):
        (tmp_path / name).write_bytes(saved(picture(), "PNG"))
        source = source_of(tmp_path / name)
        info = source.open()
        assert (info.model, info.width, info.height) == ("Picture file", WIDTH, HEIGHT)
        assert [frame.jpeg for frame in frames(source, 2)] == [None, None]


@pytest.mark.parametrize("kind", ["empty", "broken", "others"])
def test_folder_without_a_picture_says_why(tmp_path: Path, kind: str) -> None:
    if kind == "broken":
        for name in ("a.jpg", "b.jpg"):
            (tmp_path / name).write_bytes(b"this is no picture")
    elif kind == "others":
        (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(SourceError) as caught:
        source_of(tmp_path).open()
    assert str(caught.value).startswith(f"{tmp_path} has no readable picture")
    assert (
        "a.jpg: it is text, and neither a JPEG nor a PNG, WebP, BMP or GIF, and 1 more" in str(caught.value)
    ) == (kind == "broken")
    assert (": notes.txt and whatever else is in it does not end with .bmp, .gif," in str(caught.value)) == (
        kind == "others"
    )


def test_what_is_not_there_or_not_readable(tmp_path: Path) -> None:
    for name in ("gone", "gone.jpg", "gone.mp4"):
        with pytest.raises(SourceError, match="does not exist"):
            source_of(tmp_path / name).open()
    with pytest.raises(SourceError, match="does not exist"):
        source_of(tmp_path / "gone", source={"format": "yuv420"}, size="64x48").open()


def test_one_jpeg_whatever_its_name(tmp_path: Path) -> None:
    data = jpeg(64, 48)
    for name in ("one.jpg", "one", "snapshot.cgi"):
        (tmp_path / name).write_bytes(data)
        source = source_of(tmp_path / name)
        assert source.open().model == "Picture file"
        assert jpegs(source, 3) == [data] * 3


def test_one_jpeg_that_is_replaced_again_and_again(tmp_path: Path) -> None:
    path, old, new = tmp_path / "one.jpg", jpeg(64, 48), jpeg(64, 48, seed=2)
    path.write_bytes(old)
    source = source_of(path)
    source.open()
    assert jpegs(source, 2) == [old] * 2
    path.write_bytes(new[:200])  # half written
    assert [source.read(0.1) for _ in range(5)] == [None] * 5, "no failure yet"
    path.write_bytes(new)
    assert jpegs(source, 2) == [new] * 2


def test_file_that_stays_broken_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "one.jpg").write_bytes(jpeg(64, 48))
    for path in (tmp_path / "one.jpg", tmp_path):
        source = FileCamera(settings_of(path), Wakeup(), patience=0.1)
        source.open()
        shutil.copy(tmp_path / "one.jpg", tmp_path / "kept")
        (tmp_path / "one.jpg").write_bytes(b"garbage")
        with pytest.raises(SourceError, match=r"has no readable picture: one.jpg: it is text"):
            list(frames(source, 2))
        shutil.move(tmp_path / "kept", tmp_path / "one.jpg")


def test_not_looped_it_ends(tmp_path: Path) -> None:
    pictures = jpeg_folder(tmp_path, 3)
    source = source_of(tmp_path, source={"loop": False})
    source.open()
    assert jpegs(source, 3) == pictures
    with pytest.raises(SourceEnded, match="has ended"):
        list(frames(source, 1))


async def test_empty_folder_that_is_filled(make_camera: MakeCamera, tmp_path: Path) -> None:
    camera = file_camera(make_camera, tmp_path)
    camera.start()
    await failed(camera, "has no readable picture")
    data = jpeg(64, 48)
    (tmp_path / "a.jpg").write_bytes(data)
    await running(camera)
    shot = await camera.take_snapshot(PictureSpec(), 5)
    assert shot.jpeg == data
    (tmp_path / "a.jpg").unlink()
    await failed(camera, "no ")


async def test_turned_and_made_smaller(make_camera: MakeCamera, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(noted(quarters(128, 96)[0], 6))
    camera = file_camera(make_camera, tmp_path, size="64x64", rotation=180)
    camera.start()
    await running(camera)
    shot = await camera.take_snapshot(PictureSpec(), 5)
    assert size_of(shot.jpeg) == (shot.width, shot.height) == (48, 64)
    assert (camera.stats.width, camera.stats.height) == (48, 64)
    grey = simplejpeg.decode_jpeg(shot.jpeg, "GRAY")[:, :, 0]
    spots = [round((int(grey[row, column]) - 40) / 50) for row in (16, 48) for column in (12, 36)]
    assert spots == [1, 3, 0, 2], "upright it is 2 0 / 3 1"


async def test_not_looped_camera_ends(make_camera: MakeCamera, tmp_path: Path) -> None:
    jpeg_folder(tmp_path, 3)
    camera = file_camera(make_camera, tmp_path, source={"loop": False})
    camera.start()
    await until(lambda: camera.status is CameraStatus.STOPPED)
    assert camera.stats.frames == 3
    await camera.restart()
    await until(lambda: camera.stats.frames == 6)
