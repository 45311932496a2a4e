"""What leaves a frame with a privacy mask: nothing that is hidden, on any path."""

from __future__ import annotations

import io
import struct
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import simplejpeg
from PIL import ExifTags, Image

from mqttcam.camera.adjustment import Adjustment
from mqttcam.camera.frame import Frame, PictureSpec, fit_picture
from mqttcam.camera.markings import Markings
from mqttcam.imaging.exif import orientation
from mqttcam.imaging.jpeg import segments
from mqttcam.imaging.orientation import UPRIGHT, rotation
from mqttcam.imaging.privacy_mask import PrivacyMask
from mqttcam.imaging.raster import Planes, Raster
from mqttcam.imaging.rate_control import JpegRateControl
from mqttcam.motion.detector import small_luma
from tests.camera.broken import Hardware
from tests.camera.conftest import MakeCamera
from tests.support.cameras import running

SIZE = WIDTH, HEIGHT = 320, 240
CORNER = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5))
MARKINGS = Markings(PrivacyMask([CORNER]))
TOP_LEFT = """The upper left quarter of the picture as it is shown, which `MARKINGS` hide."""


def bright(width: int = WIDTH, height: int = HEIGHT) -> Planes:
    half = height // 2, width // 2
    return np.full((height, width), 210, np.uint8), np.full(half, 90, np.uint8), np.full(half, 150, np.uint8)


def photo(width: int = WIDTH, height: int = HEIGHT) -> bytes:
    return bytes(simplejpeg.encode_jpeg_yuv_planes(*bright(width, height), 90))


def with_thumbnail(jpeg: bytes, value: int) -> bytes:
    """The JPEG of a phone: an orientation, and a small picture of the whole in its Exif data."""
    small = photo(16, 16)
    where = struct.pack("<HHHII", 1, 0x0112, 3, 1, value) + struct.pack("<I", 26)
    thumbnail = struct.pack("<HHHIIHHIII", 2, 0x0201, 4, 1, 56, 0x0202, 4, 1, len(small), 0)
    segment = b"Exif\0\0II*\0" + struct.pack("<I", 8) + where + thumbnail + small
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


