"""Turning and mirroring: what two of them make together, and where points and sides go."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from mqttcam.imaging.orientation import UPRIGHT, Orientation, rotation
from mqttcam.imaging.raster import oriented_view

ALL = [Orientation(*one) for one in product((False, True), repeat=3)]
PLANE = np.arange(6, dtype=np.uint8).reshape(2, 3)


@pytest.mark.parametrize("first", ALL)
@pytest.mark.parametrize("second", ALL)
def test_two_in_a_row_are_as_good_as_one(first: Orientation, second: Orientation) -> None:
    both = oriented_view(oriented_view(PLANE, first), second)
    assert np.array_equal(oriented_view(PLANE, first.then(second)), both)


@pytest.mark.parametrize("one", ALL)
def test_the_inverse_undoes_it(one: Orientation) -> None:
    assert one.then(one.inverse()) == one.inverse().then(one) == UPRIGHT


@pytest.mark.parametrize("one", ALL)
def test_points_and_sides_go_where_the_pixels_go(one: Orientation) -> None:
    shown = oriented_view(PLANE, one)
    assert one.size(3, 2) == shown.shape[::-1]
    for row, column in product(range(2), range(3)):
        x, y = one.point(((column + 0.5) / 3, (row + 0.5) / 2))
        assert shown[int(y * shown.shape[0]), int(x * shown.shape[1])] == PLANE[row, column]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation_is_clockwise(degrees: int) -> None:
    assert np.array_equal(oriented_view(PLANE, rotation(degrees)), np.rot90(PLANE, -degrees // 90))
