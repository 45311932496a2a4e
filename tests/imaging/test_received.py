"""Pictures from elsewhere: shown as browsers and ffmpeg show them, or refused in words."""

from __future__ import annotations

import base64
import io
import struct
import subprocess
import sys
import time
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from mqttcam.camera.adjustment import Adjustment
from mqttcam.camera.frame import Frame, PictureSpec
from mqttcam.imaging.orientation import rotation
from mqttcam.imaging.raster import decode, encode
from mqttcam.imaging.received import ReceivedPicture, read_picture
from mqttcam.imaging.signatures import format_of
from mqttcam.motion.detector import small_luma
from tests.imaging.odd_jpegs import HEIGHT, WIDTH, Odd, behind_start, odd_jpegs, picture, saved, segment
from tests.support.pictures import claiming, jpeg

ODD = list(odd_jpegs())
SHOWN = [odd for odd in ODD if odd.refused is None]
REFUSED = [odd for odd in ODD if odd.refused is not None]
DAMAGED = "damage inside"
GOOD = jpeg(64, 48)


def ids(odd: Odd) -> str:
    return odd.name


def pixels_of(read: ReceivedPicture) -> NDArray[np.int64]:
    """Red, green and blue as our own decoder has them."""
    data = read.jpeg
    if data is None:
        assert read.planes is not None
        data = encode(read.planes, 95)
    return decode(data)[..., :3].astype(int)


