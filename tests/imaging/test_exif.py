"""The orientation that is noted in a JPEG."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.imaging.exif import orientation
from mqttcam.imaging.orientation import UPRIGHT, Orientation
from mqttcam.imaging.raster import decode, orient
from tests.imaging.photos import noted, quarters
from tests.support.pictures import jpeg

GOOD = jpeg(64, 48)
_JFIF = b"\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0"
_XMP = b"\xff\xe1\x00\x20http://ns.adobe.com/xap/1.0/\0\0"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("noted_value", range(1, 9))
@pytest.mark.parametrize("extra", [b"", _JFIF, _XMP])
def test_orientation_is_found(order: str, noted_value: int, extra: bytes) -> None:
    found = orientation(noted(GOOD, noted_value, order=order, extra=extra))
    assert found == orientation(noted(GOOD, noted_value))
    assert (found == UPRIGHT) == (noted_value == 1)


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"\xff\xd8", GOOD, b"garbage", noted(GOOD, 0), noted(GOOD, 9)]
)
def test_missing_orientation_is_upright(data: bytes) -> None:
    assert orientation(data) == UPRIGHT


@given(st.binary(max_size=80), st.integers(0, 120))
def test_any_bytes_give_a_valid_orientation(garbage: bytes, at: int) -> None:
    data = noted(GOOD, 6)
    assert isinstance(orientation(data[:at] + garbage + data[at + len(garbage) :]), Orientation)
    assert isinstance(orientation(data[:at]), Orientation)


@pytest.mark.parametrize("value", range(1, 9))
def test_pixels_are_turned_as_in_the_standard(value: int) -> None:
    pixels = decode(quarters(64, 48)[0])
    stored = pixels[..., 0]
    # Which side of what is seen the first row and the first column of the stored picture are.
    expected = {
        1: stored,
        2: stored[:, ::-1],
        3: stored[::-1, ::-1],
        4: stored[::-1],
        5: stored.T,
        6: np.rot90(stored, -1),
        7: stored[::-1, ::-1].T,
        8: np.rot90(stored),
    }[value]
    found = orientation(noted(GOOD, value))
    turned = orient(pixels, found)
    assert not isinstance(turned, tuple)
    seen = turned[..., 0]
    assert seen.shape == expected.shape
    assert (seen == expected).all()
    assert found.turned == (seen.shape == (64, 48))
