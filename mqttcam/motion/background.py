"""Motion in small pictures: what differs from the background, and is neither noise nor a change of the light."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.polygon import Cells
from mqttcam.imaging.raster import Plane
from mqttcam.imaging.resize import averaged
from mqttcam.motion.areas import NO_AREAS, AreaCells, Areas, ZoneScores, bounds

Box = tuple[float, float, float, float]
"""Left, top, width and height, as fractions of the picture's sides."""
Levels = NDArray[np.float32]

SMALL = 160
"""Cells along the longer side, roughly; a cell is the mean of a block of pixels."""
SETTLING = 2.0
"""Seconds after the first picture in which nothing counts as motion: cameras adjust their exposure then."""
_ROWS = 4
"""Rows of pixels that are averaged for a cell; more would cost time and reduce the noise little further."""
_LEAST = 8
"""Luma levels by which a cell must differ at least."""
_SPREADS = 3
"""How many times a cell's usual difference must be exceeded in addition to that."""
_MOST_SPREAD = 48.0
"""Maximum usual difference in levels; close to it, a cell that keeps changing between black and white is ignored."""
_QUIET, _STANDING, _MOVING, _SPREADING = 2.0, 1.0, 60.0, 20.0
"""Time constants in seconds: of the background in cells that do not differ, that differ but stand still, and that
move; and of a cell's usual difference."""
_PATIENCE = 3.0
"""Seconds without a change after which a cell stands still; the plain inside of a moving object changes sooner."""
_LONGEST = 5.0
"""Maximum seconds between two pictures; a longer gap counts as this."""
_NEIGHBOURS = 4
"""How many of the 3 x 3 cells around a cell must differ, itself included: single cells are noise."""
_MOST = 0.5
"""Share of the picture; if more of it differs at once, the light or the camera has changed."""
_MOST_GAIN = 1.5
"""If the whole picture is brighter or darker by more than this factor, the light has changed, whatever else differs."""
_MEASURED = np.s_[::3, ::3]
"""The cells whose brightness is compared with the background's."""
_FEWEST = 100
"""How many of them must be unmasked; if fewer are, the masked ones are used as well."""
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


@dataclass(frozen=True, slots=True)
class Motion:
    """The motion in a picture.

    Attributes:
        score: how much of the picture moves, in percent of what is not masked.
        box: the bounding box of all motion; `None` if nothing moves.
        zones: the zones in which something moves, the one with the highest score first.
    """

    score: float = 0.0
    box: Box | None = None
    zones: ZoneScores = ()


NO_MOTION = Motion()


