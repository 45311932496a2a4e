"""Pictures from elsewhere: JPEG, PNG, WebP, BMP and GIF, and their pixels in every form that an output wants."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.camera.adjustment import Adjustment
from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.sources._receiver import PictureReceiver, frame_of
from mqttcam.imaging.exif import orientation
from mqttcam.imaging.jpeg import read_header
from mqttcam.imaging.orientation import Orientation
from mqttcam.imaging.raster import decode, decode_luma, encode
from tests.fuzz.bounds import bounded
from tests.fuzz.mutations import mutated
from tests.fuzz.profile import fuzz
from tests.imaging.odd_jpegs import odd_jpegs, picture, saved
from tests.imaging.photos import noted
from tests.support.pictures import claiming, jpeg

_MAX_PIXELS = 4_000_000
_EXAMPLES = [jpeg(64, 48), jpeg(33, 17, quality=30), noted(jpeg(64, 48), 6), claiming(2000, 2000, 0xC0)]
_EXAMPLES += [claiming(65500, 65500), claiming(16, 16), jpeg(16, 16) + bytes(200)]
_EXAMPLES += [odd.data for odd in odd_jpegs()]
_EXAMPLES += 8 * [saved(picture(20, 16), kind) for kind in ("PNG", "WEBP", "BMP", "GIF")]
_MARKERS = (0xD8, 0xD9, 0xDA, 0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xC4, 0xDB, 0xDD)
_WORDS = [b"\xff" + bytes([marker]) for marker in _MARKERS]
_WORDS += [
    b"\xff\xee\0\x0eAdobe\0d\0\0\0\0\2",
    b"\xff\xdd\0\4\0\1",
    b"Exif\0\0MM\0*\0\0\0\x08",
    bytes(64),
    b"\xff" * 64,
]
_WORDS += [
    b"IHDR",
    b"IDAT",
    b"iTXt",
    b"VP8X",
    b"VP8 ",
    b"\0\0\xff\xff",
    b"\x7f\xff\xff\xff",
    b"/9j/",
    b"data:image/png;,",
]
PICTURES = mutated(_EXAMPLES, _WORDS) | st.binary(max_size=200)
_SIDES = st.none() | st.integers(2, 200)
_ORIENTATIONS = st.builds(Orientation, st.booleans(), st.booleans(), st.booleans())
ADJUSTMENTS = st.none() | st.builds(Adjustment, _ORIENTATIONS, _SIDES, _SIDES)


@fuzz
@given(PICTURES, ADJUSTMENTS, st.sampled_from([None, 16, 64, 4000]), st.integers(1, 100))
def test_any_bytes_are_a_picture_or_refused(
    data: bytes, adjustment: Adjustment | None, width: int | None, quality: int
) -> None:
    with bounded(mebibytes=128):
        assert isinstance(orientation(data), Orientation)
        try:
            frame = frame_of(data, _MAX_PIXELS)
            frame.adjustment = adjustment
            shown = frame.picture(PictureSpec(quality, width))
            if frame.jpeg is not None:
                decode_luma(frame.jpeg, 64, _MAX_PIXELS)
        except ValueError as error:
            assert str(error)
            return
    assert read_header(shown.jpeg).size == (shown.width, shown.height)


@fuzz
@given(PICTURES)
def test_any_message_is_a_frame_or_left_out_and_counted(data: bytes) -> None:
    receiver = PictureReceiver("the sender", 15, _MAX_PIXELS)
    with bounded(mebibytes=128):
        frame = receiver.frame(data)
    assert (frame is None) == bool(receiver.skipped) == bool(receiver.problem)


@fuzz
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 255))
def test_a_picture_of_ours_keeps_its_size_and_colour(width: int, height: int, grey: int) -> None:
    data = encode(np.full((height, width, 4), grey, np.uint8), 90)
    assert frame_of(data).jpeg == data
    assert read_header(data).size == (width, height)
    assert np.abs(decode(data)[..., :3].astype(int) - grey).max() <= 4
