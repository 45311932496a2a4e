"""Test pictures as planes, full range, 4:2:0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.raster import Planes

Rgb = NDArray[np.float32]
"""(height, width, 3), 0 to 1; a test picture at half the size it is shown at."""

_BARS = ((1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1))
_BAR_LEVEL = 0.75
"""The usual 75 % colour bars."""
_RAMP = 0.22
"""Share of the height, below the bars, that is a grey ramp."""
_SQUARE = 8
"""Squares of the checkerboard from top to bottom."""


def _bars(height: int, width: int) -> Rgb:
    columns = np.arange(width) * len(_BARS) // width
    picture = np.broadcast_to(np.array(_BARS, np.float32)[columns] * _BAR_LEVEL, (height, width, 3)).copy()
    picture[int(height * (1 - _RAMP)) :] = np.linspace(0, 1, width, dtype=np.float32)[:, None]
    return picture


def _gradient(height: int, width: int) -> Rgb:
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    sky = np.stack(np.broadcast_arrays(0.15 + 0.75 * down, 0.25 + 0.35 * across, 0.75 - 0.45 * down), axis=-1)
    return sky.astype(np.float32)


def _checkerboard(height: int, width: int) -> Rgb:
    rows, columns = np.mgrid[0:height, 0:width] * _SQUARE // height
    return np.repeat(np.where((rows + columns) % 2, 0.85, 0.15)[..., None], 3, axis=-1).astype(np.float32)


def _grey(height: int, width: int) -> Rgb:
    return np.full((height, width, 3), 0.5, np.float32)


PATTERNS: dict[str, Callable[[int, int], Rgb]] = {
    "bars": _bars,
    "gradient": _gradient,
    "checkerboard": _checkerboard,
    "grey": _grey,
}


def draw_pattern(
    name: str, width: int, height: int, *, brightness: float, contrast: float, saturation: float
) -> Planes:
    """A test picture.

    Args:
        name: one of `PATTERNS`.
        brightness: added to the luma, -1 to 1 of its range.
        contrast: the luma's distance from the middle is multiplied by it.
        saturation: the same for the colours.
    """
    rgb = PATTERNS[name](height // 2, width // 2)
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    luma = 0.299 * red + 0.587 * green + 0.114 * blue  # JFIF, from ITU-R BT.601
    shown = (luma - 0.5) * contrast + 0.5 + brightness
    y = _to_bytes(shown).repeat(2, axis=0).repeat(2, axis=1)
    return y, _to_bytes((blue - luma) * (0.564 * saturation) + 0.5), _to_bytes((red - luma) * (0.713 * saturation) + 0.5)


def _to_bytes(plane: NDArray[np.float32]) -> NDArray[np.uint8]:
    return (plane * 255).round().clip(0, 255).astype(np.uint8)
