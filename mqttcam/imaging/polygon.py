"""Polygons on a grid of cells."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.orientation import Point

Corners = Sequence[Point]
"""The corners of a polygon, in their order around it."""
Cells = NDArray[np.bool_]


def touched_cells(corners: Corners, columns: int, rows: int) -> Cells:
    """Return the cells that a polygon touches, inside or with its edge; its corners are in cells."""
    centres = np.arange(columns) + 0.5
    inside = np.zeros((rows, columns), np.bool_)
    edge = np.zeros((rows, columns), np.bool_)
    for (x1, y1), (x2, y2) in zip(corners, (*corners[1:], corners[0]), strict=True):
        (x1, y1), (x2, y2) = sorted(((x1, y1), (x2, y2)), key=lambda corner: corner[1])
        slope = (x2 - x1) / (y2 - y1) if y2 > y1 else 0.0
        for row in range(max(0, math.floor(y1)), min(rows, math.floor(y2) + 1)):
            first, last = x1, x2
            if y2 > y1:
                if y1 <= row + 0.5 < y2:
                    inside[row] ^= centres > x1 + (row + 0.5 - y1) * slope
                first, last = (x1 + (min(max(y, y1), y2) - y1) * slope for y in (row, row + 1))
            edge[row, max(0, math.floor(min(first, last))) : max(0, math.floor(max(first, last)) + 1)] = True
    return inside | edge
