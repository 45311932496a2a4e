"""A bouncing ball."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.patterns import Rgb, planes_of_rgb
from mqttcam.imaging.raster import Planes

Area = tuple[slice, slice]
Wide = NDArray[np.uint16]

_SHARE = 5
"""How often its diameter fits into the shorter side of the area in which it moves."""
_COLOUR = (0.98, 0.30, 0.38)
_LIGHT = (-0.42, -0.55, 0.72)
"""The direction of the light: from the left, above and in front."""
CROSSING, _BOUNCE = 4.5, 1.35
"""Seconds from one side to the other, and from one bounce to the next."""
_JUMP = 0.86
"""The share of the height that it jumps."""


class Ball:
    """Is blended into a picture, and removed from it again; costs only as much as its own pixels."""

    def __init__(self, width: int, height: int) -> None:
        """Make a ball that stays within the first `height` rows of a picture of `width` pixels."""
        self._width = width
        self._height = height
        self._side = max(4, min(width, height) // _SHARE // 2 * 2)
        self._seconds = 0.0
        self._area: Area | None = None
        self._shares: tuple[Wide, Wide, Wide]
        self._colours: tuple[Wide, Wide, Wide]
        self._shares, alpha, self._sphere = _sphere(self._side)
        self._alpha = alpha
        self.paint(self._sphere)

    @property
    def planes(self) -> Planes:
        """Its own pixels as Y, U and V of a 4:2:0 picture, for controls to change."""
        return self._sphere

    def paint(self, planes: Planes) -> None:
        """Change its colours to those of `planes`."""
        y, u, v = (plane.astype(np.uint16) * alpha for plane, alpha in zip(planes, self._alpha, strict=True))
        self._colours = y, u, v

    def lift(self, canvas: Planes, background: Planes) -> None:
        """Remove it from the picture."""
        if self._area is not None:
            for plane, behind, area in zip(canvas, background, _of_planes(self._area), strict=True):
                plane[area] = behind[area]
            self._area = None

    def draw(self, canvas: Planes, seconds: float) -> None:
        """Move it on by `seconds`, and draw it."""
        self._seconds += seconds
        left, top = self._position()
        self._area = slice(top, top + self._side), slice(left, left + self._side)
        areas = _of_planes(self._area)
        for plane, area, share, colour in zip(canvas, areas, self._shares, self._colours, strict=True):
            plane[area] = (plane[area] * share + colour) >> 8

    def _position(self) -> tuple[int, int]:
        """Return left and top in pixels, both even because of the 4:2:0 chroma."""
        across = abs(self._seconds / CROSSING % 2 - 1)
        fall = self._seconds / _BOUNCE % 1
        up = 4 * fall * (1 - fall) * _JUMP
        left = (self._width - self._side) * across
        top = (self._height - self._side) * (1 - up)
        return int(left) // 2 * 2, int(top) // 2 * 2


def _of_planes(area: Area) -> tuple[Area, Area, Area]:
    """Return the same area in Y, U and V."""
    rows, columns = area
    half = slice(rows.start // 2, rows.stop // 2), slice(columns.start // 2, columns.stop // 2)
    return area, half, half


def _sphere(side: int) -> tuple[tuple[Wide, Wide, Wide], tuple[Wide, Wide, Wide], Planes]:
    """Return the shares of the background and of the ball in 1/256, and the ball's pixels."""
    at = (np.arange(side) + 0.5) / side * 2 - 1
    x, y = np.meshgrid(at, at)
    distance = np.hypot(x, y)
    z = np.sqrt(np.clip(1 - distance**2, 0, 1))
    towards = np.clip(x * _LIGHT[0] + y * _LIGHT[1] + z * _LIGHT[2], 0, 1)
    # Diffuse light, a little of it everywhere, and a highlight.
    rgb: Rgb = np.asarray(
        np.multiply.outer(0.30 + 0.75 * towards, _COLOUR) + 0.7 * (towards**24)[..., None], np.float32
    ).clip(0, 1)
    luma, blue, red = planes_of_rgb(rgb)
    alpha = np.clip((1 - distance) * side / 2 + 0.5, 0, 1) * 256
    halves = alpha.reshape(side // 2, 2, side // 2, 2).mean(axis=(1, 3))
    y_share, half = alpha.astype(np.uint16), halves.astype(np.uint16)
    mine = (y_share, half, half)
    behind = (256 - y_share, 256 - half, 256 - half)
    return behind, mine, (luma, blue[::2, ::2], red[::2, ::2])
