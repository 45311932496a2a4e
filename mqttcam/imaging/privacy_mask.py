"""Areas of a picture that are blacked out, in place."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.orientation import Orientation
from mqttcam.imaging.polygon import Cells, Corners, touched_cells
from mqttcam.imaging.raster import Plane, Raster, size_of

_CELL = 2
"""Pixels along the side of a cell: 4:2:0 has one sample of colour for each. A cell is hidden as a whole."""
_GREY = 128
"""Chroma without colour."""
_KEPT = 16
"""Sizes and orientations whose masks are kept; each viewer may request another size."""
Words = NDArray[np.uint32]


class _Area(NamedTuple):
    """A rectangle around a hidden area, in cells.

    Attributes:
        visible: where to keep the pixels of the rectangle; `None` if nothing is to be kept.
    """

    top: int
    left: int
    bottom: int
    right: int
    visible: Cells | None


class _Mask(NamedTuple):
    """A hidden area in pixels: they become `pixels & keep | fill`.

    Attributes:
        keep: `None` if nothing is to be kept.
    """

    rows: slice
    columns: slice
    keep: NDArray[np.unsignedinteger] | None
    fill: NDArray[np.unsignedinteger] | int


class PrivacyMask:
    """Blacks out polygons. Masks are made once for each size; whatever a polygon touches is hidden."""

    def __init__(self, polygons: Sequence[Corners]) -> None:
        """`polygons` are in the picture as it is shown."""
        self._polygons = polygons
        self._masks: dict[tuple[int, int, Orientation, str], tuple[_Mask, ...]] = {}

    def black_out(self, raster: Raster, orientation: Orientation) -> None:
        """Black out the areas.

        Args:
            raster: pixels that can be written to.
            orientation: how they will be turned and mirrored before they are shown.
        """
        size = size_of(raster)
        if not isinstance(raster, tuple):
            _apply(raster.view(np.uint32)[..., 0], self._of(*size, orientation, "pixels"))
            return
        y, u, v = raster
        _apply(y, self._of(*size, orientation, "luma"))
        for plane in (u, v):
            _apply(plane, self._of(*size, orientation, "chroma"))

    def black_out_luma(self, luma: Plane, orientation: Orientation) -> None:
        """As `black_out`, for a picture of luma only."""
        height, width = luma.shape
        _apply(luma, self._of(width, height, orientation, "luma"))

    def in_larger_picture(self, left: float, top: float, width: float, height: float) -> PrivacyMask:
        """Return the mask for pictures that show more of the scene around the picture of this mask.

        What is hidden up to an edge of the picture is hidden up to the edge of the larger one, too.

        Args:
            left, top, width, height: where the picture is in the larger one, as shares of its sides.
        """

        def outward(share: float, start: float, length: float) -> float:
            return share if share in (0, 1) else start + share * length

        return PrivacyMask(
            [[(outward(x, left, width), outward(y, top, height)) for x, y in one] for one in self._polygons]
        )

    def _of(self, width: int, height: int, orientation: Orientation, kind: str) -> tuple[_Mask, ...]:
        key = width, height, orientation, kind
        masks = self._masks.get(key)
        if masks is None:
            if len(self._masks) >= _KEPT:
                self._masks.clear()
            back = orientation.inverse()
            stored = [[back.point(point) for point in polygon] for polygon in self._polygons]
            masks = tuple(_mask(area, width, height, kind) for area in _areas(stored, width, height))
            self._masks[key] = masks
        return masks


def _areas(polygons: Sequence[Corners], width: int, height: int) -> Iterator[_Area]:
    """Yield the areas of polygons in a picture of `width` x `height` pixels."""
    columns, rows = -(-width // _CELL), -(-height // _CELL)
    for polygon in polygons:
        corners = [(x * width / _CELL, y * height / _CELL) for x, y in polygon]
        left, right = (edge(x for x, _ in corners) for edge in (min, max))
        top, bottom = (edge(y for _, y in corners) for edge in (min, max))
        # One more cell around it, as JPEGs and scaling mix neighbouring pixels.
        first_column, first_row = max(0, math.floor(left) - 1), max(0, math.floor(top) - 1)
        wide = min(columns, math.floor(right) + 2) - first_column
        high = min(rows, math.floor(bottom) + 2) - first_row
        if wide <= 0 or high <= 0:
            continue
        touched = touched_cells([(x - first_column, y - first_row) for x, y in corners], wide, high)
        visible = ~_grown(touched)
        box = first_row, first_column, first_row + high, first_column + wide
        yield _Area(*box, visible if visible.any() else None)


def _grown(cells: Cells) -> Cells:
    """Return the cells and those around them."""
    grown = cells.copy()
    grown[1:] |= cells[:-1]
    grown[:-1] |= cells[1:]
    tall = grown.copy()
    grown[:, 1:] |= tall[:, :-1]
    grown[:, :-1] |= tall[:, 1:]
    return grown


def _mask(area: _Area, width: int, height: int, kind: str) -> _Mask:
    """Return an area in pixels; `kind` is `luma`, `chroma` or `pixels`."""
    scale = 1 if kind == "chroma" else _CELL
    rows = slice(area.top * scale, min(area.bottom * scale, height))
    columns = slice(area.left * scale, min(area.right * scale, width))
    fill = _GREY if kind == "chroma" else 0
    if area.visible is None:
        return _Mask(rows, columns, None, fill)
    visible = area.visible.repeat(scale, 0).repeat(scale, 1)
    visible = visible[: rows.stop - rows.start, : columns.stop - columns.start]
    if kind == "pixels":
        return _Mask(rows, columns, np.where(visible, np.uint32(0xFFFFFFFF), np.uint32(0)), fill)
    keep = np.where(visible, np.uint8(0xFF), np.uint8(0))
    return _Mask(rows, columns, keep, np.where(visible, np.uint8(0), np.uint8(fill)) if fill else 0)


def _apply(plane: Plane | Words, masks: Sequence[_Mask]) -> None:
    for rows, columns, keep, fill in masks:
        part = plane[rows, columns]
        if keep is None:
            part[...] = fill
            continue
        np.bitwise_and(part, keep, out=part)
        if not isinstance(fill, int):
            np.bitwise_or(part, fill, out=part)
