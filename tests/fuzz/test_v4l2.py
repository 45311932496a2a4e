"""The buffers of USB cameras: JPEGs without Huffman tables, padded or cut off, and planes of any stride."""

from __future__ import annotations

import numpy as np
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.camera.sources.v4l2.device import PixelFormat
from mqttcam.camera.sources.v4l2.pixels import planes_of, whole_jpeg
from mqttcam.imaging.raster import encode
from tests.camera.sources.test_v4l2_pixels import without_tables
from tests.fuzz.bounds import bounded
from tests.fuzz.mutations import mutated
from tests.fuzz.profile import fuzz
from tests.support.pictures import jpeg

_PICTURES = [jpeg(32, 24, seed=number, quality=30 + 10 * number) for number in range(6)]
_EXAMPLES = [*_PICTURES, *map(without_tables, _PICTURES)]
_WORDS = [b"\xff\xd8", b"\xff\xd9", b"\xff\xc4", b"\xff\xda", b"\xff\xc4\0\2", bytes(20), b"\xff\xc4\xff\xff"]


@fuzz
@given(mutated(_EXAMPLES, _WORDS) | st.binary(max_size=100))
def test_any_buffer_is_a_jpeg_or_left_out(data: bytes) -> None:
    with bounded():
        whole = whole_jpeg(data)
    if whole is not None:
        assert whole.startswith(b"\xff\xd8")
        assert whole.endswith(b"\xff\xd9")
        assert len(whole) <= len(data) + 1000


@fuzz
@given(st.sampled_from(_PICTURES), st.integers(0, 300), st.booleans())
def test_a_picture_comes_back_with_its_tables(picture: bytes, padding: int, bare: bool) -> None:
    whole = whole_jpeg((without_tables(picture) if bare else picture) + bytes(padding))
    assert whole is not None
    assert np.array_equal(simplejpeg.decode_jpeg(whole), simplejpeg.decode_jpeg(picture))


@fuzz
@given(
    st.sampled_from(["YUYV", "NV12", "YU12", "UYVY", "YVYU", "GREY", "RGB3", "BGR3", "XXXX"]),
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(0, 7),
    st.booleans(),
)
def test_any_stride_gives_planes_of_the_size(
    fourcc: str, width: int, height: int, extra: int, full_range: bool
) -> None:
    width, height = 2 * width, 2 * height
    bytes_per_pixel = {"RGB3": 3, "BGR3": 3, "NV12": 1, "YU12": 1, "GREY": 1}.get(fourcc, 2)
    stride = width * bytes_per_pixel + 2 * extra
    cut = planes_of(PixelFormat(fourcc, width, height, stride, 30, full_range))
    if cut is None:
        return
    data = np.resize(np.arange(251, dtype=np.uint8), stride * height * 3 // 2)
    y, u, v = cut(data)
    assert y.shape == (height, width)
    assert u.shape == v.shape == (height // 2, width // 2)
    assert encode((y, u, v), 80)
