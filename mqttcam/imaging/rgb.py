"""Planes of red, green and blue, and of video in ITU-R BT.709, in the colour space of JPEGs (BT.601, full range)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.raster import Plane, Planes
from mqttcam.imaging.resize import averaged

_BT601, _BT709 = (0.299, 0.587, 0.114), (0.2126, 0.7152, 0.0722)
"""The weights of red, green and blue in luma (ITU-R BT.601 and BT.709)."""


def _matrix(weights: tuple[float, float, float]) -> NDArray[np.float64]:
    """Return the matrix from RGB to luma and the two colour differences, which have the range of luma."""
    luma = np.array(weights)
    blue = (np.array((0, 0, 1)) - luma) / (2 * (1 - weights[2]))
    red = (np.array((1, 0, 0)) - luma) / (2 * (1 - weights[0]))
    return np.stack((luma, blue, red))


_ONE = 1 << 14
_FROM_BT709 = np.rint(_matrix(_BT601) @ np.linalg.inv(_matrix(_BT709)) * _ONE).astype(np.int32)
_CHROMA = np.rint(_matrix(_BT601)[1:] * _ONE).astype(np.int32)
_HALF = _ONE // 2


def planes_of_rgb(red: Plane, green: Plane, blue: Plane) -> Planes:
    """Return the planes of three channels of the same size; the colour of four pixels is averaged."""
    luma = red * np.uint16(77) + green * np.uint16(150)
    luma += blue * np.uint16(29)
    luma += 128
    halves = [_halved(channel).astype(np.int32) for channel in (red, green, blue)]
    u, v = (_chroma(sum(int(one) * half for one, half in zip(row, halves, strict=True))) for row in _CHROMA)
    return (luma >> 8).astype(np.uint8), u, v


def from_bt709(y: Plane, u: Plane, v: Plane) -> Planes:
    """Return planes in full range with the colours of BT.709 as those of BT.601."""
    blue, red = u.astype(np.int32) - 128, v.astype(np.int32) - 128
    change = (int(_FROM_BT709[0, 1]) * blue + int(_FROM_BT709[0, 2]) * red + _HALF) // _ONE
    rows, columns = y.shape
    luma = y + change.astype(np.int16).repeat(2, 0).repeat(2, 1)[:rows, :columns]
    new_u, new_v = (_chroma(int(row[1]) * blue + int(row[2]) * red) for row in _FROM_BT709[1:])
    return luma.clip(0, 255).astype(np.uint8), new_u, new_v


def _halved(channel: Plane) -> Plane:
    rows, columns = channel.shape
    if rows % 2 or columns % 2:
        channel = np.pad(channel, ((0, rows % 2), (0, columns % 2)), mode="edge")
    return averaged(channel, 2, 2)


def _chroma(scaled: NDArray[np.int32] | int) -> Plane:
    return ((scaled + _HALF) // _ONE + 128).clip(0, 255).astype(np.uint8)  # type: ignore[union-attr]
