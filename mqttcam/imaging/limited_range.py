"""Samples of limited range, as video has them, in the full range of JPEG (ITU-R BT.601, 2.5.3)."""

from __future__ import annotations

import numpy as np

from mqttcam.imaging.raster import Plane


def expand_luma(plane: Plane) -> Plane:
    """Return a copy of luma, or of a colour of RGB, with 16 to 235 expanded to 0 to 255."""
    return _mapped(plane, _LUMA)


def expand_chroma(plane: Plane) -> Plane:
    """Return a copy of a colour difference, with 16 to 240 expanded to 0 to 255 around 128."""
    return _mapped(plane, _CHROMA)


def _expansion(black: int, white: int, middle: int) -> bytes:
    """Return a table that maps `black` to `white`, around `middle`, to 0 to 255."""
    scale = 255 / (white - black)
    start = 0 if middle == black else 128
    return bytes(min(255, max(0, round((value - middle) * scale + start))) for value in range(256))


_LUMA, _CHROMA = _expansion(16, 235, 16), _expansion(16, 240, 128)


def _mapped(plane: Plane, table: bytes) -> Plane:
    """Return a mapped copy. `bytes.translate` avoids the 64-bit indices of numpy's table look-up."""
    return np.frombuffer(plane.tobytes().translate(table), np.uint8).reshape(plane.shape)
