"""The buffers of USB cameras: JPEGs without Huffman tables, padded or cut off, and planes of any stride."""

from __future__ import annotations

import numpy as np
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.camera.sources.v4l2.formats import PixelFormat
from mqttcam.camera.sources.v4l2.pixels import RAW, converter, read_jpeg
from mqttcam.imaging.raster import encode
from tests.fuzz.bounds import bounded
from tests.fuzz.mutations import mutated
from tests.fuzz.profile import fuzz
from tests.imaging.odd_jpegs import without
from tests.support.pictures import jpeg

_PICTURES = [jpeg(32, 24, seed=number, quality=30 + 10 * number) for number in range(6)]
_BARE = [without(picture, 0xC4) for picture in _PICTURES]
_EXAMPLES = [*_PICTURES, *_BARE]
_WORDS = [b"\xff\xd8", b"\xff\xd9", b"\xff\xc4", b"\xff\xda", b"\xff\xc4\0\2", bytes(20), b"\xff\xc4\xff\xff"]


@fuzz
@given(mutated(_EXAMPLES, _WORDS) | st.binary(max_size=100))
def test_any_buffer_is_a_jpeg_or_left_out(data: bytes) -> None:
    with bounded():
        try:
            whole = read_jpeg(data).jpeg
        except ValueError as error:
            assert str(error)
            return
    if whole is not None:
        assert whole.startswith(b"\xff\xd8")
        assert whole.endswith(b"\xff\xd9")
        assert len(whole) <= len(data) + 1000


@fuzz
@given(st.integers(0, len(_PICTURES) - 1), st.integers(0, 300), st.booleans())
def test_a_picture_comes_back_with_its_tables(number: int, padding: int, bare: bool) -> None:
    whole = read_jpeg((_BARE if bare else _PICTURES)[number] + bytes(padding)).jpeg
    assert whole is not None
    assert np.array_equal(simplejpeg.decode_jpeg(whole), simplejpeg.decode_jpeg(_PICTURES[number]))


@fuzz
@given(
    st.sampled_from(RAW),
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(0, 7),
    st.booleans(),
)
def test_any_stride_gives_planes_of_the_size(
    fourcc: str, width: int, height: int, extra: int, full_range: bool
) -> None:
    width, height = 2 * width, height + 1
    stride = 4 * width + 2 * extra
    found = converter(PixelFormat(fourcc, width, height, stride, 30, full_range, bool(extra % 2)))
    assert found is not None
    y, u, v = found.convert(np.resize(np.arange(251, dtype=np.uint8), found.length))
    assert y.shape == (height, width)
    assert u.shape == v.shape == ((height + 1) // 2, width // 2)
    assert encode((y, u, v), 80)
