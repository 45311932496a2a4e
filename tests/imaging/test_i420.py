"""Planar 4:2:0 pixels in one piece of memory."""

from __future__ import annotations

import numpy as np
import pytest

from mqttcam.imaging.i420 import contiguous_copy, i420_of
from mqttcam.imaging.raster import Planes


def planes(width: int, height: int) -> Planes:
    """Return planes in which every pixel differs from its neighbours, with gaps between the rows."""
    half = (height + 1) // 2, (width + 1) // 2

    def plane(rows: int, columns: int, first: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        values = (np.arange(rows * (columns + 5)) + first).reshape(rows, columns + 5).astype(np.uint8)
        return values[:, :columns]

    return plane(height, width, 0), plane(*half, 80), plane(*half, 160)


@pytest.mark.parametrize(("width", "height"), [(8, 4), (7, 4), (8, 5), (7, 5), (2, 2)])
def test_each_plane_is_in_its_place(width: int, height: int) -> None:
    y, u, v = planes(width, height)
    i420 = i420_of((y, u, v))
    even = width & ~1, height & ~1
    assert i420.shape == (even[1] * 3 // 2, even[0])
    flat, luma, chroma = i420.reshape(-1), even[0] * even[1], even[0] * even[1] // 4
    assert flat[:luma].tolist() == y[: even[1], : even[0]].reshape(-1).tolist()
    assert flat[luma : luma + chroma].tolist() == u[: even[1] // 2, : even[0] // 2].reshape(-1).tolist()
    assert flat[luma + chroma :].tolist() == v[: even[1] // 2, : even[0] // 2].reshape(-1).tolist()


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1)])
def test_one_pixel_is_too_few(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="one pixel"):
        i420_of(planes(*size))


@pytest.mark.parametrize("size", [(8, 4), (7, 5)])
def test_a_copy_is_equal_and_independent(size: tuple[int, int]) -> None:
    original = planes(*size)
    copy = contiguous_copy(original)
    for old, new in zip(original, copy, strict=True):
        assert new.tolist() == old.tolist()
        old[:] = 0
        assert new.any()


def test_a_copy_is_not_copied_again() -> None:
    copy = contiguous_copy(planes(8, 4))
    assert np.shares_memory(i420_of(copy), copy[0])
    assert not np.shares_memory(i420_of(planes(8, 4)), copy[0])
