"""Text that is drawn into pictures. Pillow is loaded at the first one.

A text is rendered once, and then blended into each picture, which costs only as much as its own pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.glyphs import Shares, glyph, outline_of, readable
from mqttcam.imaging.raster import Plane, Raster, size_of

_LEAST_HEIGHT, _SMALLEST = 10, 6
"""Pixels of a line as it is configured, and of one that would be wider than the picture."""
_BOX_ALPHA = 0.55
_MARGIN = 0.4
"""Between the text and the edges of the picture, in heights of a line."""
_LINE = 1.2
"""From one line to the next, in heights of a line."""
_KEPT = 8
"""Rendered texts that are kept: of the sizes that are in use."""
_EIGHT_BITS = np.uint16(8)
_WEIGHTS = np.array(((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312)))
"""From red, green and blue to Y, U and V (JFIF 1.02)."""

Wide = NDArray[np.uint16]
Rgb = tuple[int, int, int]
Area = tuple[slice, slice]
Drawn = Sequence[tuple[Plane, Plane]]
"""The parts of a picture that a text was drawn into, each with a copy of what was there before."""


class _Layer(NamedTuple):
    """What becomes of one plane in an area: `plane * keep + add`, in units of 1/256."""

    area: Area
    keep: Wide
    add: Wide


class TextStyle(NamedTuple):
    """How a text looks.

    Attributes:
        height: of a line, as a share of the picture's height.
        across: 0 for left, 0.5 for the middle, 1 for right.
        down: 0 for top, 1 for bottom.
        colour: red, green and blue of the letters.
        background: of a half-transparent box behind it; `None` for no box.
        font: path of a font file; `None` for the usual font.
    """

    height: float
    across: float
    down: float
    colour: Rgb
    background: Rgb | None = None
    font: str | None = None


class TextOverlay:
    """Draws texts in one style. Any thread may use it."""

    def __init__(self, style: TextStyle) -> None:
        self._style = style
        self._rendered: dict[tuple[str, int, int, bool], tuple[_Layer, ...]] = {}

    def draw(self, raster: Raster, text: str) -> Drawn:
        """Draw a text into a picture; `erase` takes it away again."""
        drawn = []
        for plane, (area, keep, add) in zip(
            raster if isinstance(raster, tuple) else (raster,), self._layers(raster, text), strict=True
        ):
            part = plane[area]
            # With operands of one type, NumPy needs no buffers, whose setup takes longer than the few pixels.
            mixed = part.astype(np.uint16)
            before = mixed.astype(np.uint8)
            mixed *= keep
            mixed += add
            mixed >>= _EIGHT_BITS
            part[...] = mixed
            drawn.append((part, before))
        return drawn

    def _layers(self, raster: Raster, text: str) -> tuple[_Layer, ...]:
        is_planar = isinstance(raster, tuple)
        key = (text, *size_of(raster), is_planar)
        layers = self._rendered.get(key)
        if layers is None:
            if len(self._rendered) >= _KEPT:
                self._rendered.clear()
            layers = self._rendered[key] = _render(self._style, *key)
        return layers


def erase(drawn: Drawn) -> None:
    """Restore what was in a picture before a text was drawn."""
    for part, before in drawn:
        part[...] = before


def _render(style: TextStyle, text: str, width: int, height: int, is_planar: bool) -> tuple[_Layer, ...]:
    coverage = _coverage(style, text, width, height)
    rows, columns = coverage.shape[1:]
    margin = round(_MARGIN * style.height * height)
    left = _even(max(0, min(width - columns, margin + style.across * (width - columns - 2 * margin))))
    top = _even(max(0, min(height - rows, margin + style.down * (height - rows - 2 * margin))))
    # Whole samples of colour: an even number of pixels, within the picture.
    rows, columns = _even(min(rows, height - top)), _even(min(columns, width - left))
    coverage = coverage[:, :rows, :columns]
    area = slice(top, top + rows), slice(left, left + columns)
    if not is_planar:
        keep, *add = _blend(style, coverage, np.eye(3), (0, 0, 0))
        return (_Layer(area, _fixed(keep)[..., None], _fixed(np.dstack((*add, np.zeros_like(keep))))),)
    half = slice(top // 2, (top + rows) // 2), slice(left // 2, (left + columns) // 2)
    keep, luma = _blend(style, coverage, _WEIGHTS[:1], (0,))
    keep_half, blue, red = _blend(style, _halved(coverage), _WEIGHTS[1:], (128, 128))
    small = _fixed(keep_half)
    return (
        _Layer(area, _fixed(keep), _fixed(luma)),
        _Layer(half, small, _fixed(blue)),
        _Layer(half, small, _fixed(red)),
    )


def _blend(
    style: TextStyle, coverage: Shares, weights: NDArray[np.float64], offsets: Sequence[int]
) -> list[Shares]:
    """Return what the box, the outline and the letters, one over the other, leave of a picture, and add to channels.

    Args:
        weights, offsets: the channels, from red, green and blue.
    """
    letters, outline = coverage
    edge: Rgb = (0, 0, 0) if _WEIGHTS[0] @ style.colour >= 128 else (255, 255, 255)
    # From the top: what each coat covers that is not covered by the one above it.
    rest = (1 - letters) * (1 - outline)
    outer = (1 - letters) - rest
    box = np.float32(0 if style.background is None else _BOX_ALPHA)
    found = [rest * (1 - box) if box else rest]
    for weight, offset in zip(weights, offsets, strict=True):
        inner, around, behind = (
            np.float32(weight @ colour + offset) for colour in (style.colour, edge, style.background or edge)
        )
        add = letters * inner
        if around:
            add += outer * around
        if box:
            add += rest * (box * behind)
        found.append(add)
    return found


def _coverage(style: TextStyle, text: str, width: int, height: int) -> Shares:
    """Return how much of each pixel the letters cover, and their outline; as large as the text, in even numbers."""
    lines = ["".join(readable(character, style.font) for character in line) for line in text.split("\n")]
    size = max(_LEAST_HEIGHT, round(style.height * height))
    while True:
        wide = max(_advance(line, size, style.font) for line in lines) + 2 * outline_of(size)
        room = width - 2 * _MARGIN * size
        if wide <= room or size <= _SMALLEST:
            break
        size = max(_SMALLEST, min(size - 1, int(size * room / wide)))
    first = glyph("A", size, style.font)
    outline, rows, step = outline_of(size), first.coverage.shape[1], round(size * _LINE)
    # Room for what the first and the last character may have beyond their own widths, which is cut off again.
    canvas = np.zeros((2, rows + step * (len(lines) - 1) + 1, int(wide) + 2 * first.left + 2), np.float32)
    for number, line in enumerate(lines):
        at = float(first.left)
        for character in line:
            one = glyph(character, size, style.font)
            left = round(at) - one.left
            part = canvas[:, number * step : number * step + rows, left : left + one.coverage.shape[2]]
            np.maximum(part, one.coverage[..., : part.shape[2]], out=part)
            at += one.advance
    cut = first.left - outline
    whole = canvas[:, :, cut : cut + int(wide) + 1]
    inked = np.flatnonzero(whole[1].any(axis=1))
    if style.background is None and inked.size:
        whole = whole[:, inked[0] : inked[-1] + 2]
    return whole[:, : max(2, _even(whole.shape[1])), : max(2, _even(whole.shape[2]))]


def _advance(line: str, size: int, path: str | None) -> float:
    return sum(glyph(character, size, path).advance for character in line)


def _halved(coverage: Shares) -> Shares:
    rows = coverage[:, ::2] + coverage[:, 1::2]
    return np.asarray((rows[..., ::2] + rows[..., 1::2]) * np.float32(0.25))


def _fixed(shares: Shares) -> Wide:
    fixed = shares * np.float32(256)
    fixed += np.float32(0.5)
    return fixed.astype(np.uint16)


def _even(number: float) -> int:
    return int(number) // 2 * 2
