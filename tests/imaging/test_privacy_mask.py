"""Privacy masks: everything that a polygon touches is black, and nothing else."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mqttcam.imaging.orientation import UPRIGHT, Orientation
from mqttcam.imaging.privacy_mask import PrivacyMask
from mqttcam.imaging.raster import Planes, orient_planes, oriented_view

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
ALL = [Orientation(*one) for one in product((False, True), repeat=3)]
_SHARES = st.floats(0, 1, width=32)


def planes(width: int, height: int) -> Planes:
    half = (height + 1) // 2, (width + 1) // 2
    return np.full((height, width), 200, np.uint8), np.full(half, 60, np.uint8), np.full(half, 220, np.uint8)


@settings(max_examples=150, deadline=None)
@given(
    st.tuples(*[st.tuples(_SHARES, _SHARES)] * 3),
    st.integers(2, 90),
    st.integers(2, 90),
    st.tuples(*[st.floats(0, 1)] * 3).filter(sum),
)
def test_any_point_of_a_polygon_is_hidden(
    corners: tuple[tuple[float, float], ...], width: int, height: int, weights: tuple[float, ...]
) -> None:
    """A triangle's points are the means of its corners with any weights."""
    (x1, y1), (x2, y2), (x3, y3) = corners
    assume(abs((x2 - x1) * (y3 - y1) - (x3 - x1) * (y2 - y1)) > 1e-6)  # the settings refuse a line
    x, y = (
        sum(w * corner[axis] for w, corner in zip(weights, corners, strict=True)) / sum(weights)
        for axis in (0, 1)
    )
    luma, blue, red = made = planes(width, height)
    PrivacyMask([corners]).black_out(made, UPRIGHT)
    row, column = min(int(y * height), height - 1), min(int(x * width), width - 1)
    assert luma[row, column] == 0
    assert blue[row // 2, column // 2] == red[row // 2, column // 2] == 128


@pytest.mark.parametrize("size", [(64, 48), (65, 49), (640, 480), (2, 2)])
def test_colour_is_hidden_where_luma_is(size: tuple[int, int]) -> None:
    luma, blue, red = made = planes(*size)
    PrivacyMask([((0.1, 0.2), (0.7, 0.1), (0.4, 0.9))]).black_out(made, UPRIGHT)
    hidden = luma == 0
    for plane, usual in ((blue, 60), (red, 220)):
        colour = (plane != usual).repeat(2, 0).repeat(2, 1)[: size[1], : size[0]]
        assert np.array_equal(colour, hidden)


def test_what_is_far_from_it_is_left_as_it_is() -> None:
    luma, blue, _ = made = planes(640, 480)
    PrivacyMask([LEFT, ((0.9, 0.9), (1, 0.9), (1, 1))]).black_out(made, UPRIGHT)
    assert (luma[:, :320] == 0).all()
    assert (luma[:400, 324:] == 200).all()
    assert (blue[:200, 162:] == 60).all()
    assert luma[479, 639] == 0


@pytest.mark.parametrize("orientation", ALL)
def test_it_is_where_it_is_shown(orientation: Orientation) -> None:
    corners = ((0.0, 0.0), (0.6, 0.0), (0.0, 0.3))
    made = planes(320, 160)
    PrivacyMask([corners]).black_out(made, orientation)
    expected = planes(*orientation.size(320, 160))
    PrivacyMask([corners]).black_out(expected, UPRIGHT)
    for plane, other in zip(orient_planes(made, orientation), expected, strict=True):
        assert np.abs(plane.astype(int) - other).mean() < 4, "but for a cell at its edge"
    alone = planes(320, 160)[0]
    PrivacyMask([corners]).black_out_luma(alone, orientation)
    assert np.array_equal(alone, made[0])


def test_pixels_are_hidden_like_planes() -> None:
    pixels = np.full((49, 65, 4), 200, np.uint8)
    made = planes(65, 49)
    mask = PrivacyMask([((0.1, 0.2), (0.7, 0.1), (0.4, 0.9)), LEFT])
    mask.black_out(made, UPRIGHT)
    mask.black_out(pixels, UPRIGHT)
    assert np.array_equal(pixels[..., 0] == 0, made[0] == 0)
    assert np.array_equal(pixels[..., 2] == 200, made[0] == 200)


def test_rows_upside_down_and_with_gaps() -> None:
    luma = np.full((48, 100), 200, np.uint8)[::-1, :64]
    PrivacyMask([LEFT]).black_out_luma(luma, UPRIGHT)
    assert (luma[:, :32] == 0).all()
    assert (luma[:, 36:] == 200).all()


def test_a_larger_picture_is_hidden_up_to_its_edges() -> None:
    """The usual picture is the middle half of the larger one."""
    inner = PrivacyMask([((0.5, 0.5), (0.75, 0.5), (0.75, 0.75), (0.5, 0.75))])
    luma = planes(80, 80)[0]
    inner.in_larger_picture(0.25, 0.25, 0.5, 0.5).black_out_luma(luma, UPRIGHT)
    hidden = np.argwhere(luma == 0)
    assert (abs(hidden.min(axis=0) - 40) <= 2).all()
    assert (abs(hidden.max(axis=0) - 50) <= 3).all()
    luma = planes(80, 80)[0]
    PrivacyMask([LEFT]).in_larger_picture(0.25, 0.25, 0.5, 0.5).black_out_luma(luma, UPRIGHT)
    assert (luma[:, :40] == 0).all(), "what is to the left of it, above and below is hidden, too"
    assert (luma[:, 44:] == 200).all()


def test_many_sizes_take_no_more_memory_than_a_few() -> None:
    mask = PrivacyMask([LEFT])
    for width in range(20, 200, 2):
        mask.black_out_luma(oriented_view(planes(width, 40)[0], UPRIGHT), UPRIGHT)
    assert len(mask._masks) <= 16
