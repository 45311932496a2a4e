"""Each cell of a small picture together with the cells around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.polygon import Cells
from mqttcam.imaging.raster import Plane

_CORE = 8
"""Minimum number of the 3 x 3 cells in its middle that an object must cover: streaks of rain and twigs are thinner."""


def around(levels: Plane, extreme: np.ufunc) -> Plane:
    """Return the maximum or minimum of the 3 x 3 cells around each cell."""
    return _combined(levels, extreme)


def count_around(mask: Cells) -> NDArray[np.uint8]:
    """Return how many of the 3 x 3 cells around each cell are set."""
    return _combined(mask.view(np.uint8), np.add)


def _combined(levels: Plane, combine: np.ufunc) -> Plane:
    rows = levels.copy()
    combine(rows[1:], levels[:-1], out=rows[1:])
    combine(rows[:-1], levels[1:], out=rows[:-1])
    if rows.shape[1] == 1:
        return rows
    both = rows.copy()
    # In one piece, which is many times faster than row by row; then the cells at the edges again, whose neighbour on
    # one side was taken from another row.
    flat, before = both.reshape(-1), rows.reshape(-1)
    combine(flat[1:], before[:-1], out=flat[1:])
    combine(flat[:-1], before[1:], out=flat[:-1])
    combine(rows[:, 0], rows[:, 1], out=both[:, 0])
    combine(rows[:, -1], rows[:, -2], out=both[:, -1])
    return both


def without_thin_parts(mask: Cells) -> Cells:
    """Return the cells of everything that is about three cells wide and high, or more, with its edges."""
    core: Cells = count_around(mask) >= _CORE
    return count_around(core) > 0
