"""Motion in small pictures: what differs from the background, and is neither noise nor another light."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.raster import Plane
from mqttcam.imaging.resize import averaged

Box = tuple[float, float, float, float]
"""Left, top, width and height, as shares of the picture."""
Levels = NDArray[np.float32]
Mask = NDArray[np.bool_]

SMALL = 160
"""About the longer side of what is looked at; a cell of it is some pixels of the picture."""
SETTLING = 2.0
"""Seconds after the first picture in which nothing counts: cameras set their exposure then."""
_ROWS = 4
"""Rows of pixels that are averaged for a cell; more would cost time and take away little more noise."""
_LEAST = 8
"""Luma levels that a cell must differ by at the least."""
_SPREADS = 3
"""Times the usual difference at its place that a cell must differ by, beyond that."""
_MOST_SPREAD = 48.0
"""Levels; a cell that keeps changing from black to white is passed over once its usual difference is near that."""
_QUIET, _STANDING, _MOVING, _SPREADING = 2.0, 1.0, 60.0, 20.0
"""Seconds in which the background follows cells that do not differ, that differ but stand still, and that move; and
in which a cell's usual difference is learned."""
_PATIENCE = 3.0
"""Seconds that a cell must not change before it stands still: the middle of something plain that passes does not."""
_LONGEST = 5.0
"""Seconds; a longer gap counts as this."""
_NEIGHBOURS = 4
"""Cells of the nine around a cell, itself included, that must differ: single ones are noise."""
_MOST = 0.5
"""Of the picture; where more differs at once, the light or the camera has changed."""
_MOST_GAIN = 1.5
"""Times as bright or as dark as before; beyond it the light has changed, whatever else there is to see."""
_DARK = 16.0
"""Levels that are added before brightness is compared by ratio: there is noise in the dark."""
_STEEPEST = 0.15
"""Of an edge, as a ratio of brightness; a steeper one, such as a shadow's, has no more say than this."""
_SAME_EDGES = 0.65
"""Correlation with the background's edges, from which on it is another light on the same things. In made scenes light
has 0.67 to 0.99, and what covers something else 0.5 at the most."""
_NO_EDGES = 0.0006
"""Mean square of the steps from cell to cell, as ratios, below which there are no edges: three levels in mid-grey."""
_BRIGHTNESS = np.log(np.arange(256, dtype=np.float32) + np.float32(_DARK))


@dataclass(frozen=True, slots=True)
class Motion:
    """What moves in a picture.

    Attributes:
        score: how much of the picture, in percent.
        box: around all of it; `None` where nothing moves.
    """

    score: float = 0.0
    box: Box | None = None


NO_MOTION = Motion()


