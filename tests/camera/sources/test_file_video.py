"""The source `file` on real videos, made here."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import simplejpeg

from mqttcam.camera.frame import Frame, PictureSpec
from mqttcam.camera.markings import Markings
from mqttcam.camera.source import SourceEnded, SourceError
from mqttcam.camera.sources.file.video import VideoReader
from mqttcam.imaging.privacy_mask import PrivacyMask
from tests.camera.conftest import MakeCamera
from tests.camera.files import file_camera, frames, source_of
from tests.support.cameras import running
from tests.support.pictures import size_of
from tests.support.video import BT601, BT709, COLOUR, FULL, LIMITED, video


def shown(source: Any) -> np.ndarray[Any, Any]:
    """The next frame as a person sees it."""
    frame = next(frames(source, 1))
    return np.asarray(simplejpeg.decode_jpeg(frame.picture(PictureSpec(95)).jpeg))


@pytest.mark.parametrize(
    ("space", "limits", "named", "size"),
    [
        (BT601, LIMITED, True, (64, 48)),
        (BT601, FULL, True, (64, 48)),
        (BT709, LIMITED, True, (64, 48)),
        (BT709, FULL, True, (1280, 720)),
        (BT709, LIMITED, False, (1280, 720)),
        (BT601, LIMITED, False, (320, 240)),
    ],
)
def test_colours_are_those_of_a_jpeg(
    tmp_path: Path, space: int, limits: int, named: bool, size: tuple[int, int]
) -> None:
    path = video(tmp_path / "v.mp4", 1, size, space=space, limits=limits, named=named, options={"qp": "4"})
    source = source_of(path)
    source.open()
    pixels = shown(source)
    right, black = pixels[size[1] // 2, size[0] * 3 // 4], pixels[size[1] // 4, size[0] // 4]
    assert np.abs(right.astype(int) - COLOUR).max() <= 4, right
    assert black.max() <= 4


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("v.mp4", {}),
        ("v.mkv", {"codec": "mpeg4"}),
        ("v.avi", {"codec": "mjpeg", "pixels": "yuvj420p", "limits": FULL}),
        ("v.mjpeg", {"codec": "mjpeg", "pixels": "yuvj420p", "limits": FULL}),
        ("ten_bits.mkv", {"codec": "ffv1", "pixels": "yuv420p10le"}),
        ("444.mkv", {"codec": "ffv1", "pixels": "yuv444p"}),
        ("no_suffix", None),
    ],
)
def test_kinds_of_video(tmp_path: Path, name: str, options: dict[str, Any] | None) -> None:
    path = tmp_path / name
    if options is None:
        video(tmp_path / "v.mp4").rename(path)
    else:
        video(path, **options)
    source = source_of(path)
    info = source.open()
    assert (info.model, info.width, info.height) == ("Video file", 64, 48)
    for _ in range(12):
        assert np.abs(shown(source)[24, 48].astype(int) - COLOUR).max() <= 12
    source.close()


def test_frames_in_turn_looped(tmp_path: Path) -> None:
    source = source_of(video(tmp_path / "v.mkv", codec="ffv1", fade=True))
    source.open()
    greys = [int(shown(source)[24, 48, 0]) for _ in range(11)]
    expected = ([0, 40, 80, 120, 160] * 3)[:11]
    assert np.abs(np.array(greys) - expected).max() <= 4, greys


def test_not_looped_it_ends(tmp_path: Path) -> None:
    source = source_of(video(tmp_path / "v.mp4", 3), source={"loop": False})
    source.open()
    assert len(list(frames(source, 3))) == 3
    with pytest.raises(SourceEnded):
        list(frames(source, 1))


@pytest.mark.parametrize(
    ("size", "aspect", "shown_size"),
    [
        ((704, 576), "16/11", (1024, 576)),
        ((640, 480), "4/3", (852, 480)),
        ((704, 288), "6/11", (384, 288)),
        ((64, 48), "1/1", (64, 48)),
        ((64, 48), "100/1", (64, 48)),
    ],
)
@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.ts"])
def test_pixels_are_square(
    tmp_path: Path, name: str, size: tuple[int, int], aspect: str, shown_size: tuple[int, int]
) -> None:
    source = source_of(video(tmp_path / name, 1, size, options={"x264-params": f"sar={aspect}"}))
    info = source.open()
    assert (info.width, info.height) == shown_size
    pixels = shown(source)
    assert pixels.shape == (*shown_size[::-1], 3)
    assert pixels[shown_size[1] // 4, shown_size[0] // 2 - 8].max() < 20
    assert np.abs(pixels[shown_size[1] // 4, shown_size[0] // 2 + 8].astype(int) - COLOUR).max() <= 12


def test_wide_pixels_beyond_the_limit_stay_as_they_are(tmp_path: Path) -> None:
    path = video(tmp_path / "v.mp4", 1, (160, 96), options={"x264-params": "sar=4/1"})
    info = source_of(path, source={"max_pixels": 40_000}).open()
    assert (info.width, info.height) == (160, 96)


def test_odd_sides_lose_a_pixel(tmp_path: Path) -> None:
    source = source_of(video(tmp_path / "v.mkv", size=(65, 49), codec="ffv1", pixels="yuv444p"))
    info = source.open()
    assert (info.width, info.height) == (64, 48)
    assert shown(source).shape == (48, 64, 3)


def panned(path: Path, count: int) -> Path:
    """Write a full-range video of a picture that moves to the left, so that each frame is made of the one before."""
    scene = np.repeat(np.random.default_rng(1).integers(30, 220, (12, 40, 3), np.uint8), 8, 0).repeat(8, 1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "10", "g": "100"})
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuvj420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = BT601, FULL
        for number in range(count):
            picture = np.ascontiguousarray(scene[:, 8 * number : 8 * number + 128])
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            converted = frame.reformat(format="yuvj420p", dst_colorspace=BT601, dst_color_range=FULL)
            container.mux(stream.encode(converted))
        container.mux(stream.encode())
    return path


def test_what_is_drawn_into_a_frame_is_not_in_the_next_ones(tmp_path: Path) -> None:
    """Full-range video is not converted, and the decoder makes each picture of the one before."""
    path = panned(tmp_path / "v.mp4", 6)
    mask = Markings(PrivacyMask([((0.5, 0), (1, 0), (1, 0.5), (0.5, 0.5))]))

    def lumas(markings: Markings | None) -> list[Any]:
        reader, found = VideoReader(path, 10_000_000), []
        while (frame := reader.next()) is not None:
            frame.markings = markings
            raster = frame.raster()
            assert isinstance(raster, tuple)
            found.append(raster[0].copy())
        return found

    plain, masked = lumas(None), lumas(mask)
    assert len(plain) == len(masked) == 6
    for before, after in zip(plain, masked, strict=True):
        assert (after[:48, 64:] == 0).all()
        assert (after[52:] == before[52:]).all()
        assert (after[:, :60] == before[:, :60]).all()


@pytest.mark.parametrize(("turn", "black"), [(90, "right upper"), (180, "right lower"), (270, "left lower")])
def test_phone_held_otherwise(tmp_path: Path, turn: int, black: str) -> None:
    path = video(tmp_path / "v.mp4", size=(128, 96), options={"qp": "4"})
    _note_turn(path, turn)
    source = source_of(path)
    info = source.open()
    assert (info.width, info.height) == ((96, 128) if turn != 180 else (128, 96))
    pixels = shown(source)
    height, width = pixels.shape[:2]
    spots = {
        "left upper": pixels[height // 4, width // 4],
        "right upper": pixels[height // 4, width * 3 // 4],
        "left lower": pixels[height * 3 // 4, width // 4],
        "right lower": pixels[height * 3 // 4, width * 3 // 4],
    }
    assert [name for name, spot in spots.items() if spot.max() < 20] == [black]


def _note_turn(path: Path, degrees: int) -> None:
    """Write a clockwise turn into an MP4's track header (ISO 14496-12, 8.3.2), as phones do."""
    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    data = path.read_bytes()
    at = data.index(struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30), data.index(b"tkhd"))
    matrix = struct.pack(">9i", cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30)
    path.write_bytes(data[:at] + matrix + data[at + len(matrix) :])


