"""The Exif metadata of a picture, as Pillow and, where it is installed, exiftool read it."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from fractions import Fraction
from typing import Any

from PIL import Image
from PIL.ExifTags import IFD, Base


def exif_of(picture: bytes) -> dict[str, Any]:
    """Return the tags of a JPEG or PNG by name; those of the place are in `GPSInfo`, by number."""
    with Image.open(io.BytesIO(picture)) as image:
        image.load()
        exif = image.getexif()
    tags = {**exif, **exif.get_ifd(IFD.Exif)}
    found = {Base(tag).name: value for tag, value in tags.items()}
    return found | {"GPSInfo": dict(exif.get_ifd(IFD.GPSInfo))}


def seconds_of(value: Any) -> Fraction:
    """Return a rational number exactly."""
    return Fraction(value.numerator, value.denominator)


def exiftool_of(picture: bytes) -> dict[str, Any] | None:
    """Return what exiftool reads, after its own validation; None where it is not installed."""
    if shutil.which("exiftool") is None:
        return None
    run = subprocess.run(
        ["exiftool", "-json", "-n", "-validate", "-warning", "-a", "-"],
        input=picture, capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(run.stdout)[0]
    assert "Warning" not in found, found
    return found
