"""The Exif metadata of photos (CIPA DC-008, Exif 2.32). Pillow is imported on first use."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import IFDRational

from mqttcam.imaging.jpeg import START, read_header, segments
from mqttcam.imaging.limits import LARGEST_MAX_PIXELS

_APP1 = 0xE1
_HEADER = b"Exif\x00\x00"
_LARGEST_SEGMENT = 65533
"""Bytes of content of a JPEG segment (ITU-T T.81, B.1.1.4)."""
_NO_TAGS: Mapping[int, Any] = {}
_ISO_OF_GAIN = 100
"""The ISO speed that libcamera's applications write for a gain of 1."""


class PhotoInfo(Struct, frozen=True):
    """The Exif metadata of a photo. Fields that are `None` are left out.

    Attributes:
        taken: when it was captured, with the offset from UTC.
        make, model: of the camera; `lens` that of its lens, or of the module that includes it.
        description: the camera's name.
        exposure: in seconds.
        gain: of all amplifiers together; 1 is none.
        focus: in dioptres; 0 is infinity.
        latitude, longitude: in degrees; north and east are positive.
    """

    taken: datetime
    software: str
    description: str
    make: str | None = None
    model: str | None = None
    lens: str | None = None
    exposure: float | None = None
    gain: float | None = None
    focus: float | None = None
    latitude: float | None = None
    longitude: float | None = None


def with_exif(jpeg: bytes, info: PhotoInfo) -> bytes:
    """Return a JPEG with the Exif metadata of a photo; its other metadata, such as the orientation, is kept.

    Raises:
        ValueError: it is no JPEG.
    """
    own, parts, position = b"", [], len(START)
    for marker, start, end in segments(jpeg):
        if marker == _APP1 and jpeg.startswith(_HEADER, start):
            own = own or jpeg[start:end]
            parts.append(jpeg[position : start - 4])
            position = end
    required = _required_of_jpeg(*read_header(jpeg, LARGEST_MAX_PIXELS).size)
    exif = exif_of(info, own, required)
    if len(exif) > _LARGEST_SEGMENT:
        exif = exif_of(info, b"", required)
    head = START + bytes((0xFF, _APP1)) + (len(exif) + 2).to_bytes(2, "big") + exif
    return b"".join((head, *parts, jpeg[position:]))


def exif_of(info: PhotoInfo, own: bytes = b"", more: Mapping[int, Any] = _NO_TAGS) -> bytes:
    """Return the Exif metadata of a photo, as in a JPEG's segment.

    Args:
        own: what the picture has already; it is kept, except for the time. Ignored if it is broken.
        more: tags of the Exif directory that only a JPEG has.
    """
    if own:
        with contextlib.suppress(Exception):  # Pillow has many for damaged data, which a camera may send
            return _exif_of(info, own, more)
    return _exif_of(info, b"", more)


def _exif_of(info: PhotoInfo, own: bytes, more: Mapping[int, Any]) -> bytes:
    exif, taken = Image.Exif(), dict[int, Any]()
    if own:
        exif.load(own)
        taken = dict(exif.get_ifd(IFD.Exif))
    time = info.taken.strftime("%Y:%m:%d %H:%M:%S")
    exif[Base.DateTime] = time
    exif[Base.Software] = info.software
    for tag, value in (
        (Base.ImageDescription, info.description),
        (Base.Make, info.make),
        (Base.Model, info.model),
    ):
        if value and tag not in exif:
            exif[tag] = _ascii(value)
    if more:
        resolution = {
            Base.XResolution: 72,
            Base.YResolution: 72,
            Base.ResolutionUnit: 2,
            Base.YCbCrPositioning: 1,
        }
        for tag, number in resolution.items():
            exif.setdefault(tag, number)
    exif[IFD.Exif] = _settings(info) | taken | dict(more) | _time(info, time)
    if info.latitude is not None and info.longitude is not None:
        exif[IFD.GPSInfo] = _place(info.latitude, info.longitude, info.taken)
    return _HEADER + exif.tobytes().removeprefix(_HEADER)


def _required_of_jpeg(width: int, height: int) -> dict[int, Any]:
    """Return what Exif 2.32 (4.6.8) requires of a JPEG besides, except what Pillow writes with another type."""
    return {
        Base.FlashPixVersion: b"0100",
        Base.ColorSpace: 1,
        Base.ExifImageWidth: width,
        Base.ExifImageHeight: height,
    }


def _time(info: PhotoInfo, time: str) -> dict[int, Any]:
    offset = info.taken.strftime("%z") or "+0000"
    offset = f"{offset[:3]}:{offset[3:5]}"
    milliseconds = f"{info.taken.microsecond // 1000:03d}"
    return {
        Base.ExifVersion: b"0232",
        Base.DateTimeOriginal: time,
        Base.DateTimeDigitized: time,
        Base.OffsetTime: offset,
        Base.OffsetTimeOriginal: offset,
        Base.OffsetTimeDigitized: offset,
        Base.SubsecTimeOriginal: milliseconds,
        Base.SubsecTimeDigitized: milliseconds,
    }


def _settings(info: PhotoInfo) -> dict[int, Any]:
    found: dict[int, Any] = {}
    if info.exposure:
        found[Base.ExposureTime] = IFDRational(max(1, round(info.exposure * 1e6)), 1_000_000)
    if info.gain:
        found[Base.ISOSpeedRatings] = min(65535, max(1, round(info.gain * _ISO_OF_GAIN)))
    if info.focus is not None:
        found[Base.SubjectDistance] = _distance(info.focus)
    if info.lens:
        found[Base.LensModel] = _ascii(info.lens)
    return found


def _distance(dioptres: float) -> IFDRational:
    """Return a distance in metres; infinity has the numerator FFFFFFFF (Exif 2.32, SubjectDistance)."""
    if dioptres < 0.001:
        return IFDRational(0xFFFFFFFF, 1)
    return IFDRational(round(1000 / dioptres), 1000)


def _place(latitude: float, longitude: float, taken: datetime) -> dict[int, Any]:
    utc = taken.astimezone(UTC)
    return {
        GPS.GPSVersionID: b"\x02\x03\x00\x00",
        GPS.GPSLatitudeRef: "N" if latitude >= 0 else "S",
        GPS.GPSLatitude: _degrees(latitude),
        GPS.GPSLongitudeRef: "E" if longitude >= 0 else "W",
        GPS.GPSLongitude: _degrees(longitude),
        GPS.GPSTimeStamp: tuple(IFDRational(part, 1) for part in (utc.hour, utc.minute, utc.second)),
        GPS.GPSDateStamp: utc.strftime("%Y:%m:%d"),
        GPS.GPSMapDatum: "WGS-84",
    }


def _degrees(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    """Return degrees, minutes and seconds, to a hundredth of a second (30 cm)."""
    seconds = round(abs(value) * 360_000)
    minutes, rest = divmod(seconds, 6000)
    degrees, minutes = divmod(minutes, 60)
    return IFDRational(degrees, 1), IFDRational(minutes, 1), IFDRational(rest, 100)


def _ascii(text: str) -> str:
    """Return a string for a tag; characters that Exif does not allow are replaced."""
    return text.encode("ascii", "replace").decode()
