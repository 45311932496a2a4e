"""The v4l2 source on a USB camera that delivers MJPEG, driven by the kernel's uvcvideo (see `usb_camera.py`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest
import simplejpeg

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.v4l2 import V4l2Camera, attached
from mqttcam.camera.status import CameraStatus
from mqttcam.camera.timing import Timing
from mqttcam.settings import CameraSettings, parse_size
from mqttcam.settings.sources.v4l2 import V4l2Source
from mqttcam.values import Choice, Number
from tests.support.cameras import failed, running
from tests.support.waiting import wait_for
from tests.virtual_pi.inside_vm.test_v4l2 import camera_of, frame_of
from tests.virtual_pi.inside_vm.usb_camera import HEIGHT, ID, WIDTH, UsbCamera

_SIZE = f"{WIDTH}x{HEIGHT}"
_BRIGHTNESS, _POWER_LINE = 2, 5


@pytest.fixture(scope="module")
def pictures() -> list[bytes]:
    """A small one and two that take several payloads."""
    random = np.random.default_rng(0)
    noise = [random.integers(0, limit, (HEIGHT, WIDTH, 3), dtype=np.uint8) for limit in (2, 120, 255)]
    return [bytes(simplejpeg.encode_jpeg(one, quality=90)) for one in noise]


class Plug:
    """Plugs a camera in, unplugs it, and plugs it in again."""

    def __init__(self, pictures: list[bytes]) -> None:
        self._pictures = pictures
        self.camera = self.plug_in()

    def plug_in(self) -> UsbCamera:
        """Plug it in; return once the kernel has a device for it."""
        self.camera = UsbCamera(self._pictures)
        wait_for(lambda: ID in {found.id for found in attached()}, "the kernel has the camera")
        return self.camera

    def unplug(self) -> None:
        """Unplug it; return once the kernel has no device for it any more."""
        self.camera.unplug()
        wait_for(lambda: ID not in {found.id for found in attached()}, "the camera is gone")


@pytest.fixture
def plug(pictures: list[bytes]) -> Iterator[Plug]:
    one = Plug(pictures)
    yield one
    one.unplug()


@pytest.fixture
def source(plug: Plug) -> Iterator[V4l2Camera]:
    camera = camera_of(ID, size=_SIZE)
    camera.open()
    yield camera
    camera.close()


@pytest.fixture
async def camera(plug: Plug) -> AsyncIterator[Camera]:
    one = Camera(
        "front",
        CameraSettings(source=V4l2Source(device=ID), size=parse_size(_SIZE)),
        timing=Timing(min_frame_age=1.0),
    )
    yield one
    await one.stop()


def test_mjpeg_is_passed_through_byte_for_byte(source: V4l2Camera, pictures: list[bytes]) -> None:
    seen = set()
    for _ in range(12):
        frame = frame_of(source)
        assert frame.planes is None
        assert frame.jpeg in pictures
        assert frame.picture(PictureSpec()).jpeg is frame.jpeg
        seen.add(frame.jpeg)
    assert seen == set(pictures)


def test_usb_camera_is_listed(plug: Plug) -> None:
    found = next(one for one in attached() if one.id == ID)
    assert "Test camera" in found.model
    assert found.sizes == [(WIDTH, HEIGHT)]
    assert found.source == {"type": "v4l2", "device": ID}


def test_yuyv_from_a_camera_without_it_is_an_error(plug: Plug) -> None:
    with pytest.raises(SourceError, match=r"offers MJPG, and none of YUYV, UYVY, YVYU, VYUY and .* more"):
        camera_of(ID, format="yuyv").open()


def test_its_controls(source: V4l2Camera, plug: Plug) -> None:
    controls = {name: one.control for name, one in source._controls.items()}
    assert controls["Brightness"].kind == Number(-64, 64, integer=True)
    assert isinstance(controls["PowerLineFrequency"].kind, Choice)
    assert controls["PowerLineFrequency"].kind.options == ("Disabled", "50 Hz", "60 Hz")
    applied = source.apply({"Brightness": -20, "PowerLineFrequency": "60 Hz"})
    assert applied == {"Brightness": -20, "PowerLineFrequency": "60 Hz"}
    assert (plug.camera.values[_BRIGHTNESS], plug.camera.values[_POWER_LINE]) == (-20, 2)


async def test_unplugged_and_plugged_in_again(camera: Camera, plug: Plug) -> None:
    camera.start()
    await running(camera)
    await camera.apply({"brightness": 33})
    plug.camera.unplug()
    await failed(camera, "")
    await failed(camera, f"there is no camera {ID}")
    plug.plug_in()
    await running(camera)
    assert plug.camera.values[_BRIGHTNESS] == 33, "the new one is told what the old one was"
    assert await camera.take_snapshot(PictureSpec(), 10)


async def test_stalled_camera_is_started_again(camera: Camera, plug: Plug) -> None:
    camera.start()
    await running(camera)
    plug.camera.stalled = True
    await failed(camera, "no frame for")
    await running(camera)
    assert (camera.status, camera.stats.restarts) == (CameraStatus.RUNNING, 1)
