"""The cells of a small picture as bytes, for a view of what the detector sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.polygon import Cells
from mqttcam.imaging.raster import Plane

DIFFERS, MOVES, MASKED = 100, 200, 255
"""A cell that differs from the background, alone or in a thin part; one that moves; a masked one."""


def shown_cells(
    away: NDArray[np.float32],
    margin: NDArray[np.float32],
    differs: Cells,
    moves: Cells,
    unmasked: Cells | None,
) -> Plane:
    """Return a byte for each cell: 0 to 99 is how far it is from the background, as a percentage of `margin`; then
    `DIFFERS`, `MOVES` and `MASKED`.

    Args:
        away: how far each cell is from the background, in levels.
        margin: how far it has to be to differ; more where the background has an edge.
    """
    cells: Plane = np.clip(np.abs(away) * (DIFFERS / margin), 0, DIFFERS - 1).astype(np.uint8)
    cells[differs] = DIFFERS
    cells[moves] = MOVES
    if unmasked is not None:
        cells[~unmasked] = MASKED
    return cells
