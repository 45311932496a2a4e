"""The light in small pictures: how bright it is, and whether it alone has changed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.polygon import Cells
from mqttcam.imaging.raster import Plane

Levels = NDArray[np.float32]
Indices = NDArray[np.intp]
MEASURED = np.s_[::4, ::4]
"""The cells whose brightness is compared with the background's."""
_DARK = 16.0
"""Levels added before ratios of brightness are taken, as dark areas are noisy."""
_STEEPEST = np.float32(0.15)
"""Maximum step of an edge in log brightness; a steeper one, such as a shadow's, counts as this."""
_SAME_EDGES = 0.65
"""Correlation with the background's edges above which the same things are lit differently. In synthetic scenes, a
change of the light has 0.67 to 0.99, and an object in front of the background at most 0.5."""
_ENOUGH = 800
"""Approximate number of cells that are compared; more take longer without changing the result."""
_NO_EDGES = 0.0006
"""Mean square of the steps between cells in log brightness below which there are no edges: three levels in mid-grey."""
_BRIGHTNESS = np.log(np.arange(256, dtype=np.float32) + np.float32(_DARK))


def gain(now: Levels, levels: Levels, measured: Cells | None) -> float:
    """Return how many times as bright as the background the picture is: the median ratio, which ignores what moves.

    Args:
        measured: which of the cells `MEASURED` to use; `None` for all.
    """
    dark = np.float32(_DARK)
    each = (now[MEASURED] + dark) / (levels[MEASURED] + dark)
    ratios = each.ravel() if measured is None else each[measured]
    middle = ratios.size // 2
    return float(np.partition(ratios, middle)[middle])


def in_light(levels: Levels, factor: float) -> Levels:
    """Return the background, `factor` times as bright."""
    bright = levels * np.float32(factor)
    bright += np.float32(_DARK * (factor - 1))
    if factor > 1:
        np.minimum(bright, np.float32(255), out=bright)
    else:
        np.maximum(bright, np.float32(0), out=bright)
    return bright


def rounded(levels: Levels) -> Plane:
    """Return levels from 0 to 255 in whole numbers."""
    return (levels + np.float32(0.5)).astype(np.uint8)


def is_light(luma: Plane, usual: Plane, cells: Indices, unmasked: Cells | None) -> bool:
    """Return whether the cells that differ show the same things in a different light, with their edges where they were.

    Edges are those of the logarithm of brightness, to which light on a part of the picture only adds a smooth term.

    Args:
        luma: the picture.
        usual: the background, as bright as the picture.
        cells: those that differ, and their neighbours, as flat indices.
        unmasked: the cells that may be compared; `None` for all.
    """
    cells = cells[:: max(1, cells.size // _ENOUGH)]
    columns = luma.shape[1]
    below, beside = cells[cells >= columns], cells[cells % columns > 0]
    second = np.concatenate((below, beside))
    first = np.concatenate((below - columns, beside - 1))
    if unmasked is not None:
        compared = unmasked.take(first) & unmasked.take(second)
        first, second = first[compared], second[compared]
    now, before = _steps(luma, first, second), _steps(usual, first, second)
    edges, edges_before = float(now @ now), float(before @ before)
    if max(edges, edges_before) < _NO_EDGES * now.size:
        return True
    return float(now @ before) > _SAME_EDGES * math.sqrt(edges * edges_before)


def _steps(levels: Plane, first: Indices, second: Indices) -> Levels:
    """Return the steps in log brightness from the first to the second cell of pairs; steep ones are limited."""
    steps: Levels = _BRIGHTNESS.take(levels.take(second))
    steps -= _BRIGHTNESS.take(levels.take(first))
    np.minimum(steps, _STEEPEST, out=steps)
    np.maximum(steps, -_STEEPEST, out=steps)
    return steps
