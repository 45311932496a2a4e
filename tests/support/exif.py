"""The Exif metadata of a picture, as Pillow reads it."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image
from PIL.ExifTags import IFD, Base


def tags_of(picture: bytes) -> dict[str, Any]:
    """Return the tags of a JPEG or PNG by name; those of the place are in `GPSInfo`, by number."""
    with Image.open(io.BytesIO(picture)) as image:
        image.load()
        exif = image.getexif()
    found = {Base(tag).name: value for tag, value in {**exif, **exif.get_ifd(IFD.Exif)}.items()}
    return found | {"GPSInfo": dict(exif.get_ifd(IFD.GPSInfo))}
