"""Test pictures, as 4:2:0 planes in full range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.raster import Plane, Planes

Rgb = NDArray[np.float32]
"""(height, width, 3), 0 to 1; a test picture at half its final size."""

_WHITE, _YELLOW, _CYAN, _GREEN = (1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0)
_MAGENTA, _RED, _BLUE, _BLACK = (1, 0, 1), (1, 0, 0), (0, 0, 1), (0, 0, 0)
_BARS = (_WHITE, _YELLOW, _CYAN, _GREEN, _MAGENTA, _RED, _BLUE)
_CASTELLATIONS = (_BLUE, _BLACK, _MAGENTA, _BLACK, _CYAN, _BLACK, _WHITE)
"""Below the bars, as in SMPTE EG 1: blue next to magenta and cyan makes a wrong hue visible."""
_BAR_LEVEL = 0.75
"""The usual 75 % colour bars."""
_BARS_END, _CASTELLATIONS_END = 0.67, 0.75
"""Where the bars and the castellations end, as shares of the height; below them is a ramp from black to white."""
_SQUARES = 8
"""Squares of the checkerboard from top to bottom."""
_HALF_LEVEL = 0.5 / 255
"""Neutral chroma is 128, half a level above the middle of 0 and 255."""
_DUSK = ((0.09, 0.11, 0.30), (0.42, 0.25, 0.47), (0.91, 0.47, 0.38), (0.99, 0.80, 0.50))
"""Colours of the gradient from top to bottom."""


def _bars(height: int, width: int) -> Rgb:
    columns = np.arange(width) * len(_BARS) // width
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = np.array(_BARS, np.float32)[columns] * _BAR_LEVEL
    castellations = slice(int(height * _BARS_END), int(height * _CASTELLATIONS_END))
    picture[castellations] = np.array(_CASTELLATIONS, np.float32)[columns] * _BAR_LEVEL
    picture[castellations.stop :] = np.linspace(0, 1, width, dtype=np.float32)[:, None]
    return picture


def _gradient(height: int, width: int) -> Rgb:
    stops = np.linspace(0, 1, len(_DUSK))
    # It is slightly tilted: a picture that is constant along its rows would hide errors.
    at = np.linspace(0, 0.92, height)[:, None] + np.linspace(0.08, 0, width)[None, :]
    channels = [np.interp(at, stops, [colour[index] for colour in _DUSK]) for index in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def _checkerboard(height: int, width: int) -> Rgb:
    rows, columns = np.mgrid[0:height, 0:width] * _SQUARES // height
    return np.repeat(np.where((rows + columns) % 2, 0.85, 0.15)[..., None], 3, axis=-1).astype(np.float32)


def _grey(height: int, width: int) -> Rgb:
    return np.full((height, width, 3), 0.5, np.float32)


PATTERNS: dict[str, Callable[[int, int], Rgb]] = {
    "bars": _bars,
    "gradient": _gradient,
    "checkerboard": _checkerboard,
    "grey": _grey,
}


def draw_pattern(name: str, width: int, height: int) -> Planes:
    """Return a test picture, one of `PATTERNS`; width and height must be even."""
    y, u, v = planes_of_rgb(PATTERNS[name](height // 2, width // 2))
    return y.repeat(2, axis=0).repeat(2, axis=1), u, v


def planes_of_rgb(rgb: Rgb) -> Planes:
    """Return Y, U and V, each of the full size, as in JFIF 1.02 (ITU-R BT.601, full range)."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return _to_bytes(luma), _to_bytes((blue - luma) * 0.564 + 0.5), _to_bytes((red - luma) * 0.713 + 0.5)


def adjusted(planes: Planes, *, brightness: float, contrast: float, saturation: float) -> Planes:
    """Return a picture with the changes that a camera's controls of these names make.

    Args:
        brightness: added to the luma, -1 to 1 times its range.
        contrast: factor for the luma's distance from the middle of its range.
        saturation: factor for the chroma's distance from neutral.
    """
    levels = np.arange(256, dtype=np.float32) / 255 - 0.5
    luma = _to_bytes(levels * contrast + (0.5 + brightness))
    chroma = _to_bytes((levels - _HALF_LEVEL) * saturation + (0.5 + _HALF_LEVEL))
    y, u, v = planes
    return luma[y], chroma[u], chroma[v]


def _to_bytes(plane: NDArray[np.floating[Any]]) -> Plane:
    return (plane * 255).round().clip(0, 255).astype(np.uint8)
