"""The light in small pictures: how bright it is, and whether it alone has changed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.polygon import Cells
from mqttcam.motion.areas import bounds

Levels = NDArray[np.float32]
MEASURED = np.s_[::3, ::3]
"""The cells whose brightness is compared with the background's."""
_DARK = 16.0
"""Levels added before ratios of brightness are taken, as dark areas are noisy."""
_STEEPEST = 0.15
"""Maximum step of an edge in log brightness; a steeper one, such as a shadow's, counts as this."""
_SAME_EDGES = 0.65
"""Correlation with the background's edges above which the same things are lit differently. In synthetic scenes, a
change of the light has 0.67 to 0.99, and an object in front of the background at most 0.5."""
_NO_EDGES = 0.0006
"""Mean square of the steps between cells in log brightness below which there are no edges: three levels in mid-grey."""
_BRIGHTNESS = np.log(np.arange(256, dtype=np.float32) + np.float32(_DARK))


def gain(now: NDArray[np.int16], levels: Levels, measured: Cells | None) -> float:
    """Return how many times as bright as the background the picture is: the median ratio, which ignores what moves.

    Args:
        measured: which of the cells `MEASURED` to use; `None` for all.
    """
    each = (now[MEASURED] + _DARK) / (levels[MEASURED] + _DARK)
    ratios = each.ravel() if measured is None else each[measured]
    middle = ratios.size // 2
    return float(np.partition(ratios, middle)[middle])


def in_light(levels: Levels, factor: float) -> Levels:
    """Return the background, `factor` times as bright."""
    bright: Levels = np.clip(levels * np.float32(factor) + np.float32(_DARK * (factor - 1)), 0, 255)
    return bright


def is_light(now: NDArray[np.int16], expected: Levels, where: Cells, unmasked: Cells | None) -> bool:
    """Return whether the cells that differ show the same things in a different light, with their edges where they were.

    Edges are those of the logarithm of brightness, to which light on a part of the picture only adds a smooth term.
    """
    around = bounds(where)
    where = where[around]
    compared = None if unmasked is None else unmasked[around]
    here = _BRIGHTNESS[now[around]]
    there = _BRIGHTNESS[np.rint(expected[around]).astype(np.intp)]
    together = edges = edges_before = 0.0
    cells = 0
    for axis in (0, 1):
        chosen = where[1:] if axis == 0 else where[:, 1:]
        if compared is not None:
            chosen = chosen & (
                compared[1:] & compared[:-1] if axis == 0 else compared[:, 1:] & compared[:, :-1]
            )
        one = np.clip(np.diff(here, axis=axis)[chosen], -_STEEPEST, _STEEPEST)
        other = np.clip(np.diff(there, axis=axis)[chosen], -_STEEPEST, _STEEPEST)
        together += float(one @ other)
        edges += float(one @ one)
        edges_before += float(other @ other)
        cells += one.size
    if max(edges, edges_before) < _NO_EDGES * cells:
        return True
    return together > _SAME_EDGES * math.sqrt(edges * edges_before)
