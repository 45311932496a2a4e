"""Photos: taken by command, saved whole or not at all, with what the camera reported of them."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import Frame
from mqttcam.camera.status import CameraStatus
from mqttcam.camera.still import Still
from mqttcam.commands.catalogue import camera_commands
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.recordings import Recorded
from mqttcam.devices.store import Store
from mqttcam.recordings import photo_writer
from mqttcam.recordings.library import Library
from mqttcam.recordings.listed import EventQuery
from mqttcam.recordings.photo import Photo
from mqttcam.recordings.photo_files import write_photo
from mqttcam.recordings.recording import Recording
from mqttcam.settings.recordings import KeepSettings
from mqttcam.settings.schedules import LocationSettings
from tests.camera.broken import Hardware
from tests.recordings.rig import tree
from tests.support.devices import Recorder, camera_settings
from tests.support.exif import tags_of
from tests.support.lamp import ask, refused
from tests.support.pictures import jpeg
from tests.support.waiting import PATIENCE, until

_ALL = EventQuery()
PAGE = "http://127.0.0.1:8080/"
METADATA = {"ExposureTime": 8000, "AnalogueGain": 2.0, "DigitalGain": 1.5, "LensPosition": 2.0, "Lux": 123.5}
MakePhotographed = Callable[..., Awaitable[CameraDevice]]


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    library = Library(tmp_path / "recordings", tmp_path / "recordings.sqlite", KeepSettings(free=0))
    library.start()
    yield library
    await library.close()


@pytest.fixture
async def make_camera_device(store: Store, library: Library) -> AsyncIterator[MakePhotographed]:
    """`await make_camera_device(hardware, …)` gives a camera that delivers frames and can take photos."""
    made: list[CameraDevice] = []

    async def make(hardware: Hardware | None = None, **settings: Any) -> CameraDevice:
        recorded = Recorded(library, lambda *_: None, lambda path: f"{PAGE}files/{path}")
        camera = Camera("front", camera_settings(**settings), make_source=hardware)
        location = LocationSettings(latitude=-33.8568, longitude=151.2153)
        device = CameraDevice(camera, store, location=location, recorded=recorded)
        made.append(device)
        device.photos.start()
        device.camera.start()
        async with asyncio.timeout(PATIENCE):
            await device.camera.until(lambda: device.camera.status is CameraStatus.RUNNING)
        return device

    yield make
    for device in made:
        await device.stop()


def large_frame() -> Frame:
    return Frame(time.time_ns(), 640, 480, jpeg=jpeg(640, 480), metadata=METADATA)


async def photo_of(library: Library, result: dict[str, Any]) -> Photo:
    found = await library.file(result["id"])
    assert isinstance(found, Photo)
    return found


async def test_a_photo_is_saved_with_what_is_known_of_it(
    make_camera_device: MakePhotographed, library: Library
) -> None:
    device, observer = await make_camera_device(), Recorder()
    device.attach(observer)
    before = time.time()
    result = await ask(device, "photo", {"request_id": "x"})
    assert result["ok"], result
    assert result["file"].startswith("front/")
    assert result["file"].endswith("-photo.jpg")
    assert result["url"] == f"{PAGE}files/{result['file']}"
    assert (result["raw"], result["raw_url"], result["paused"]) == (None, None, False)
    data = (library.path / result["file"]).read_bytes()
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (64, 48)
    photo = await photo_of(library, result)
    assert (photo.width, photo.height, photo.bytes, photo.type) == (64, 48, len(data), "jpeg")
    assert {channel: sum(counts) for channel, counts in photo.histogram.items()} == {
        "red": 64 * 48, "green": 64 * 48, "blue": 64 * 48,
    }  # fmt: skip
    (meta,) = observer.photos
    assert meta["request_id"] == "x"
    assert {key: meta[key] for key in ("id", "file", "url", "raw", "paused")} == {
        key: result[key] for key in ("id", "file", "url", "raw", "paused")
    }
    assert (meta["bytes"], meta["histogram"]) == (len(data), photo.histogram)
    assert before <= float(str(meta["ts"])) <= time.time()
    state = state_of(camera_entities(device), device)
    assert str(state["last_photo"]).endswith("+00:00")
    assert sorted(path.rpartition(".")[2] for path in tree(library.path)) == ["jpg", "json"]


async def test_exif_has_time_exposure_gain_focus_and_place(
    make_camera_device: MakePhotographed, library: Library
) -> None:
    hardware = Hardware(take_still=lambda *, raw: Still(large_frame(), paused=True))
    device = await make_camera_device(hardware, name="Gartentür")
    result = await ask(device, "photo")
    assert result["paused"] is True
    photo = await photo_of(library, result)
    assert photo.metadata == METADATA
    data = (library.path / result["file"]).read_bytes()
    tags = tags_of(data)
    taken = time.localtime(photo.begin_ns // 10**9)
    assert tags["DateTimeOriginal"] == time.strftime("%Y:%m:%d %H:%M:%S", taken)
    assert tags["OffsetTimeOriginal"].replace(":", "") == time.strftime("%z", taken)
    assert float(tags["ExposureTime"]) == 0.008
    assert tags["ISOSpeedRatings"] == 300
    assert float(tags["SubjectDistance"]) == 0.5
    assert (tags["Model"], tags["LensModel"], tags["ImageDescription"]) == ("Broken", "Broken", "Gartent?r")
    place = tags["GPSInfo"]
    assert (place[1], place[3]) == ("S", "E")
    assert [float(part) for part in place[2]] == pytest.approx([33, 51, 24.48])
    assert [float(part) for part in place[4]] == pytest.approx([151, 12, 55.08])


async def test_a_jpeg_of_the_source_is_saved_as_it_is_beside_its_metadata(
    make_camera_device: MakePhotographed, library: Library
) -> None:
    frame = large_frame()
    hardware = Hardware(take_still=lambda *, raw: Still(frame))
    device = await make_camera_device(hardware, size=None)
    data = (library.path / (await ask(device, "photo"))["file"]).read_bytes()
    assert frame.jpeg is not None
    assert data.endswith(frame.jpeg[2:])
    smaller = await ask(device, "photo", {"quality": 5})
    assert (library.path / smaller["file"]).stat().st_size < len(data)


async def test_a_photo_has_the_full_size_of_frames_that_are_scaled_down(
    make_camera_device: MakePhotographed, library: Library
) -> None:
    hardware = Hardware()
    hardware.make_frame = large_frame
    device = await make_camera_device(
        hardware, size="64x48", rotation=90, privacy=[{"points": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]}]
    )
    full = await ask(device, "photo")
    with Image.open(library.path / full["file"]) as image:
        assert image.size == (480, 640)
        assert np.asarray(image.convert("L"))[:, :230].max() < 12, "nothing leaves unmasked"
    usual = await ask(device, "photo", {"full_resolution": False})
    with Image.open(library.path / usual["file"]) as image:
        assert image.size == (48, 64)


async def test_png(make_camera_device: MakePhotographed, library: Library) -> None:
    device = await make_camera_device()
    result = await ask(device, "photo", {"type": "png"})
    assert result["file"].endswith("-photo.png")
    data = (library.path / result["file"]).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert tags_of(data)["Software"].startswith("mqttcam ")
    photo = await photo_of(library, result)
    assert (photo.type, photo.width, photo.bytes) == ("png", 64, len(data))
    assert (await refused(device, "photo", {"type": "gif"}))["field"] == "type"


async def test_raw_is_saved_beside_the_photo(make_camera_device: MakePhotographed, library: Library) -> None:
    def take(*, raw: bool) -> Still:
        return Still(large_frame(), b"II*\0 the sensor's" if raw else None, paused=True)

    device = await make_camera_device(Hardware(take_still=take, gives_raw=True))
    assert "raw" in camera_commands(device)["photo"].offered_arguments
    result = await ask(device, "photo", {"raw": True})
    assert result["raw"] == result["file"].replace(".jpg", ".dng")
    assert result["raw_url"] == f"{PAGE}files/{result['raw']}"
    assert (library.path / result["raw"]).read_bytes() == b"II*\0 the sensor's"
    photo = await photo_of(library, result)
    assert photo.raw
    assert photo.bytes == sum((library.path / result[key]).stat().st_size for key in ("file", "raw"))
    assert await library.delete_files(photo.stem)
    assert tree(library.path) == []


async def test_raw_is_refused_where_there_is_none_and_where_it_would_show_what_is_masked(
    make_camera_device: MakePhotographed,
) -> None:
    device = await make_camera_device()
    assert "raw" not in camera_commands(device)["photo"].offered_arguments
    error = await refused(device, "photo", {"raw": True})
    assert (error["code"], error["field"]) == ("not_supported", "raw")
    masked = await make_camera_device(
        Hardware(take_still=lambda *, raw: Still(large_frame()), gives_raw=True),
        privacy=[{"points": [[0, 0], [1, 0], [1, 1]]}],
    )
    error = await refused(masked, "photo", {"raw": True})
    assert (error["code"], error["field"]) == ("not_supported", "raw")
    assert "privacy" in error["message"]
    assert "raw" not in camera_commands(masked)["photo"].offered_arguments


async def test_one_photo_at_a_time_and_none_while_the_camera_is_off(
    make_camera_device: MakePhotographed, library: Library
) -> None:
    device = await make_camera_device()
    first = asyncio.create_task(ask(device, "photo"))
    await asyncio.sleep(0)
    assert (await refused(device, "photo"))["code"] == "busy"
    assert (await first)["ok"]
    device.set_enabled(False)
    error = await refused(device, "photo")
    assert (error["code"], error["message"]) == ("unavailable", "the camera is switched off")
    assert len(await library.files(_ALL, ("photo",))) == 1


async def test_no_photo_waits_in_memory_for_a_disk_that_hangs(
    make_camera_device: MakePhotographed, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = await make_camera_device()
    hangs, answers = threading.Event(), threading.Event()

    def hang(*arguments: Any) -> Photo:
        hangs.set()
        answers.wait(PATIENCE)
        return write_photo(*arguments)

    monkeypatch.setattr(photo_writer, "write_photo", hang)
    first = asyncio.create_task(ask(device, "photo"))
    await until(hangs.is_set, "the disk hangs")
    first.cancel()  # as after the time limit
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await refused(device, "photo"))["code"] == "busy"
    answers.set()
    while not (result := await ask(device, "photo"))["ok"]:
        assert result["error"]["code"] == "busy"
        await asyncio.sleep(0.01)
    await until(lambda: library.count == 2, "both, the first one late")


async def test_a_disk_that_refuses_a_photo_is_reported_and_leaves_nothing(
    make_camera_device: MakePhotographed, library: Library
) -> None:
    device = await make_camera_device()
    library.path.write_bytes(b"")  # a file in place of the folder
    error = await refused(device, "photo")
    assert error["code"] == "unavailable"
    assert error["message"].startswith("the photo is not saved: ")
    library.path.unlink()
    assert (await ask(device, "photo"))["ok"], "the camera goes on"


async def test_the_last_photo_is_known_after_a_restart_and_photos_are_no_recordings(
    make_camera_device: MakePhotographed, library: Library
) -> None:
    device = await make_camera_device()
    await ask(device, "photo")
    last = device.photos.last
    await device.stop()
    again = await make_camera_device()
    await until(lambda: again.photos.last == last, "the last photo")
    assert await library.recordings(_ALL) == []
    assert await library.find(_ALL) == []
    found = await library.files(_ALL, ("photo", "recording"))
    assert [type(one) for one in found] == [Photo]
    assert not isinstance(found[0], Recording)