def reference(data: bytes) -> Image.Image:
    """The picture as Pillow decodes it."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image.convert("RGB")


@pytest.mark.parametrize("odd", SHOWN, ids=ids)
def test_odd_jpeg_is_shown(odd: Odd) -> None:
    """By our own decoder and by Pillow, with the right colours, and in a form that needs no tolerance."""
    read = read_picture(odd.data)
    assert (read.width, read.height) == odd.size
    assert (read.jpeg is None) == odd.decoded
    shown = pixels_of(read)
    assert shown.shape[:2] == odd.size[::-1]
    if read.jpeg is not None:
        assert read.jpeg.startswith(b"\xff\xd8")
        assert read.jpeg.endswith(b"\xff\xd9")
        assert b"\xff\xc4" in read.jpeg[: read.jpeg.index(b"\xff\xda", 2)] or b"\xff\xc4" in read.jpeg
        assert read_picture(read.jpeg).jpeg == read.jpeg, "nothing is left to mend"
    if odd.name != DAMAGED:
        source = odd.data if odd.decoded else read.jpeg
        assert source is not None
        assert np.abs(shown - np.asarray(reference(source)).astype(int)).mean() < 3


@pytest.mark.parametrize("odd", SHOWN, ids=ids)
def test_odd_jpeg_as_a_frame(odd: Odd) -> None:
    """It can be encoded again, made smaller and mirrored; sizes are what they are said to be."""
    read = read_picture(odd.data)
    for spec, adjustment in (
        (PictureSpec(), None),
        (PictureSpec(50), None),
        (PictureSpec(85, 16), None),
        (PictureSpec(), Adjustment(rotation(90))),
        (PictureSpec(), Adjustment(rotation(180))),
        (PictureSpec(), Adjustment(width=40, height=40)),
    ):
        frame = Frame(time.time_ns(), read.width, read.height, read.planes, read.jpeg)
        frame.adjustment = adjustment
        made = frame.picture(spec)
        with Image.open(io.BytesIO(made.jpeg)) as image:
            image.load()
            assert image.size == (made.width, made.height)
        assert small_luma(frame).size


@pytest.mark.parametrize("odd", REFUSED, ids=ids)
def test_odd_jpeg_is_refused_in_words(odd: Odd) -> None:
    with pytest.raises(ValueError, match=odd.refused) as caught:
        read_picture(odd.data)
    assert len(str(caught.value)) < 150
    assert "\n" not in str(caught.value)


def test_whole_jpeg_is_passed_through_as_it_is() -> None:
    assert read_picture(GOOD).jpeg is GOOD


def test_exif_orientation_is_kept_and_applied_once() -> None:
    """Browsers turn a JPEG as its Exif data say; what is encoded again is turned, and says nothing."""
    exif = Image.Exif()
    exif[0x0112] = 6
    read = read_picture(saved(picture(), exif=exif))
    frame = Frame(0, read.width, read.height, jpeg=read.jpeg)
    as_it_is, again = frame.picture(PictureSpec()).jpeg, frame.picture(PictureSpec(90)).jpeg
    seen = ImageOps.exif_transpose(Image.open(io.BytesIO(as_it_is)))
    with Image.open(io.BytesIO(again)) as image:
        assert image.size == seen.size == (HEIGHT, WIDTH)
        assert image.getexif().get(0x0112) is None
        difference = np.abs(np.asarray(image).astype(int) - np.asarray(seen).astype(int))
        assert difference.mean() < 4


# other formats

PIXELS = np.asarray(picture())
GREY = np.asarray(picture().convert("L"))


def png16(samples: NDArray[np.uint16], colour_type: int, *, interlaced: bool = False) -> bytes:
    """A PNG of 16 bits, which Pillow does not write."""
    height, width = samples.shape[:2]
    rows = samples.astype(">u2")
    passes = [(0, 0, 1, 1)]
    if interlaced:  # Adam7: first column and row, and their steps
        passes = [
            (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
        ]  # fmt: skip
    raw = b""
    for left, top, across, down in passes:
        part = rows[top::down, left::across]
        if part.shape[0] and part.shape[1]:
            raw += b"".join(b"\0" + row.tobytes() for row in part)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, int(interlaced))
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def with_alpha(mode: str) -> Image.Image:
    """A picture whose alpha is 0 on the left and 255 on the right."""
    image = picture().convert(mode)
    image.putalpha(Image.linear_gradient("L").rotate(90).resize(image.size))
    return image


WIDE = PIXELS.astype(np.uint16) * 257
OTHERS = {
    "PNG": (saved(picture(), "PNG"), PIXELS, 2),
    "PNG, 16 bits": (png16(WIDE, 2), PIXELS, 2),
    "PNG, 16 bits, interlaced": (png16(WIDE, 2, interlaced=True), PIXELS, 2),
    "PNG, 16 bits, alpha": (png16(np.dstack([WIDE, WIDE[..., :1]]), 6), PIXELS, 2),
    "PNG, grey": (saved(picture().convert("L"), "PNG"), GREY, 1),
    "PNG, grey, 16 bits": (png16(WIDE[..., 0], 0), PIXELS[..., 0], 1),
    "PNG, grey, 16 bits, interlaced": (png16(WIDE[..., 0], 0, interlaced=True), PIXELS[..., 0], 1),
    "PNG, grey and alpha": (saved(with_alpha("L"), "PNG"), GREY, 1),
    "PNG, alpha": (saved(with_alpha("RGB"), "PNG"), PIXELS, 2),
    "PNG, palette": (saved(picture().quantize(256), "PNG"), PIXELS, 8),
    "PNG, palette with transparency": (
        saved(picture().quantize(256), "PNG", transparency=bytes(range(256))), PIXELS, 8,
    ),
    "PNG, 16 colours": (saved(picture().quantize(16), "PNG", bits=4), PIXELS, 25),
    "PNG, black and white": (saved(picture().convert("1"), "PNG"), np.asarray(picture().convert("1")) * 255, 1),
    "WebP": (saved(picture(), "WEBP", quality=95), PIXELS, 5),
    "WebP, lossless": (saved(picture(), "WEBP", lossless=True), PIXELS, 2),
    "WebP, alpha": (saved(with_alpha("RGB"), "WEBP", lossless=True, exact=True), PIXELS, 2),
    "WebP, animated": (
        saved(picture(), "WEBP", save_all=True, append_images=[Image.new("RGB", (WIDTH, HEIGHT))], lossless=True),
        PIXELS, 2,
    ),
    "BMP": (saved(picture(), "BMP"), PIXELS, 2),
    "BMP, palette": (saved(picture().quantize(256), "BMP"), PIXELS, 8),
    "GIF": (saved(picture().quantize(256), "GIF"), PIXELS, 8),
    "GIF, animated": (
        saved(picture().quantize(256), "GIF", save_all=True, append_images=[Image.new("RGB", (WIDTH, HEIGHT))]),
        PIXELS, 8,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_other_formats_have_the_right_colours(name: str) -> None:
    data, expected, tolerance = OTHERS[name]
    read = read_picture(data)
    assert (read.width, read.height, read.jpeg) == (WIDTH, HEIGHT, None)
    assert read.planes is not None
    luma = np.asarray(Image.fromarray(expected.astype(np.uint8)).convert("L")).astype(int)
    assert np.abs(read.planes[0].astype(int) - luma).max() <= max(tolerance, 2) * 6
    assert np.abs(read.planes[0].astype(int) - luma).mean() <= tolerance
    if expected.ndim == 3:
        assert np.abs(pixels_of(read) - expected).mean() <= tolerance + 2


@pytest.mark.parametrize("name", OTHERS)
def test_cut_off_or_damaged_is_refused_in_words(name: str) -> None:
    """A part of a GIF or BMP may be shown; whatever comes, it is a picture or a ValueError."""
    data = OTHERS[name][0]
    for cut in (1, 4, 9, 13, 20, 29, 40, len(data) // 2, len(data) * 9 // 10):
        try:
            read_picture(data[:cut])
        except ValueError as error:
            assert str(error)
            assert len(str(error)) < 200
            assert "0x" not in str(error), "no address of an object"
            assert "unpack" not in str(error)
        else:
            assert not name.startswith("PNG")


@pytest.mark.parametrize("width", [1, 2, 17])
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "GIF"])
def test_small_and_odd_sizes(kind: str, width: int) -> None:
    read = read_picture(saved(picture(width, 3), kind))
    assert (read.width, read.height) == (width, 3)
    frame = Frame(0, read.width, read.height, planes=read.planes)
    assert decode(frame.picture(PictureSpec()).jpeg).shape == (3, width, 4)


def test_orientation_of_other_formats_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for kind in ("PNG", "WEBP"):
        read = read_picture(saved(picture(), kind, exif=exif))
        assert (read.width, read.height) == (HEIGHT, WIDTH)


@pytest.mark.parametrize("prefix", [b"", b"data:image/png;base64,"])
def test_base64_is_decoded(prefix: bytes) -> None:
    for data in (GOOD, OTHERS["PNG"][0]):
        assert read_picture(prefix + base64.b64encode(data)) is not None
        assert read_picture(base64.encodebytes(data)) is not None
    with pytest.raises(ValueError, match="base64"):
        read_picture(b"/9j/4AA")


def bombs() -> dict[str, bytes]:
    """Pictures of a few bytes that claim to be huge."""
    png = bytearray(OTHERS["PNG"][0])
    png[16:24] = struct.pack(">II", 60_000, 60_000)
    png[29:33] = struct.pack(">I", zlib.crc32(png[12:29]))
    gif = bytearray(OTHERS["GIF"][0])
    gif[6:10] = struct.pack("<HH", 60_000, 60_000)
    bmp = bytearray(OTHERS["BMP"][0])
    bmp[18:26] = struct.pack("<ii", 60_000, -60_000)
    webp = bytearray(OTHERS["WebP"][0])
    webp[26:30] = struct.pack("<HH", 16_383, 16_383)
    lossless = bytearray(OTHERS["WebP, lossless"][0])
    lossless[21:25] = struct.pack("<I", 16_383 << 14 | 16_383)
    animated = bytearray(OTHERS["WebP, animated"][0])
    animated[24:30] = struct.pack("<HBHB", 16_383, 0, 16_383, 0)
    lines = bytearray(OTHERS["PNG"][0])
    lines[16:24] = struct.pack(">II", 1, 1 << 30)
    return {
        "JPEG": claiming(65_500, 65_500) + b"\xff\xd9", "PNG": bytes(png), "GIF": bytes(gif), "BMP": bytes(bmp),
        "WebP": bytes(webp), "WebP, lossless": bytes(lossless), "WebP, animated": bytes(animated),
        "PNG of one column": bytes(lines),
    }  # fmt: skip


@pytest.mark.parametrize("name", bombs())
def test_size_in_the_header_is_checked_before_decoding(name: str) -> None:
    started = time.process_time()
    with pytest.raises(ValueError, match=r"\d+x\d+ pixels are more than max_pixels, 33554432"):
        read_picture(bombs()[name])
    assert time.process_time() - started < 1


@pytest.mark.parametrize("name", OTHERS)
def test_limit_on_pixels_can_be_set(name: str) -> None:
    data = OTHERS[name][0]
    assert read_picture(data, WIDTH * HEIGHT)
    with pytest.raises(ValueError, match=f"more than max_pixels, {WIDTH * HEIGHT - 1}"):
        read_picture(data, WIDTH * HEIGHT - 1)


def test_compressed_text_in_a_png_is_bounded() -> None:
    """A chunk of 100 kB that would become 100 MB of text."""
    content = b"Comment\0\0" + zlib.compress(bytes(100_000_000))
    chunk = struct.pack(">I", len(content)) + b"zTXt" + content
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + content))
    good = OTHERS["PNG"][0]
    with pytest.raises(ValueError, match="cannot be decoded"):
        read_picture(good[:33] + chunk + good[33:])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"hello", "it is text"),
        (b'{"image": "x"}', "it is JSON"),
        (b"<html>", "it is HTML"),
        (b"\x00\x00\x00\x20ftypavif" + bytes(20), "an AVIF picture"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(20), "a HEIF picture"),
        (b"II*\x00" + bytes(20), "a TIFF picture"),
        (b"\x00\x00\x00\x01\x67" + bytes(20), "H.264"),
        (b"\x80\x04\x95" + bytes(20), "a pickled Python object"),
        (zlib.compress(GOOD), "compressed"),
        (b"\xdf\x03\x00\x00\x00\x01" + bytes(20), "an encrypted message of SINETStream"),
        (b"\x01\x02\x03", "data of an unknown kind"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_picture(data)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([GOOD, *(data for data, _, _ in OTHERS.values())]),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8),
    st.integers(0, 10_000),
)
def test_whatever_is_in_it_only_a_value_error_comes(
    data: bytes, changes: list[tuple[int, int]], length: int
) -> None:
    damaged = bytearray(data)
    for at, value in changes:
        damaged[at % len(data)] = value
    for one in (bytes(damaged), bytes(damaged[:length])):
        try:
            read = read_picture(one, 1_000_000)
        except ValueError as error:
            assert str(error)
            assert "object at" not in str(error)
        else:
            assert read.width * read.height <= 1_000_000


@given(st.binary(max_size=100))
def test_any_bytes_have_a_format(data: bytes) -> None:
    assert format_of(data)


def test_progressive_jpeg_with_too_many_scans() -> None:
    """Each scan of a progressive JPEG passes over the whole picture, and may be empty."""
    large = claiming(7680, 4320, 0xC2)
    scan = b"\xff\xda\0\x08\x01\x01\0\x01\x3f\0"
    with pytest.raises(ValueError, match="scans of its size are too many"):
        read_picture(large + scan * 1000 + b"\xff\xd9")
    thumbnail = segment(0xE1, b"Exif\0\0" + scan * 1000)
    assert read_picture(behind_start(GOOD, thumbnail), 64 * 48).jpeg is not None, (
        "what is in a thumbnail is none"
    )


def test_pillow_is_loaded_only_for_what_needs_it() -> None:
    """It takes megabytes, and most cameras send nothing but JPEGs."""
    code = (
        "import sys, mqttcam.camera.sources.mqtt, mqttcam.camera.sources.tcp, mqttcam.camera.sources.file\n"
        "from mqttcam.imaging.received import read_picture\n"
        "read_picture(bytes.fromhex(sys.argv[1]))\n"
        "sys.exit('PIL' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, GOOD.hex()], check=False).returncode == 0