def shrunk(luma: Plane) -> Plane:
    """Return a luma plane reduced to cells, about `SMALL` along its longer side, each the mean of some pixels.

    A plane that is small enough is returned unchanged.
    """
    side = max(1, round(max(luma.shape) / SMALL))
    if side == 1:
        return luma
    # Only some of the rows are read, to save time.
    step = max(1, side // _ROWS)
    rows = luma[min(step // 2, len(luma) - 1) :: step]
    # A picture of a few rows or columns is narrower than a cell.
    return averaged(rows, min(len(rows), max(1, side // step)), min(side, luma.shape[1]))


class Background:
    """A model of the picture without motion, learned from the pictures themselves.

    A cell counts as moving if it is brighter or darker than all of the background around it, so that a camera that
    shakes by one cell sees no motion. The brightness of the whole picture does not matter, nor does light that falls on
    a part of it. Masked cells are not compared with the background, nor do they affect what is found elsewhere.
    """

    def __init__(self, settling: float = SETTLING, areas: Areas = NO_AREAS) -> None:
        """Start without a background. For `settling` seconds from the first picture on, nothing counts as motion."""
        self._settling = settling
        self._areas = areas
        self._cells: AreaCells
        self._measured: Cells | None
        self._levels: Levels | None = None
        self._before: NDArray[np.int16]
        self._spread: Levels
        self._stood: Levels
        self._seconds = 0.0

    @property
    def settled(self) -> bool:
        """Whether motion can be detected yet."""
        return self._levels is not None and self._seconds >= self._settling

    def update(self, luma: Plane, seconds: float) -> Motion:
        """Learn from the next picture, and return the motion in it.

        Args:
            luma: as returned by `shrunk`; another size than before starts over.
            seconds: since the last picture.
        """
        seconds = min(max(seconds, 0.0), _LONGEST)
        now = luma.astype(np.int16)
        if self._levels is None or self._levels.shape != luma.shape:
            self._begin(now)
            return NO_MOTION
        self._seconds += seconds
        cells = self._cells
        gain = _gain(now, self._levels, self._measured)
        expected = _in_light(self._levels, gain)
        differs = self._differing(now, expected)
        if cells.unmasked is not None:
            differs &= cells.unmasked
        near = _count_around(differs)
        moves = differs & (near >= _NEIGHBOURS)
        count = int(np.count_nonzero(moves))
        lit = (
            not 1 / _MOST_GAIN < gain < _MOST_GAIN
            or count > _MOST * cells.count
            or (count > 0 and _is_light(now, expected, near > 0, cells.unmasked))
        )
        self._learn(now, expected, differs, seconds)
        if lit:
            self._levels = now.astype(np.float32)
        if lit or not count or not self.settled:
            return NO_MOTION
        return Motion(100 * count / cells.count, _box(moves), cells.scores(moves))

    def _begin(self, now: NDArray[np.int16]) -> None:
        self._levels = now.astype(np.float32)
        self._before = now
        self._spread = np.zeros(now.shape, np.float32)
        self._stood = np.zeros(now.shape, np.float32)
        self._seconds = 0.0
        self._cells = self._areas.cells(*now.shape)
        unmasked = self._cells.unmasked
        self._measured = None
        if unmasked is not None and np.count_nonzero(unmasked[_MEASURED]) >= _FEWEST:
            self._measured = unmasked[_MEASURED]

    def _differing(self, now: NDArray[np.int16], expected: Levels) -> Cells:
        """Return the cells that are brighter or darker than all of the background around them."""
        margin = (self._spread * _SPREADS + _LEAST).astype(np.int16)
        around = np.rint(expected).astype(np.int16)
        brighter: Cells = now - margin > _around(around, np.maximum)
        darker: Cells = now + margin < _around(around, np.minimum)
        return brighter | darker

    def _learn(self, now: NDArray[np.int16], expected: Levels, differs: Cells, seconds: float) -> None:
        assert self._levels is not None
        away = np.abs(now - expected)
        np.minimum(away, _MOST_SPREAD, out=away)
        away -= self._spread
        away *= _share(seconds, _SPREADING)
        self._spread += away
        towards = now - self._levels
        if self.settled:
            # Few cells differ, so handling them separately costs next to nothing.
            cells = np.flatnonzero(differs)
            follow = towards.flat[cells] * self._pace(now, cells, seconds)
            towards *= _share(seconds, _QUIET)
            towards.flat[cells] = follow
        else:
            towards *= _share(seconds, _QUIET / 4)
        self._levels += towards
        self._before = now

    def _pace(self, now: NDArray[np.int16], cells: NDArray[np.intp], seconds: float) -> Levels:
        """Return the share of the new picture that the background takes over in the cells that differ from it."""
        stands = np.abs(now.flat[cells] - self._before.flat[cells]) <= _LEAST
        stood = np.where(stands, self._stood.flat[cells] + np.float32(seconds), np.float32(0))
        self._stood.fill(0)
        self._stood.flat[cells] = stood
        return np.where(
            stood > _PATIENCE,
            np.float32(_share(seconds, _STANDING)),
            np.float32(_share(seconds, _MOVING)),
        )


def _gain(now: NDArray[np.int16], levels: Levels, measured: Cells | None) -> float:
    """Return how many times as bright as the background the picture is: the median ratio, which ignores what moves.

    Args:
        measured: which of the cells `_MEASURED` to use; `None` for all.
    """
    each = (now[_MEASURED] + _DARK) / (levels[_MEASURED] + _DARK)
    ratios = each.ravel() if measured is None else each[measured]
    middle = ratios.size // 2
    return float(np.partition(ratios, middle)[middle])


def _in_light(levels: Levels, gain: float) -> Levels:
    """Return the background, `gain` times as bright."""
    bright: Levels = np.clip(levels * np.float32(gain) + np.float32(_DARK * (gain - 1)), 0, 255)
    return bright


def _around(levels: NDArray[np.int16], extreme: np.ufunc) -> NDArray[np.int16]:
    """Return the maximum or minimum of the 3 x 3 cells around each cell."""
    rows = levels.copy()
    extreme(rows[1:], levels[:-1], out=rows[1:])
    extreme(rows[:-1], levels[1:], out=rows[:-1])
    both = rows.copy()
    extreme(both[:, 1:], rows[:, :-1], out=both[:, 1:])
    extreme(both[:, :-1], rows[:, 1:], out=both[:, :-1])
    return both


def _count_around(mask: Cells) -> NDArray[np.uint8]:
    """Return how many of the 3 x 3 cells around each cell are set."""
    ones = mask.view(np.uint8)
    rows = ones.copy()
    rows[1:] += ones[:-1]
    rows[:-1] += ones[1:]
    both = rows.copy()
    both[:, 1:] += rows[:, :-1]
    both[:, :-1] += rows[:, 1:]
    return both


def _is_light(now: NDArray[np.int16], expected: Levels, where: Cells, unmasked: Cells | None) -> bool:
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


def _share(seconds: float, constant: float) -> float:
    """Return the weight of a new value in an exponential average, after `seconds` with this time constant."""
    return 1 - math.exp(-seconds / constant)


def _box(moves: Cells) -> Box:
    rows, columns = bounds(moves)
    height, width = moves.shape
    return (
        columns.start / width,
        rows.start / height,
        (columns.stop - columns.start) / width,
        (rows.stop - rows.start) / height,
    )