def hidden(luma: Any) -> bool:
    """Whether the upper left quarter is black, and nothing else."""
    height, width = luma.shape
    rows, columns = height // 2, width // 2
    margin = max(4, height // 30)
    return bool(
        (luma[: rows - margin, : columns - margin] < 12).all()
        and (luma[rows + margin :] > 180).all()
        and (luma[:, columns + margin :] > 180).all()
    )


def grey(jpeg: bytes) -> Any:
    return simplejpeg.decode_jpeg(jpeg, "GRAY")[..., 0]


def luma_of(raster: Raster) -> Any:
    return raster[0] if isinstance(raster, tuple) else raster[..., 1]


def read_only(*size: int) -> Planes:
    y, u, v = bright(*size)
    for plane in (y, u, v):
        plane.flags.writeable = False
    return y, u, v


FRAMES: dict[str, Callable[[], Frame]] = {
    "planes": lambda: Frame(1, *SIZE, bright()),
    "read-only planes": lambda: Frame(1, *SIZE, read_only()),
    "planes with a small picture": lambda: Frame(1, *SIZE, bright(), lores=bright(160, 120)),
    "read-only planes with a small picture": lambda: Frame(1, *SIZE, read_only(), lores=read_only(160, 120)),
    "JPEG": lambda: Frame(1, *SIZE, jpeg=photo()),
    "JPEG of a phone": lambda: Frame(1, *SIZE, jpeg=with_thumbnail(photo(), 6)),
}
ADJUSTMENTS = [
    None,
    Adjustment(width=160, height=120),
    *(Adjustment(rotation(degrees)) for degrees in (90, 180, 270)),
    Adjustment(rotation(90), 160, 120),
]


@pytest.fixture(params=FRAMES)
def make(request: pytest.FixtureRequest) -> Callable[[], Frame]:
    return FRAMES[request.param]


@pytest.fixture(params=ADJUSTMENTS, ids=str)
def frame(request: pytest.FixtureRequest, make: Callable[[], Frame]) -> Frame:
    """A frame with a mask, of each kind and with each adjustment."""
    made = make()
    made.adjustment = request.param
    made.markings = MARKINGS
    return made


@pytest.mark.parametrize("spec", [PictureSpec(), PictureSpec(50), PictureSpec(max_width=100)])
def test_pictures(frame: Frame, spec: PictureSpec) -> None:
    assert not frame.is_ready(spec)
    for one in (frame.copy(), frame):
        picture = one.picture(spec)
        assert hidden(grey(picture.jpeg))
        assert grey(picture.jpeg).shape == (picture.height, picture.width)
        if spec.max_width is None:
            assert (picture.width, picture.height) == (one.width, one.height)


def test_pictures_in_the_size_in_which_the_frame_came(frame: Frame) -> None:
    for whole in (frame.copy().unscaled(), frame.unscaled()):
        for spec in (PictureSpec(), PictureSpec(95)):
            picture = whole.picture(spec)
            assert hidden(grey(picture.jpeg))
            assert sorted((picture.width, picture.height)) == sorted(SIZE)
        assert hidden(luma_of(whole.raster()))
    assert hidden(grey(frame.picture(PictureSpec()).jpeg)), "its own pictures are as before"


def test_pictures_that_have_to_be_smaller(frame: Frame) -> None:
    limit = len(frame.picture(PictureSpec(95)).jpeg) * 9 // 10
    picture = fit_picture(frame, PictureSpec(95), limit, JpegRateControl())
    assert picture is not None
    assert hidden(grey(picture.jpeg))


@pytest.mark.parametrize("max_width", [None, 100])
def test_video(frame: Frame, max_width: int | None) -> None:
    for one in (frame, frame.copy()):
        assert hidden(luma_of(one.raster(max_width)))


def test_motion_detection(frame: Frame) -> None:
    luma = small_luma(frame)
    assert hidden(luma)
    assert luma.shape[0] / luma.shape[1] == pytest.approx(frame.height / frame.width, rel=0.1)


def test_what_the_source_gave_is_not_to_be_had(frame: Frame) -> None:
    assert frame.jpeg is None
    if frame.planes is not None:
        assert frame.planes[0].min() == 0
    if frame.lores is not None:
        assert frame.lores[0].min() == 0


def test_a_jpeg_leaves_its_exif_data_behind() -> None:
    frame = FRAMES["JPEG of a phone"]()
    assert frame.jpeg is not None
    with Image.open(io.BytesIO(frame.jpeg)) as image:
        at, length = (image.getexif().get_ifd(ExifTags.IFD.IFD1)[tag] for tag in (0x0201, 0x0202))
        assert grey(image.info["exif"][6:][at : at + length]).min() > 180, "it has a thumbnail"
    frame.markings = MARKINGS
    made = frame.picture(PictureSpec()).jpeg
    assert made.count(b"\xff\xd8\xff") == 1
    assert 0xE1 not in [marker for marker, _, _ in segments(made)]
    assert orientation(made) == UPRIGHT


def test_planes_that_can_be_written_to_are_not_copied() -> None:
    planes, lores = bright(), bright(160, 120)
    frame = Frame(1, *SIZE, planes, lores=lores)
    frame.markings = MARKINGS
    frame.picture(PictureSpec())
    assert frame.planes is planes
    assert frame.lores is lores


def test_memory_of_the_source_is_left_alone_where_it_is_read_only() -> None:
    planes = read_only()
    frame = Frame(1, *SIZE, planes)
    frame.markings = MARKINGS
    assert hidden(grey(frame.picture(PictureSpec()).jpeg))
    assert (planes[0] == 210).all()


def test_nothing_is_drawn_into_a_frame_that_nobody_reads() -> None:
    planes = bright()
    frame = Frame(1, *SIZE, planes)
    frame.markings = MARKINGS
    assert (planes[0] == 210).all()


def test_a_still_that_shows_more_hides_the_same_things() -> None:
    """The stream is the middle half of what the still shows."""
    frame = Frame(1, *SIZE, bright())
    still = MARKINGS.in_larger_picture((80, 60, 160, 120), (0, 0, 320, 240), UPRIGHT)
    frame.markings = still
    assert hidden(grey(frame.picture(PictureSpec()).jpeg)), "its corner reaches as far, and to the edges"
    assert MARKINGS.in_larger_picture(None, (0, 0, 320, 240), UPRIGHT) is MARKINGS


def test_a_turned_still_that_shows_more_on_one_side() -> None:
    """The stream is the lower half of what the still shows, which is to the left once it is turned."""
    frame = Frame(1, *SIZE, bright())
    frame.adjustment = Adjustment(rotation(90))
    whole = Markings(PrivacyMask([((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))]))
    frame.markings = whole.in_larger_picture((0, 120, 320, 120), (0, 0, 320, 240), frame.orientation)
    luma = grey(frame.picture(PictureSpec()).jpeg)
    assert luma[160, 60] < 12
    assert (luma[:, 130:] > 180).all()


async def test_every_frame_of_a_camera_has_it(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    hardware.make_frame = lambda: Frame(time.time_ns(), *SIZE, bright())
    settings = {"privacy": [{"points": CORNER}], "rotation": 90, "size": "160x120"}
    camera = make_camera(hardware, settings=settings)
    camera.start()
    await running(camera)
    picture = await camera.take_snapshot(PictureSpec(), 5)
    assert (picture.width, picture.height) == (120, 160)
    assert hidden(grey(picture.jpeg))