def test_damage_in_the_middle_costs_the_pictures_there(tmp_path: Path) -> None:
    path = video(tmp_path / "v.avi", 20, codec="mjpeg", pixels="yuvj420p", limits=FULL)
    data = bytearray(path.read_bytes())
    starts = [at for at in range(len(data)) if data[at : at + 4] == b"00dc"][:20]
    for start in starts[8:10]:
        data[start + 8 : start + 200] = bytes(192)
    path.write_bytes(data)
    source = source_of(path, source={"loop": False})
    source.open()
    seen: list[Frame] = []
    with pytest.raises(SourceEnded):
        seen.extend(frames(source, 100))
    assert 17 <= len(seen) <= 20


@pytest.mark.parametrize("kind", ["empty", "text", "sound"])
def test_what_is_no_video_is_told(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "v.mp4"
    if kind == "sound":
        with av.open(str(path), "w") as container:
            stream = container.add_stream("aac", rate=8000)
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 8000
            for packet in [*stream.encode(frame), *stream.encode()]:
                container.mux(packet)
    else:
        path.write_bytes(b"" if kind == "empty" else b"this is no video" * 100)
    with pytest.raises(
        SourceError, match=r"v\.mp4 (cannot be read as a video|has no video stream|has no picture)"
    ):
        source_of(path).open()


def test_video_without_a_decoder_is_refused(tmp_path: Path) -> None:
    path = video(tmp_path / "v.mp4")
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(SourceError, match="there is no decoder for the video"):
        source_of(path).open()


def test_title_that_is_not_utf_8_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "v.mkv"
    with av.open(str(video(tmp_path / "v.mp4"))) as original, av.open(str(path), "w") as titled:
        titled.metadata["title"] = "TITLE"
        stream = titled.add_stream_from_template(original.streams.video[0])
        for packet in original.demux(original.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                titled.mux(packet)
    path.write_bytes(path.read_bytes().replace(b"TITLE", "Gärtl".encode("latin-1")))
    source = source_of(path)
    source.open()
    assert len(list(frames(source, 5))) == 5


def test_without_pyav_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = video(tmp_path / "v.mp4")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(SourceError, match=r"pip install 'mqttcam\[video\]'"):
        source_of(path).open()


async def test_camera_on_a_video(make_camera: MakeCamera, tmp_path: Path) -> None:
    camera = file_camera(make_camera, video(tmp_path / "v.mp4", size=(128, 96)), size="64x64", hflip=True)
    camera.start()
    await running(camera)
    for _ in range(12):
        picture = await camera.take_snapshot(PictureSpec(), 5)
        assert size_of(picture.jpeg) == (64, 48)
    assert simplejpeg.decode_jpeg(picture.jpeg)[5, -5].max() < 30
