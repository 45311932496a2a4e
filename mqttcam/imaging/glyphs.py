"""Characters of a font as coverage of pixels. Pillow is loaded at the first one."""

from __future__ import annotations

import math
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_DEFAULT_FONT = "DejaVuSans.ttf"
"""On nearly every Debian (fonts-dejavu-core); Pillow finds it in the system's folders. Its own font has only ASCII."""
_OUTLINE = 12
"""Pixels of a font's size per pixel of the outline around its letters."""
_OVERHANG = 4
"""A character may reach beyond its own width by the font's size divided by this."""
_NOT_A_CHARACTER = "\U0010fffd"

Shares = NDArray[np.float32]


class Glyph(NamedTuple):
    """One character.

    Attributes:
        coverage: (2, rows, columns), 0 to 1: of the letter, and of the letter with its outline.
        left: column of the point where it is placed.
        advance: from there to the next character, in pixels.
    """

    coverage: Shares
    left: int
    advance: float


@lru_cache(maxsize=512)
def glyph(character: str, size: int, path: str | None) -> Glyph:
    """Return a character of a font with lines of `size` pixels; all have the same number of rows. Do not change it."""
    from PIL import Image, ImageDraw

    font, outline = font_of(size, path), outline_of(size)
    advance = font.getlength(character)
    ascent, descent = font.getmetrics()
    left = outline + size // _OVERHANG
    shape = (math.ceil(advance) + 2 * left, ascent + descent + 2 * outline)
    coverage = []
    for fill in (0, 255):
        image = Image.new("L", shape)
        at = left, outline + ascent
        ImageDraw.Draw(image).text(at, character, 255, font, "ls", stroke_width=outline, stroke_fill=fill)
        coverage.append(np.asarray(image, np.float32) / np.float32(255))
    return Glyph(np.stack(coverage), left, advance)


def outline_of(size: int) -> int:
    """Return the width of the outline of a font of that size, in pixels."""
    return max(1, round(size / _OUTLINE))


@lru_cache(maxsize=16)
def font_of(size: int, path: str | None = None) -> FreeTypeFont:
    """Return a font with lines of `size` pixels; `path` is a font file, `None` for the usual font.

    Raises:
        OSError: the file is no font.
    """
    from PIL import ImageFont

    basic = ImageFont.Layout.BASIC
    if path is not None:
        return ImageFont.truetype(path, size, layout_engine=basic)
    try:
        return ImageFont.truetype(_DEFAULT_FONT, size, layout_engine=basic)
    except OSError:
        font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "it is one of any size"
    return font


@lru_cache(maxsize=512)
def readable(character: str, path: str | None = None) -> str:
    """Return the character, or in place of one that a font lacks its letter without accents, or a question mark."""
    if character.isascii() or _has(character, path):
        return character
    plain = unicodedata.normalize("NFKD", character)[0]
    return plain if plain.isascii() or _has(plain, path) else "?"


def _has(character: str, path: str | None) -> bool:
    """Return whether a font has a character; all that it lacks look the same."""
    font = font_of(16, path)
    shape, missing = (font.getmask(one) for one in (character, _NOT_A_CHARACTER))
    return bool(shape.size != missing.size or bytes(shape) != bytes(missing))
