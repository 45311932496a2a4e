"""Test pictures."""

from __future__ import annotations

import numpy as np
import pytest

from mqttcam.imaging.patterns import PATTERNS, adjusted, draw_pattern, planes_of_rgb
from mqttcam.imaging.raster import decode, encode


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("size", [(16, 16), (160, 120), (1280, 720), (98, 1000)])
def test_planes_have_the_requested_size(name: str, size: tuple[int, int]) -> None:
    y, u, v = draw_pattern(name, *size)
    assert y.shape == (size[1], size[0])
    assert u.shape == v.shape == (size[1] // 2, size[0] // 2)
    assert {plane.dtype for plane in (y, u, v)} == {np.dtype(np.uint8)}


@pytest.mark.parametrize("rgb", [(0, 0, 0), (255, 255, 255), (191, 0, 0), (10, 200, 90)])
def test_colours_survive_the_conversion_to_jpeg(rgb: tuple[int, int, int]) -> None:
    picture = np.empty((16, 16, 3), np.float32)
    picture[:] = np.array(rgb) / 255
    y, u, v = planes_of_rgb(picture)
    pixels = decode(encode((y.repeat(2, 0).repeat(2, 1), u, v), 100))
    assert np.abs(pixels[8, 8, :3].astype(int) - rgb).max() <= 2


def test_neutral_adjustment_changes_nothing() -> None:
    planes = draw_pattern("gradient", 320, 240)
    same = adjusted(planes, brightness=0, contrast=1, saturation=1)
    for before, after in zip(planes, same, strict=True):
        assert (before == after).all()


def test_adjustment_changes_brightness_contrast_and_saturation() -> None:
    planes = draw_pattern("bars", 320, 240)
    y, u, v = adjusted(planes, brightness=0.2, contrast=1, saturation=0)
    assert (u == 128).all()
    assert (v == 128).all()
    assert np.abs(np.minimum(planes[0].astype(int) + 51, 255) - y).max() <= 1
    y, _, _ = adjusted(planes, brightness=0, contrast=0, saturation=1)
    assert set(np.unique(y)) <= {127, 128}
    y, u, _ = adjusted(planes, brightness=1, contrast=2, saturation=2)
    assert y.min() >= 127
    assert u.min() == 0
    assert u.max() == 255
