"""Odd videos as cameras, phones and programs make them: each is a line of a table, made here."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import simplejpeg

from mqttcam.camera.frame import PictureSpec
from tests.camera.files import frames, source_of
from tests.support.video import BT601, BT709, COLOUR, FULL, transport_stream, video

GREY = (94, 94, 94)
"""The luma of `COLOUR` (ITU-R BT.601)."""
BT2020 = 9

FORMATS: dict[str, dict[str, Any]] = {
    "yuv420p.mp4": {},
    "yuvj420p.mp4": {"pixels": "yuvj420p", "limits": FULL},
    "yuv422p.mkv": {"codec": "ffv1", "pixels": "yuv422p"},
    "yuvj422p.avi": {"codec": "mjpeg", "pixels": "yuvj422p", "limits": FULL},
    "yuv444p.mp4": {"pixels": "yuv444p"},
    "yuv410p.mkv": {"codec": "ffv1", "pixels": "yuv410p"},
    "yuv411p.mkv": {"codec": "ffv1", "pixels": "yuv411p"},
    "yuyv422.avi": {"codec": "rawvideo", "pixels": "yuyv422"},
    "yuva420p.mkv": {"codec": "ffv1", "pixels": "yuva420p"},
    "bgr0.mkv": {"codec": "ffv1", "pixels": "bgr0", "limits": FULL, "named": False},
    "ten bits.mp4": {"pixels": "yuv420p10le"},
    "ten bits 4:2:2.mkv": {"codec": "ffv1", "pixels": "yuv422p10le"},
    "grey.mkv": {"codec": "ffv1", "pixels": "gray", "limits": FULL, "colour": GREY},
    "grey in H.264.mp4": {"pixels": "gray", "limits": FULL, "colour": GREY},
    "grey of ten bits.mkv": {"codec": "ffv1", "pixels": "gray10le", "limits": FULL, "colour": GREY},
    "BT.709.mp4": {"space": BT709},
    "BT.709, full range.mp4": {"space": BT709, "limits": FULL},
    "BT.709, 4:4:4.mp4": {"space": BT709, "pixels": "yuv444p"},
    "BT.709, ten bits, full range.mkv": {
        "codec": "ffv1",
        "space": BT709,
        "limits": FULL,
        "pixels": "yuv420p10le",
    },
    "BT.709 by its size.mp4": {"space": BT709, "named": False, "size": (1280, 720)},
    "BT.601 by its size.mp4": {"space": BT601, "named": False, "size": (640, 480)},
    "BT.2020.mp4": {"space": BT2020, "pixels": "yuv420p10le"},
    "HEVC.mp4": {"codec": "libx265", "options": {"x265-params": "log-level=error"}},
    "VP9.webm": {"codec": "libvpx-vp9", "options": {"deadline": "realtime"}},
    "MPEG-2.mpg": {"codec": "mpeg2video"},
    "MPEG-4.mp4": {"codec": "mpeg4"},
    "H.263.3gp": {"codec": "h263", "size": (176, 144), "shown": (192, 144)},
    "motion JPEG.mjpeg": {"codec": "mjpeg", "pixels": "yuvj420p", "limits": FULL},
    "B-frames.mp4": {"options": {"bf": "3"}},
    "no timestamps.h264": {"options": {"bf": "3"}},
    "odd sides.mkv": {"codec": "ffv1", "pixels": "yuv420p", "size": (65, 49), "shown": (64, 48)},
    "odd sides, 4:4:4.mp4": {"pixels": "yuv444p", "size": (641, 361), "shown": (640, 360)},
    "one pixel.mkv": {"codec": "ffv1", "pixels": "yuv444p", "size": (1, 1), "shown": (2, 2)},
}


@pytest.mark.parametrize("name", FORMATS)
def test_picture_is_shown_in_its_colours(tmp_path: Path, name: str) -> None:
    options = dict(FORMATS[name])
    colour, shown = options.pop("colour", COLOUR), options.pop("shown", options.get("size", (64, 48)))
    if "codec" not in options:
        options["options"] = {"qp": "4"} | options.get("options", {})
    source = source_of(video(tmp_path / name, 4, **options))
    info = source.open()
    assert (info.width, info.height) == shown
    for frame in frames(source, 3):
        pixels = simplejpeg.decode_jpeg(frame.picture(PictureSpec(95)).jpeg)
        assert pixels.shape == (*shown[::-1], 3)
        place = pixels[shown[1] // 2, shown[0] * 3 // 4].astype(int)
        assert np.abs(place - colour).max() <= 5, place
        assert shown == (2, 2) or pixels[shown[1] // 4, shown[0] // 4].max() <= 5
    source.close()


def matrix(a: int, b: int, c: int, d: int) -> Callable[[Path], None]:
    """Return what writes a display matrix into an MP4's track header (ISO 14496-12, 8.3.2)."""

    def write(path: Path) -> None:
        data = path.read_bytes()
        upright = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
        at = data.index(upright, data.index(b"tkhd"))
        changed = struct.pack(">9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
        path.write_bytes(data[:at] + changed + data[at + len(changed) :])

    return write


@pytest.mark.parametrize(
    ("write", "black"),
    [
        (matrix(1, 0, 0, 1), "upper left"),
        (matrix(0, 1, -1, 0), "upper right"),
        (matrix(-1, 0, 0, -1), "lower right"),
        (matrix(0, -1, 1, 0), "lower left"),
        (matrix(-1, 0, 0, 1), "upper right"),
        (matrix(1, 0, 0, -1), "lower left"),
        (matrix(0, 1, 1, 0), "upper left"),
        (matrix(0, -1, -1, 0), "lower right"),
    ],
    ids=[
        "upright",
        "90",
        "180",
        "270",
        "mirrored",
        "upside down and mirrored",
        "transposed",
        "transposed across",
    ],
)
@pytest.mark.parametrize("aspect", ["1/1", "4/3"])
def test_turned_and_mirrored_as_players_do(
    tmp_path: Path, write: Callable[[Path], None], black: str, aspect: str
) -> None:
    path = video(
        tmp_path / "v.mp4", 1, (96, 96), options={"qp": "4", "x264-params": f"sar={aspect}"}
    )  # a quarter of it is black
    write(path)
    source = source_of(path)
    source.open()
    pixels = simplejpeg.decode_jpeg(next(frames(source, 1)).picture(PictureSpec(95)).jpeg)
    height, width = pixels.shape[:2]
    wide = Fraction(aspect) != 1
    assert sorted((width, height)) == ([96, 128] if wide else [96, 96])
    places = {
        f"{row} {column}": pixels[height * y // 4, width * x // 4]
        for row, y in (("upper", 1), ("lower", 3))
        for column, x in (("left", 1), ("right", 3))
    }
    assert [place for place, pixel in places.items() if pixel.max() < 20] == [black]
    source.close()


def test_size_that_changes_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "v.ts"
    sizes = [(64, 48), (96, 64), (64, 48)]
    path.write_bytes(b"".join(b"".join(transport_stream(5, size=size)) for size in sizes))
    source = source_of(path)
    source.open()
    seen = []
    for frame in frames(source, 13):
        pixels = simplejpeg.decode_jpeg(frame.picture(PictureSpec(95)).jpeg)
        assert pixels.shape == (frame.height, frame.width, 3)
        assert np.abs(pixels[20, 40].astype(int) - COLOUR).max() <= 12
        seen.append((frame.width, frame.height))
    assert list(dict.fromkeys(seen)) == sizes[:2]
    source.close()


def test_video_that_begins_between_two_key_frames(tmp_path: Path) -> None:
    path = tmp_path / "v.ts"
    path.write_bytes(b"".join(transport_stream(20, key_frames=(0, 10))[3:]))
    source = source_of(path)
    source.open()
    for frame in frames(source, 5):
        pixels = simplejpeg.decode_jpeg(frame.picture(PictureSpec(95)).jpeg)
        assert np.abs(pixels[24, 48].astype(int) - COLOUR).max() <= 12
    source.close()


def test_rate_that_varies(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), COLOUR, np.uint8), format="rgb24")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for time in (0, 1, 2, 50, 51, 300):
            frame = picture.reformat(format="yuv420p")
            frame.pts, frame.time_base = time, Fraction(1, 10)
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    source = source_of(path, source={"loop": False})
    source.open()
    assert len(list(frames(source, 6))) == 6
    source.close()


def test_cover_is_not_the_video(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        grey = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 128, np.uint8), format="rgb24")
        for packet in cover.encode(grey.reformat(format="yuvj420p")):
            container.mux(packet)
        picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), COLOUR, np.uint8), format="rgb24")
        for _ in range(3):
            for packet in stream.encode(picture.reformat(format="yuv420p")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    info = source_of(path).open()
    assert (info.width, info.height) == (64, 48)
