"""Boxes with labels, drawn into JPEGs. Pillow is imported on first use."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from mqttcam.imaging.glyphs import font_of
from mqttcam.imaging.large import memory_for

_COLOURS = ("#3ddc84", "#ffb300", "#29b6f6", "#ff5252", "#ab47bc", "#ffee58", "#26c6da", "#ff7043")
"""Colours of the boxes; each label always has the same one."""
_LINE_SHARE, _TEXT_SHARE = 1 / 360, 1 / 28
"""Fractions of the picture's height: the width of a line, and the height of a label."""
_LEAST_TEXT = 12
"""Pixels."""


class LabelledBox(NamedTuple):
    """A rectangle in fractions of the picture, with its text."""

    x: float
    y: float
    width: float
    height: float
    label: str
    text: str


def draw_boxes(jpeg: bytes, boxes: Iterable[LabelledBox], quality: int) -> bytes:
    """Return a JPEG with boxes drawn into it.

    Args:
        quality: 1 to 100.

    Raises:
        ValueError: the JPEG is broken.
    """
    from PIL import Image, ImageDraw

    try:
        with (
            Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as opened,
            memory_for(opened.width * opened.height),
        ):
            image = opened.convert("RGB")
    except Exception as error:
        raise ValueError(f"the JPEG cannot be decoded: {error}") from error
    draw = ImageDraw.Draw(image)
    width, height = image.size
    line = max(2, round(height * _LINE_SHARE))
    font = font_of(max(_LEAST_TEXT, round(height * _TEXT_SHARE)))
    for box in boxes:
        colour = _COLOURS[zlib.crc32(box.label.encode()) % len(_COLOURS)]
        left, top = box.x * (width - 1), box.y * (height - 1)
        right, bottom = left + box.width * (width - 1), top + box.height * (height - 1)
        draw.rectangle((left, top, right, bottom), outline=colour, width=line)
        _, _, wide, high = draw.textbbox((0, 0), box.text, font)
        tab = (min(left, max(0, width - wide - 2 * line)), max(0, top - high - 2 * line))
        draw.rectangle((*tab, tab[0] + wide + 2 * line, tab[1] + high + 2 * line), fill=colour)
        draw.text((tab[0] + line, tab[1] + line), box.text, "black", font)
    drawn = io.BytesIO()
    image.save(drawn, "JPEG", quality=quality)
    return drawn.getvalue()
