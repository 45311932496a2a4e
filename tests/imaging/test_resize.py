"""Other sizes: the same picture, no aliasing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqttcam.imaging.raster import Planes, size_of
from mqttcam.imaging.resize import resize


def planes_of(width: int, height: int) -> Planes:
    """Ramps in all directions."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return (
        x.astype(np.uint8),
        y[::2, ::2].astype(np.uint8),
        ((x + y) / 2)[::2, ::2].astype(np.uint8),
    )


@pytest.mark.parametrize(
    "target", [(320, 240), (160, 120), (100, 74), (426, 318), (638, 478), (16, 12), (30, 22), (640, 24)]
)
@pytest.mark.parametrize("kind", ["planes", "pixels"])
def test_a_ramp_stays_a_ramp(kind: str, target: tuple[int, int]) -> None:
    source = planes_of(640, 480)
    if kind == "planes":
        resized = resize(source, *target)
        assert isinstance(resized, tuple)
        luma, blue, red = resized
        assert luma.flags.c_contiguous
        assert blue.shape == red.shape == (target[1] // 2, target[0] // 2)
    else:
        made = resize(np.repeat(source[0][..., None], 4, axis=2), *target)
        assert not isinstance(made, tuple)
        assert (made[..., :1] == made).all(), "all colours alike"
        assert made.flags.c_contiguous
        luma = made[..., 0]
    assert luma.shape == (target[1], target[0])
    expected = (np.arange(target[0]) + 0.5) / target[0] * 255
    # The last pixel may lack what was left over at the edge.
    assert np.abs(luma[:, :-1] - expected[:-1]).max() <= 3
    assert np.abs(luma[:, -1] - expected[-1]).max() <= 0.8 * 255 / target[0] + 3


def test_fine_detail_becomes_grey_without_aliasing() -> None:
    board = (np.indices((480, 640)).sum(axis=0) % 2 * 255).astype(np.uint8)
    half = np.full((240, 320), 128, np.uint8)
    for size in ((320, 240), (160, 120), (106, 80)):
        made = resize((board, half, half), *size)
        assert isinstance(made, tuple)
        assert np.abs(made[0].astype(int) - 128).max() <= 15


@settings(max_examples=60, deadline=None)
@given(*[st.integers(8, 400).map(lambda n: n * 2)] * 2, st.floats(0.02, 1), st.integers(0, 255))
def test_uniform_grey_keeps_its_level(width: int, height: int, share: float, grey: int) -> None:
    target = max(2, int(width * share) // 2 * 2), max(2, int(height * share) // 2 * 2)
    planes = tuple(
        np.full(shape, grey, np.uint8) for shape in ((height, width), *[(height // 2, width // 2)] * 2)
    )
    made = resize(planes, *target)  # type: ignore[arg-type]
    assert size_of(made) == target
    assert isinstance(made, tuple)
    assert all((plane == grey).all() for plane in made)


def test_smallest_pictures_can_be_resized() -> None:
    made = resize(planes_of(640, 480), 2, 2)
    assert isinstance(made, tuple)
    assert np.abs(made[0].astype(int) - [64, 191]).max() <= 16
    assert made[1].shape == (1, 1)


def test_large_boxes_do_not_overflow() -> None:
    white = np.full((4096, 4096), 255, np.uint8)
    half = np.full((2048, 2048), 255, np.uint8)
    made = resize((white, half, half), 32, 32)
    assert isinstance(made, tuple)
    assert all((plane == 255).all() for plane in made)
