"""JPEGs in and out, sizes, and turning."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st

from mqttcam.imaging.jpeg import read_header
from mqttcam.imaging.limits import MAX_PIXELS
from mqttcam.imaging.orientation import Orientation
from mqttcam.imaging.raster import (
    decode,
    decode_luma,
    encode,
    fit_within,
    orient,
    orient_planes,
    size_of,
)
from tests.imaging.photos import quarters
from tests.support.pictures import claiming, jpeg

GOOD = jpeg(64, 48)


def test_there_and_back() -> None:
    _, planes = quarters(64, 48)
    assert size_of(planes) == (64, 48)
    pixels = decode(encode(planes, 95))
    assert pixels.shape == (48, 64, 4)
    assert size_of(pixels) == (64, 48)
    again = decode(encode(pixels, 95))
    assert np.abs(again[..., :3].astype(int) - pixels[..., :3]).max() <= 3
    assert len(encode(planes, 20)) <= len(encode(planes, 95))


def test_strided_and_reversed_planes_can_be_encoded() -> None:
    y, u, v = quarters(64, 48)[1]
    wide = np.zeros((48, 100), np.uint8)
    wide[:, :64] = y
    assert encode((wide[:, :64], u, v), 90) == encode((y, u, v), 90)
    assert encode(orient_planes((y, u, v), Orientation(vflip=True)), 90)


@pytest.mark.parametrize(
    ("least", "expected"), [((0, 0), (640, 480)), ((320, 240), (320, 240)), ((100, 200), (320, 240))]
)
def test_made_smaller_while_it_is_decoded(least: tuple[int, int], expected: tuple[int, int]) -> None:
    width, height = size_of(decode(jpeg(640, 480), *least))
    assert (width, height) == expected


def test_damage_inside_is_left_in() -> None:
    assert size_of(decode(GOOD[: len(GOOD) * 2 // 3] + GOOD[-2:])) == (64, 48)


@pytest.mark.parametrize("start_of_frame", [0xC0, 0xC2], ids=["baseline", "progressive"])
@pytest.mark.parametrize("end", [b"", b"\xff\xd9"], ids=["cut", "whole"])
def test_picture_that_would_take_all_memory_is_refused(start_of_frame: int, end: bytes) -> None:
    """However small it is to become, and also where only its end is looked for."""
    bomb = claiming(65500, 65500, start_of_frame) + end
    assert len(bomb) < 1000
    assert simplejpeg.decode_jpeg_header(bomb)[:2] == (65500, 65500)
    for read in (read_header, decode, lambda jpeg: decode(jpeg, 16, 16), lambda jpeg: decode_luma(jpeg, 16)):
        with pytest.raises(ValueError, match="65500x65500 pixels are more than max_pixels"):
            read(bomb)


def test_limit_on_pixels_can_be_set() -> None:
    for read in (read_header, decode):
        assert read(GOOD, max_pixels=64 * 48) is not None
        with pytest.raises(ValueError, match="more than max_pixels, 3071"):
            read(GOOD, max_pixels=64 * 48 - 1)


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=8),
    st.integers(0, len(GOOD)),
)
def test_whatever_is_in_it_only_a_value_error_comes(changes: list[tuple[int, int]], length: int) -> None:
    data = bytearray(GOOD)
    for at, value in changes:
        data[at] = value
    for function in (read_header, decode):
        for one in (bytes(data), bytes(data[:length])):
            try:
                function(one)
            except ValueError as error:
                assert str(error)


@pytest.mark.parametrize("kind", ["planes", "pixels"])
@pytest.mark.parametrize("orientation", [Orientation(*one) for one in product((False, True), repeat=3)])
@pytest.mark.parametrize("size", [(64, 48), (200, 130)])
def test_orient(kind: str, orientation: Orientation, size: tuple[int, int]) -> None:
    data, planes = quarters(*size)
    turned = orient(planes if kind == "planes" else decode(data), orientation)
    grey = turned[0] if isinstance(turned, tuple) else turned[..., 0]
    expected = np.rot90(planes[0], -1) if orientation.turned else planes[0]
    expected = expected[:: -1 if orientation.vflip else 1, :: -1 if orientation.hflip else 1]
    assert np.abs(grey.astype(int) - expected).mean() < 4
    assert grey.strides[-1] in (1, 4), "rows are contiguous"
    assert encode(turned, 90)


@pytest.mark.parametrize(
    ("size", "limits", "expected"),
    [
        ((1920, 1080), (1280, 720), (1280, 720)),
        ((1920, 1080), (640, 640), (640, 360)),
        ((1080, 1920), (640, 640), (360, 640)),
        ((64, 48), (1280, 720), (64, 48)),
        ((65, 49), (65, 49), (65, 49)),
        ((65, 49), (64, 64), (64, 48)),
        ((1000, 2), (16, 16), (16, 2)),
    ],
)
def test_fit_within(size: tuple[int, int], limits: tuple[int, int], expected: tuple[int, int]) -> None:
    assert fit_within(*size, *limits) == expected


@given(*[st.integers(16, 5000)] * 4)
def test_what_fits_is_even_and_no_larger(width: int, height: int, max_width: int, max_height: int) -> None:
    fitted = fit_within(width, height, max_width, max_height)
    if fitted != (width, height):
        assert not fitted[0] % 2
        assert not fitted[1] % 2
    assert fitted[0] <= min(width, max_width)
    assert fitted[1] <= min(height, max_height)


def test_pictures_of_8k_can_be_decoded() -> None:
    assert MAX_PIXELS > 7680 * 4320
