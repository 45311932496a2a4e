"""Signs that a picture was damaged on its way."""

from __future__ import annotations

import numpy as np

from mqttcam.imaging.polygon import Cells
from mqttcam.imaging.raster import Plane

_UNEVEN = 4
"""Levels by which the cells along a side of the picture differ if it shows anything."""
_PARTS, _MOST_PARTS, _OF_PART = 4, 12, 0.05
"""Parts along each side of the picture; how many of all parts something that moves can touch; the share of a part."""


def lacks_a_side(luma: Plane, usual: Plane) -> bool:
    """Return whether a side of the picture has one level throughout, and not in the background."""
    for end in (0, -1):
        for side in (np.s_[end], np.s_[:, end]):
            cells = luma[side]
            # Nearly always, its ends differ already.
            if cells[0] == cells[-1] and np.ptp(cells) == 0 and np.ptp(usual[side]) > _UNEVEN:
                return True
    return False


def is_everywhere(moves: Cells) -> bool:
    """Return whether cells are set in more parts of the picture than a thing that moves would touch."""
    parts = [part for rows in np.array_split(moves, _PARTS) for part in np.array_split(rows, _PARTS, axis=1)]
    touched = [part for part in parts if np.count_nonzero(part) > _OF_PART * part.size]
    return len(touched) > _MOST_PARTS
