"""Converts a device's buffer to a JPEG or to planes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mqttcam.camera.sources.v4l2.device import PixelFormat
from mqttcam.imaging.raster import Plane, Planes

JPEGS = ("MJPG", "JPEG")
_START, _END, _TABLES, _SCAN = b"\xff\xd8", b"\xff\xd9", b"\xff\xc4", b"\xff\xda"
_HEADER = 4096
"""Bytes from the start within which the tables and the scan of a camera's JPEG begin."""


def _expansion(black: int, white: int, middle: int) -> bytes:
    """Return a table that maps `black` to `white`, around `middle`, to 0 to 255."""
    scale = 255 / (white - black)
    start = 0 if middle == black else 128
    return bytes(min(255, max(0, round((value - middle) * scale + start))) for value in range(256))


_LUMA, _CHROMA = _expansion(16, 235, 16), _expansion(16, 240, 128)
"""From limited range (ITU-R BT.601, 2.5.3) to the full range of JPEG."""

# The typical Huffman tables (ITU-T T.81, annex K.3) for DC and AC, luma and chroma: the number of codes of each length,
# and their values. Many webcams leave them out of their frames, as is allowed in AVI files.
_DC_LUMA = "00010501010101010100000000000000000102030405060708090a0b"
_DC_CHROMA = "00030101010101010101010000000000000102030405060708090a0b"
_AC_LUMA = (
    "0002010303020403050504040000017d"
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738"
    "393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4"
    "a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
)
_AC_CHROMA = (
    "00020102040403040705040400010277"
    "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a353637"
    "38393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2"
    "a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
)


def _segment() -> bytes:
    tables = ((0x00, _DC_LUMA), (0x10, _AC_LUMA), (0x01, _DC_CHROMA), (0x11, _AC_CHROMA))
    content = b"".join(bytes([kind]) + bytes.fromhex(table) for kind, table in tables)
    return _TABLES + (len(content) + 2).to_bytes(2, "big") + content


HUFFMAN = _segment()


def whole_jpeg(data: bytes) -> bytes | None:
    """Return a camera's JPEG in a form that every decoder reads: without padding at its end, with its Huffman tables.

    Return `None` if it is incomplete.
    """
    end = data.rfind(_END)
    if not data.startswith(_START) or end < 0:
        return None
    scan = data.find(_SCAN, 0, _HEADER)
    if 0 <= data.find(_TABLES, 0, _HEADER) < scan or scan < 0:
        return data if end + 2 == len(data) else data[: end + 2]
    return data[:2] + HUFFMAN + data[2 : end + 2]


def planes_of(pixels: PixelFormat) -> Callable[[Plane], Planes] | None:
    """Return the function that makes planes of a buffer in this format; `None` if the format is not supported."""
    return {"YUYV": _from_yuyv, "NV12": _from_nv12, "YU12": _from_planar}.get(pixels.fourcc, lambda _: None)(
        pixels
    )


def _from_yuyv(pixels: PixelFormat) -> Callable[[Plane], Planes]:
    def planes(data: Plane) -> Planes:
        rows = data[: pixels.height * pixels.stride].reshape(pixels.height, pixels.stride)[
            :, : pixels.width * 2
        ]
        # 4:2:2 has chroma for every row, 4:2:0 for every second.
        return _full(rows[:, 0::2], rows[0::2, 1::4], rows[0::2, 3::4], pixels)

    return planes


def _from_nv12(pixels: PixelFormat) -> Callable[[Plane], Planes]:
    def planes(data: Plane) -> Planes:
        luma = pixels.height * pixels.stride
        y = data[:luma].reshape(pixels.height, pixels.stride)[:, : pixels.width]
        chroma = data[luma : luma * 3 // 2].reshape(pixels.height // 2, pixels.stride)[:, : pixels.width]
        return _full(y, chroma[:, 0::2], chroma[:, 1::2], pixels)

    return planes


def _from_planar(pixels: PixelFormat) -> Callable[[Plane], Planes]:
    def planes(data: Plane) -> Planes:
        luma, half = pixels.height * pixels.stride, (pixels.height // 2, pixels.stride // 2)
        y = data[:luma].reshape(pixels.height, pixels.stride)[:, : pixels.width]
        u, v = (
            data[luma + luma // 4 * which : luma + luma // 4 * (which + 1)].reshape(half)[
                :, : pixels.width // 2
            ]
            for which in (0, 1)
        )
        return _full(y, u, v, pixels)

    return planes


def _full(y: Plane, u: Plane, v: Plane, pixels: PixelFormat) -> Planes:
    """Return contiguous planes in full range. `bytes.translate` avoids the 64-bit indices of numpy's table look-up."""
    if pixels.full_range:
        return np.ascontiguousarray(y), np.ascontiguousarray(u), np.ascontiguousarray(v)
    return _mapped(y, _LUMA), _mapped(u, _CHROMA), _mapped(v, _CHROMA)


def _mapped(plane: Plane, table: bytes) -> Plane:
    return np.frombuffer(plane.tobytes().translate(table), np.uint8).reshape(plane.shape)
