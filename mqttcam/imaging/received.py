"""Pictures from elsewhere: JPEGs are passed through, other formats are decoded. Every such picture passes through here.

The size in the header is compared with `max_pixels` before anything is decoded.
"""

from __future__ import annotations

import binascii

import simplejpeg
from msgspec import Struct

from mqttcam.imaging.jpeg import END, START, JpegHeader, read_header, with_huffman_tables, without_garbage
from mqttcam.imaging.large import memory_for
from mqttcam.imaging.limits import MAX_PIXELS
from mqttcam.imaging.raster import Planes, size_of
from mqttcam.imaging.signatures import IN_PILLOW, format_of, is_picture

_PADDING = b"\x00\t\n\r "
"""Bytes that some senders put in front of a picture."""
_BASE64 = (b"/9j/", b"iVBORw0KGgo", b"data:image/")
"""How a JPEG and a PNG begin in base64, and a data URL."""


class ReceivedPicture(Struct, frozen=True):
    """A picture from elsewhere, either as a JPEG or as planes.

    Attributes:
        width, height: in pixels; of a JPEG as it is stored, whatever its Exif orientation.
        jpeg: complete, with all its tables, and without anything in front of it or behind it.
        planes: of a picture in another format, upright; transparent pixels have their own colour.
    """

    width: int
    height: int
    jpeg: bytes | None = None
    planes: Planes | None = None


def read_picture(data: bytes, max_pixels: int = MAX_PIXELS) -> ReceivedPicture:
    """Return the picture in a message, a file or a response.

    JPEG, PNG, WebP, BMP and GIF are known; of an animation, the first picture counts. Base64 of them is decoded, too.
    Of a JPEG, only the header is looked at, unless its end is missing.

    Raises:
        ValueError: it is in no such format, is incomplete or broken, or has more than `max_pixels`; the message says
            which, for people.
    """
    if not data:
        raise ValueError("it is empty")
    if data[0] in _PADDING and is_picture(stripped := data.lstrip(_PADDING)):
        data = stripped
    if data.startswith(_BASE64):
        data = _from_base64(data)
    kind = format_of(data)
    if kind == "JPEG":
        return _read_jpeg(data, max_pixels)
    if kind in IN_PILLOW:
        return _decoded(data, kind, max_pixels)
    raise ValueError(f"it is {kind}, and neither a JPEG nor a PNG, WebP, BMP or GIF")


def _read_jpeg(data: bytes, max_pixels: int) -> ReceivedPicture:
    header = read_header(data, max_pixels)
    if header.has_garbage:
        data = without_garbage(data)
        header = read_header(data, max_pixels)
    if header.end != len(data):
        data = _with_end(data, header) if header.end is None else data[: header.end]
    try:
        simplejpeg.decode_jpeg_header(data, strict=False)
    except (ValueError, KeyError):  # a subsampling that its library does not support, though libjpeg does
        return _decoded(data, "JPEG", max_pixels)
    return ReceivedPicture(*header.size, jpeg=with_huffman_tables(data, header))


def _with_end(jpeg: bytes, header: JpegHeader) -> bytes:
    """Return a JPEG that only lacks its end marker with one, as browsers show it.

    Raises:
        ValueError: a part of the picture is missing.
    """
    another = jpeg.find(START, header.scan)
    data = jpeg[:another] if another > 0 else jpeg
    why = ""
    for padding in (b"\xff", b"\xff\x00"):  # zeros may also be data
        whole = data.rstrip(padding) + END
        try:
            with memory_for(header.width * header.height):
                simplejpeg.decode_jpeg(whole, "GRAY", min_factor=8, min_width=1)
        except ValueError as error:
            why = why or str(error)
        else:
            return whole
    raise ValueError(f"the end of the JPEG is missing ({why})")


def _from_base64(text: bytes) -> bytes:
    if text.startswith(b"data:"):
        text = text.partition(b",")[2]
    try:
        return binascii.a2b_base64(text)
    except binascii.Error as error:
        raise ValueError(f"its base64 is broken ({error})") from None


def _decoded(data: bytes, kind: str, max_pixels: int) -> ReceivedPicture:
    from mqttcam.imaging.pillow import decode_planes

    planes = decode_planes(data, kind, max_pixels)
    return ReceivedPicture(*size_of(planes), planes=planes)
