"""Motion in small pictures: what differs from the background, and is neither noise nor a change of the light."""

from __future__ import annotations

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from mqttcam.imaging.polygon import Cells
from mqttcam.imaging.raster import Plane
from mqttcam.imaging.resize import averaged
from mqttcam.motion.areas import NO_AREAS, AreaCells, Areas, ZoneScores, bounds
from mqttcam.motion.damage import is_everywhere, lacks_a_side
from mqttcam.motion.light import MEASURED, Indices, Levels, gain, in_light, is_light, rounded
from mqttcam.motion.neighbours import around, count_around, without_thin_parts
from mqttcam.motion.shown_cells import shown_cells

Box = tuple[float, float, float, float]
"""Left, top, width and height, as fractions of the picture's sides."""

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
_MOST_SPREAD = np.uint8(48)
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
_FEWEST = 100
"""How many of the cells `MEASURED` must be unmasked; if fewer are, the masked ones are used as well."""
_SUDDEN = 0.05
"""Share of the picture: if more than this changes from one picture to the next, the one after decides what it is."""
_PROMPT = 1.0
"""Seconds after which the next picture comes too late to wait for it."""
_STILL = 0.02
"""Share of what has changed at once; if less of it has changed again in the next picture, it does not move."""


class Motion(Struct, frozen=True):
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

    Attributes:
        observed: whether `shown` is wanted.
        shown: the cells of the last picture, as returned by `shown_cells`; `None` if it was the first or is ignored.
    """

    def __init__(self, settling: float = SETTLING, areas: Areas = NO_AREAS) -> None:
        """Start without a background. For `settling` seconds from the first picture on, nothing counts as motion."""
        self._settling = settling
        self._areas = areas
        self._cells: AreaCells
        self._measured: Cells | None
        self._levels: Levels | None = None
        self._before: Levels
        self._spread: Levels
        self._stood: Levels
        self._seconds = 0.0
        self._share = 0.0
        self._cut_off = 0.0
        self._waits = False
        self.observed = False
        self.shown: Plane | None = None

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
        self.shown = None
        seconds = min(max(seconds, 0.0), _LONGEST)
        luma = np.ascontiguousarray(luma)  # for flat indices; it may be a view, turned and mirrored
        now = luma.astype(np.float32)
        if self._levels is None or self._levels.shape != luma.shape:
            self._begin(now)
            return NO_MOTION
        self._seconds += seconds
        cells = self._cells
        brighter = gain(now, self._levels, self._measured)
        expected = in_light(self._levels, brighter)
        usual = rounded(expected)
        if self._is_cut_off(luma, usual, seconds):
            return NO_MOTION
        differs = self._differing(luma, usual)
        if cells.unmasked is not None:
            differs &= cells.unmasked
        near = count_around(differs)
        moves = _moving(differs, near, cells.unmasked)
        if self.observed:
            margin = self._spread * _SPREADS + _LEAST
            self.shown = shown_cells(now - expected, margin, differs, moves, cells.unmasked)
        count = int(np.count_nonzero(moves))
        if self._is_sudden(count / moves.size, seconds):
            self._before = now
            return NO_MOTION
        waited, self._waits = self._waits, False
        touched = np.flatnonzero(near)
        lit = (
            not 1 / _MOST_GAIN < brighter < _MOST_GAIN
            or count > _MOST * cells.count
            or (count > 0 and is_light(luma, usual, touched, cells.unmasked))
            or (waited and count > 0 and (is_everywhere(moves) or self._stands(now, moves, count)))
        )
        self._learn(luma, usual, now, touched[differs.take(touched)], seconds)
        if lit:
            self._levels = now.copy()
        if lit or not count or not self.settled:
            return NO_MOTION
        return Motion(100 * count / cells.count, _box(moves), cells.scores(moves))

    def _is_cut_off(self, luma: Plane, usual: Plane, seconds: float) -> bool:
        """Return whether to ignore a picture of which a part was not received; not for ever, as that may stay so."""
        self._cut_off = self._cut_off + seconds if lacks_a_side(luma, usual) else 0.0
        return 0 < self._cut_off < _PATIENCE

    def _is_sudden(self, share: float, seconds: float) -> bool:
        """Return whether to wait for the next picture, because much more of this one differs than of the last one."""
        growth, self._share = share - self._share, share
        if self._waits or growth < _SUDDEN or seconds > _PROMPT or not self.settled:
            return False
        self._waits = True
        return True

    def _stands(self, now: Levels, moves: Cells, count: int) -> bool:
        """Return whether the cells that differ from the background are the same as in the last picture."""
        expected = in_light(self._before, gain(now, self._before, self._measured))
        changed = moves & (np.abs(now - expected) > self._spread * _SPREADS + _LEAST)
        changed &= count_around(changed) >= _NEIGHBOURS
        return bool(np.count_nonzero(changed) < _STILL * count)

    def _begin(self, now: Levels) -> None:
        self._levels = now.copy()
        self._before = now
        self._spread = np.zeros(now.shape, np.float32)
        self._stood = np.zeros(now.shape, np.float32)
        self._seconds = 0.0
        self._cells = self._areas.cells(*now.shape)
        unmasked = self._cells.unmasked
        self._measured = None
        if unmasked is not None and np.count_nonzero(unmasked[MEASURED]) >= _FEWEST:
            self._measured = unmasked[MEASURED]

    def _differing(self, luma: Plane, usual: Plane) -> Cells:
        """Return the cells that are brighter or darker than all of the background around them."""
        # In eight bits throughout, and without differences below zero: that is several times as fast.
        margin = (self._spread * _SPREADS + _LEAST).astype(np.uint8)
        brightest, darkest = around(usual, np.maximum), around(usual, np.minimum)
        above = np.maximum(luma, brightest)
        above -= brightest
        below = np.minimum(luma, darkest)
        np.subtract(darkest, below, out=below)
        differs: Cells = np.maximum(above, below, out=above) > margin
        return differs

    def _learn(self, luma: Plane, usual: Plane, now: Levels, cells: Indices, seconds: float) -> None:
        """Learn from a picture.

        Args:
            luma, now: the picture.
            usual: the background in its light.
            cells: those that differ, as flat indices.
        """
        assert self._levels is not None
        apart = np.maximum(luma, usual)
        apart -= np.minimum(luma, usual)
        np.minimum(apart, _MOST_SPREAD, out=apart)
        away = apart.astype(np.float32)
        away -= self._spread
        away *= _share(seconds, _SPREADING)
        self._spread += away
        towards = now - self._levels
        if self.settled:
            # Few cells differ, so handling them separately costs next to nothing.
            flat = towards.reshape(-1)
            follow = flat[cells] * self._pace(now, cells, seconds)
            towards *= _share(seconds, _QUIET)
            flat[cells] = follow
        else:
            towards *= _share(seconds, _QUIET / 4)
        self._levels += towards
        self._before = now

    def _pace(self, now: Levels, cells: Indices, seconds: float) -> Levels:
        """Return the share of the new picture that the background takes over in the cells that differ from it."""
        stands = np.abs(now.take(cells) - self._before.take(cells)) <= _LEAST
        stood = (self._stood.take(cells) + np.float32(seconds)) * stands
        self._stood.fill(0)
        self._stood.reshape(-1)[cells] = stood
        return np.where(
            stood > _PATIENCE,
            np.float32(_share(seconds, _STANDING)),
            np.float32(_share(seconds, _MOVING)),
        )


def _moving(differs: Cells, near: NDArray[np.uint8], unmasked: Cells | None) -> Cells:
    """Return the cells that move, of those that differ; `near` counts these around each cell."""
    moves: Cells = differs & (near >= _NEIGHBOURS)
    if not moves.any():
        return moves
    moves = without_thin_parts(moves)
    if unmasked is not None:
        moves &= unmasked
    return moves


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
