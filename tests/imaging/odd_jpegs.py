"""JPEGs as cameras, phones and broken connections make them, and what has to become of each."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simplejpeg
from PIL import Image

WIDTH, HEIGHT = 83, 61


@dataclass(frozen=True, slots=True)
class Odd:
    """One odd JPEG.

    Attributes:
        refused: part of the words that it is refused with; None if it is shown.
        decoded: whether it is decoded here, as no reader of ours could.
        size: width and height, as stored.
    """

    name: str
    data: bytes
    refused: str | None = None
    decoded: bool = False
    size: tuple[int, int] = (WIDTH, HEIGHT)


def picture(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Two gradients and a red corner, so that a wrong turn or colour is seen."""
    rows, columns = np.mgrid[0:height, 0:width]
    pixels = np.stack(
        [columns * 255 // width, rows * 255 // height, (rows + columns) * 255 // (width + height)], -1
    )
    pixels[: height // 3, : width // 3] = (220, 30, 30)
    return Image.fromarray(pixels.astype(np.uint8))


def saved(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """A picture in a format of Pillow's."""
    out = io.BytesIO()
    image.save(out, kind, **({"quality": 92} if kind == "JPEG" else {}) | options)
    return out.getvalue()


def segment(marker: int, content: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def behind_start(jpeg: bytes, *inserted: bytes) -> bytes:
    """A JPEG with bytes right behind its start marker."""
    return jpeg[:2] + b"".join(inserted) + jpeg[2:]


def without(jpeg: bytes, marker: int) -> bytes:
    """A JPEG without the segments of a kind in its header."""
    code = bytes((0xFF, marker))
    while 0 <= (at := jpeg.find(code)) < jpeg.find(b"\xff\xda"):
        jpeg = jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big") :]
    return jpeg


def patched(jpeg: bytes, *, marker: int | None = None, at: int = 0, value: bytes = b"") -> bytes:
    """A JPEG with another start of frame, or with other bytes at a position of its content."""
    data = bytearray(jpeg)
    frame = next(index for index in map(jpeg.find, (b"\xff\xc0", b"\xff\xc2")) if index > 0)
    if marker is not None:
        data[frame + 1] = marker
    if value:
        data[frame + 4 + at : frame + 4 + at + len(value)] = value
    return bytes(data)


def odd_jpegs() -> Iterator[Odd]:
    """Every odd JPEG."""
    plain = saved(picture())
    yield from _kinds(plain)
    yield from _headers(plain)
    yield from _ends(plain)
    yield from _refused(plain)


def _kinds(plain: bytes) -> Iterator[Odd]:
    image, pixels = picture(), np.asarray(picture())
    yield Odd("plain", plain)
    yield Odd("progressive", saved(image, progressive=True))
    yield Odd("progressive with restarts", saved(image, progressive=True, restart_marker_rows=1))
    yield Odd("grey", saved(image.convert("L")))
    yield Odd("grey, progressive", saved(image.convert("L"), progressive=True))
    yield Odd("CMYK", saved(image.convert("CMYK")))
    cmyk = saved(image.convert("CMYK"))
    adobe = cmyk.index(b"Adobe")
    yield Odd("YCCK", cmyk[: adobe + 11] + b"\2" + cmyk[adobe + 12 :])
    yield Odd("RGB", saved(image, keep_rgb=True))
    yield Odd("restart markers", saved(image, restart_marker_blocks=2))
    for sampling in ("444", "422", "420", "440", "411"):
        yield Odd(sampling, bytes(simplejpeg.encode_jpeg(pixels, 92, "RGB", sampling)))
    yield Odd("3x1 sampling", _sampled(image, 0x31), decoded=True)
    yield Odd("two tables in a segment", _one_dqt(plain))
    yield Odd("quality 1", saved(image, quality=1))
    for width, height in ((1, 1), (17, 3), (3, 5), (1, 300), (2000, 3)):
        yield Odd(f"{width}x{height}", saved(picture(width, height)), size=(width, height))


def _headers(plain: bytes) -> Iterator[Odd]:
    exif = picture().getexif()
    exif[0x0112] = 6
    turned = saved(picture(), exif=exif)
    thumbnail = segment(0xE1, b"Exif\0\0" + saved(picture(32, 24)))
    yield Odd("Exif: turned", turned)
    yield Odd("thumbnail with a start and an end", behind_start(plain, thumbnail))
    yield Odd("60 kB of profile", saved(picture(), icc_profile=bytes(60_000)))
    random = np.random.default_rng(1).integers(0, 256, 60_000, dtype=np.uint8).tobytes()
    yield Odd("H.264 in APP4 (C920)", behind_start(plain, segment(0xE4, random), segment(0xE4, random)))
    yield Odd("markers in a comment", behind_start(plain, segment(0xFE, b"\xff\xd9\xff\xda\xff\xc4\xff\xd8")))
    yield Odd("fill bytes", behind_start(plain, b"\xff\xff\xff"))
    yield Odd("garbage between segments", behind_start(plain, b"\1\2\3"))
    bare = without(plain, 0xC4)
    yield Odd("no Huffman tables", bare)
    yield Odd("no Huffman tables, AVI1", behind_start(bare, segment(0xE0, b"AVI1\0" + bytes(9))))
    yield Odd("no Huffman tables, restarts first", behind_start(bare, segment(0xDD, b"\0\0")))
    yield Odd(
        "no Huffman tables, markers in a comment", behind_start(bare, segment(0xFE, b"\xff\xc4\xff\xda"))
    )
    yield Odd("no Huffman tables, 5 kB in front", behind_start(bare, segment(0xE1, bytes(5000))))
    yield Odd("no Huffman tables, restarts", without(saved(picture(), restart_marker_blocks=2), 0xC4))
    yield Odd("no Huffman tables, grey", without(saved(picture().convert("L")), 0xC4))


def _ends(plain: bytes) -> Iterator[Odd]:
    yield Odd("no end marker", plain[:-2])
    yield Odd("half an end marker", plain[:-1])
    zeros = next(data for data in map(_flat, range(256)) if data.endswith(b"\0\xff\xd9"))
    yield Odd("no end marker, data that ends with a zero", zeros[:-2])
    yield Odd("no end marker, padding", plain[:-2] + b"\xff" * 100)
    yield Odd("no end marker, another picture behind", plain[:-2] + saved(picture(32, 24)))
    yield Odd("zeros behind", plain + bytes(65_536))
    yield Odd("fill bytes behind", plain + b"\xff" * 512)
    yield Odd("a video behind", plain + b"ftypmp42" * 5000)
    yield Odd("two pictures", plain + saved(picture(32, 24)))
    yield Odd("line end in front", b"\r\n" + plain)
    progressive = saved(picture(), progressive=True)
    yield Odd("progressive, end missing", progressive[:-2])
    yield Odd("damage inside", plain[: len(plain) * 2 // 3] + bytes(30) + plain[len(plain) * 2 // 3 + 30 :])


def _refused(plain: bytes) -> Iterator[Odd]:
    scan = plain.index(b"\xff\xda")
    missing = "the end of the JPEG is missing"
    yield Odd("a third missing", plain[: len(plain) * 2 // 3], missing)
    yield Odd("rest of another picture", plain[: len(plain) // 2] + plain, missing)
    thumbnail = segment(0xE1, b"Exif\0\0" + plain)
    yield Odd("only a thumbnail is whole", behind_start(plain, thumbnail)[:-200], missing)
    yield Odd("cut off in a thumbnail", behind_start(plain, thumbnail)[: len(thumbnail)], "cut off")
    for marker in (0xE0, 0xDB, 0xC0, 0xC4, 0xDA):
        at = plain.index(bytes((0xFF, marker)))
        yield Odd(f"cut off behind {marker:X}", plain[: at + 2], "cut off")
        yield Odd(f"cut off in {marker:X}", plain[: at + 5], "cut off")
    yield Odd("nothing but start and end", b"\xff\xd8\xff\xd9", "cut off")
    yield Odd("header alone", plain[: scan + 14], missing)
    not_shown = "neither browsers nor ffmpeg show"
    for marker in (0xC9, 0xCA):
        yield Odd(
            f"arithmetic coding {marker:X}",
            patched(plain, marker=marker),
            f"arithmetic coding, which {not_shown}",
        )
    for marker in (0xC3, 0xC5, 0xC7):
        yield Odd(
            f"lossless {marker:X}",
            patched(plain, marker=marker),
            f"lossless or hierarchical JPEG, which {not_shown}",
        )
    yield Odd("12 bits", patched(plain, value=b"\x0c"), f"12 bits per sample, which {not_shown}")
    yield Odd("two components", patched(plain, at=5, value=b"\2"), "2 colour components")
    yield Odd("short frame header", patched(plain, at=5, value=b"\4"), "frame header of the JPEG is broken")
    yield Odd("no height", patched(plain, at=1, value=b"\0\0"), f"{WIDTH}x0 pixels")
    yield Odd("no width", patched(plain, at=3, value=b"\0\0"), f"0x{HEIGHT} pixels")
    yield Odd("huge", patched(plain, at=1, value=b"\xff\xdc\xff\xdc"), "65500x65500 pixels are more than")
    yield Odd("no quantization tables", without(plain, 0xDB), "a quantization table is missing")
    yield Odd("no frame", without(plain, 0xC0), "no frame header")
    at = plain.index(b"\xff\xc0")
    frame = plain[at : at + 19]
    yield Odd("two frames", plain[:at] + frame + plain[at:], "two frame headers")


def _sampled(image: Image.Image, factors: int) -> bytes:
    """A JPEG whose luma has other sampling factors than libjpeg-turbo's simple interface knows.

    Blocks of a grey picture are the same in any order, so that only the header has to change.
    """
    grey = Image.new("RGB", image.size, (200, 60, 90))
    wide = saved(grey.resize((96, 64)), subsampling=0)
    at = wide.index(b"\xff\xc0")
    data = bytearray(wide)
    data[at + 5 : at + 9] = struct.pack(">HH", HEIGHT, WIDTH)
    data[at + 11] = factors
    return bytes(data)


def _flat(level: int) -> bytes:
    """A JPEG of random noise; where its data ends depends on the level."""
    noise = np.random.default_rng(level).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    return bytes(simplejpeg.encode_jpeg(noise, 92))


def _one_dqt(plain: bytes) -> bytes:
    """A JPEG with all quantization tables in one segment."""
    tables, at = b"", plain.index(b"\xff\xdb")
    while plain[at + 1] == 0xDB:
        length = int.from_bytes(plain[at + 2 : at + 4], "big")
        tables += plain[at + 4 : at + 2 + length]
        at += 2 + length
    return behind_start(without(plain, 0xDB), segment(0xDB, tables))
