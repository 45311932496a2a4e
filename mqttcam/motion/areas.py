"""The zones and masks of a camera's picture, as cells of its small pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from msgspec import Struct

from mqttcam.imaging.polygon import Cells, Corners, touched_cells

ZoneScores = tuple[tuple[str, float], ...]
"""Names of zones, and how much of each moves, in percent of what is not masked."""


class _Zone(Struct, frozen=True):
    """A zone.

    Attributes:
        box: rows and columns around it.
        cells: its unmasked cells within the box.
        count: how many they are.
    """

    name: str
    box: tuple[slice, slice]
    cells: Cells
    count: int


class AreaCells(Struct, frozen=True):
    """The zones and masks in a picture of a certain size.

    Attributes:
        count: how many cells are not masked.
        unmasked: which these are; `None` if there are no masks.
        zones: those that are not masked as a whole.
    """

    count: int
    unmasked: Cells | None
    zones: tuple[_Zone, ...]

    def scores(self, moves: Cells) -> ZoneScores:
        """Return the score of each zone in which something moves, the highest first.

        Args:
            moves: the cells that move; none of them is masked.
        """
        counts = [(one, np.count_nonzero(moves[one.box] & one.cells)) for one in self.zones]
        found = [(one.name, 100 * count / one.count) for one, count in counts if count]
        return tuple(sorted(found, key=lambda zone: -zone[1]))


class Areas:
    """Zones by their names, and masks, as polygons in the picture as it is shown."""

    def __init__(self, zones: Mapping[str, Corners] | None = None, masks: Iterable[Corners] = ()) -> None:
        self._zones = dict(zones or {})
        self._masks = tuple(masks)

    def cells(self, rows: int, columns: int) -> AreaCells:
        """Return the cells of each in a picture of this size; a cell belongs to every polygon that touches it."""
        unmasked: Cells | None = None
        if self._masks:
            unmasked = np.ones((rows, columns), np.bool_)
            for corners in self._masks:
                unmasked &= ~_touched(corners, rows, columns)
        zones = []
        for name, corners in self._zones.items():
            cells = _touched(corners, rows, columns)
            if unmasked is not None:
                cells &= unmasked
            if count := int(np.count_nonzero(cells)):
                box = bounds(cells)
                zones.append(_Zone(name, box, cells[box], count))
        unmasked_count = rows * columns if unmasked is None else int(np.count_nonzero(unmasked))
        return AreaCells(unmasked_count, unmasked, tuple(zones))


NO_AREAS = Areas()


def bounds(cells: Cells) -> tuple[slice, slice]:
    """Return the rows and columns in which cells are set; at least one must be."""
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _touched(corners: Corners, rows: int, columns: int) -> Cells:
    return touched_cells([(x * columns, y * rows) for x, y in corners], columns, rows)