def shrunk(luma: Plane) -> Plane:
    """A luma plane in cells: about 160 on its longer side, each the mean of some of its pixels."""
    side = max(1, round(max(luma.shape) / SMALL))
    if side == 1:
        return luma
    # Every so many rows only: what is not read costs nothing.
    step = max(1, side // _ROWS)
    return averaged(luma[step // 2 :: step], max(1, side // step), side)


class Background:
    """How a picture is without motion, learned from the pictures themselves.

    A cell moves where it lies outside of what the background has around that place, so that a camera that shakes by a
    cell sees nothing. How bright the whole picture is does not matter, and neither does light on a part of it.
    """

    def __init__(self, settling: float = SETTLING) -> None:
        """Know nothing yet; for `settling` seconds from the first picture on, nothing counts as motion."""
        self._settling = settling
        self._levels: Levels | None = None
        self._before: NDArray[np.int16]
        self._spread: Levels
        self._stood: Levels
        self._seconds = 0.0

    @property
    def settled(self) -> bool:
        """Whether motion can be seen yet."""
        return self._levels is not None and self._seconds >= self._settling

    def look(self, luma: Plane, seconds: float) -> Motion:
        """What moves in the next picture.

        Args:
            luma: as `shrunk` gives it; one of another size begins anew.
            seconds: since the last picture.
        """
        seconds = min(max(seconds, 0.0), _LONGEST)
        now = luma.astype(np.int16)
        if self._levels is None or self._levels.shape != luma.shape:
            self._begin(now)
            return NO_MOTION
        self._seconds += seconds
        gain = _gain(now, self._levels)
        expected = _in_light(self._levels, gain)
        differs = self._differing(now, expected)
        near = _count_around(differs)
        moves = differs & (near >= _NEIGHBOURS)
        count = int(np.count_nonzero(moves))
        lit = (
            not 1 / _MOST_GAIN < gain < _MOST_GAIN
            or count > _MOST * moves.size
            or (count > 0 and _is_light(now, expected, near > 0))
        )
        self._learn(now, expected, differs, seconds)
        if lit:
            self._levels = now.astype(np.float32)
        if lit or not count or not self.settled:
            return NO_MOTION
        return Motion(100 * count / moves.size, _box(moves))

    def _begin(self, now: NDArray[np.int16]) -> None:
        self._levels = now.astype(np.float32)
        self._before = now
        self._spread = np.zeros(now.shape, np.float32)
        self._stood = np.zeros(now.shape, np.float32)
        self._seconds = 0.0

    def _differing(self, now: NDArray[np.int16], expected: Levels) -> Mask:
        """Cells that are brighter or darker than everything the background has next to them."""
        margin = (self._spread * _SPREADS + _LEAST).astype(np.int16)
        around = np.rint(expected).astype(np.int16)
        brighter: Mask = now - margin > _around(around, np.maximum)
        darker: Mask = now + margin < _around(around, np.minimum)
        return brighter | darker

    def _learn(self, now: NDArray[np.int16], expected: Levels, differs: Mask, seconds: float) -> None:
        assert self._levels is not None
        away = np.abs(now - expected)
        np.minimum(away, _MOST_SPREAD, out=away)
        away -= self._spread
        away *= _share(seconds, _SPREADING)
        self._spread += away
        towards = now - self._levels
        if self.settled:
            # Few cells differ: what is done for them alone costs nothing.
            cells = np.flatnonzero(differs)
            follow = towards.flat[cells] * self._pace(now, cells, seconds)
            towards *= _share(seconds, _QUIET)
            towards.flat[cells] = follow
        else:
            towards *= _share(seconds, _QUIET / 4)
        self._levels += towards
        self._before = now

    def _pace(self, now: NDArray[np.int16], cells: NDArray[np.intp], seconds: float) -> Levels:
        """How much of the new picture the background takes over in cells that differ from it."""
        stands = np.abs(now.flat[cells] - self._before.flat[cells]) <= _LEAST
        stood = np.where(stands, self._stood.flat[cells] + np.float32(seconds), np.float32(0))
        self._stood.fill(0)
        self._stood.flat[cells] = stood
        return np.where(
            stood > _PATIENCE,
            np.float32(_share(seconds, _STANDING)),
            np.float32(_share(seconds, _MOVING)),
        )


def _gain(now: NDArray[np.int16], levels: Levels) -> float:
    """How many times as bright the picture is as the background, by the median of the ratios: what moves has no say."""
    ratios = ((now[::3, ::3] + _DARK) / (levels[::3, ::3] + _DARK)).ravel()
    middle = ratios.size // 2
    return float(np.partition(ratios, middle)[middle])


def _in_light(levels: Levels, gain: float) -> Levels:
    """The background so many times as bright."""
    bright: Levels = np.clip(levels * np.float32(gain) + np.float32(_DARK * (gain - 1)), 0, 255)
    return bright


def _around(levels: NDArray[np.int16], extreme: np.ufunc) -> NDArray[np.int16]:
    """The largest or the smallest of the nine around each cell."""
    rows = levels.copy()
    extreme(rows[1:], levels[:-1], out=rows[1:])
    extreme(rows[:-1], levels[1:], out=rows[:-1])
    both = rows.copy()
    extreme(both[:, 1:], rows[:, :-1], out=both[:, 1:])
    extreme(both[:, :-1], rows[:, 1:], out=both[:, :-1])
    return both


def _count_around(mask: Mask) -> NDArray[np.uint8]:
    """How many of the nine around each cell are set."""
    ones = mask.view(np.uint8)
    rows = ones.copy()
    rows[1:] += ones[:-1]
    rows[:-1] += ones[1:]
    both = rows.copy()
    both[:, 1:] += rows[:, :-1]
    both[:, :-1] += rows[:, 1:]
    return both


def _is_light(now: NDArray[np.int16], expected: Levels, where: Mask) -> bool:
    """Whether what differs is the same things in another light: their edges are where they were.

    Brightness counts by its logarithm, in which a light that falls on a part of the picture only adds something smooth.
    """
    around = _bounds(where)
    where = where[around]
    here = _BRIGHTNESS[now[around]]
    there = _BRIGHTNESS[np.rint(expected[around]).astype(np.intp)]
    together = edges = edges_before = 0.0
    cells = 0
    for axis in (0, 1):
        chosen = where[1:] if axis == 0 else where[:, 1:]
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
    """Of the way to a new value, that an exponential average goes in so many seconds."""
    return 1 - math.exp(-seconds / constant)


def _bounds(mask: Mask) -> tuple[slice, slice]:
    """The rows and columns in which something is set; something must be."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _box(moves: Mask) -> Box:
    rows, columns = _bounds(moves)
    height, width = moves.shape
    return (
        columns.start / width,
        rows.start / height,
        (columns.stop - columns.start) / width,
        (rows.stop - rows.start) / height,
    )
