"""Cells and the cells around them."""

from __future__ import annotations

import numpy as np
import pytest

from mqttcam.motion.neighbours import around, count_around, without_thin_parts

SHAPES = [(1, 1), (1, 9), (9, 1), (2, 2), (3, 7), (12, 16)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("extreme", [np.maximum, np.minimum])
def test_extremes_are_of_the_nine_cells_and_of_no_others(shape: tuple[int, int], extreme: np.ufunc) -> None:
    levels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    found = around(levels, extreme)
    for row, column in np.ndindex(shape):
        near = levels[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        assert found[row, column] == extreme.reduce(near, axis=None)


@pytest.mark.parametrize("shape", SHAPES)
def test_count_is_of_the_nine_cells_and_of_no_others(shape: tuple[int, int]) -> None:
    mask = np.random.default_rng(2).random(shape) < 0.5
    found = count_around(mask)
    for row, column in np.ndindex(shape):
        near = mask[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        assert found[row, column] == np.count_nonzero(near)


def test_thin_parts_are_left_out_and_the_rest_keeps_its_size() -> None:
    mask = np.zeros((20, 30), np.bool_)
    mask[:, 2:4] = mask[12, :20] = True
    mask[4:10, 10:16] = True
    found = without_thin_parts(mask)
    assert found[4:10, 10:16].all()
    assert np.count_nonzero(found) == 36
