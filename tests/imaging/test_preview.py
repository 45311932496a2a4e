"""Smaller versions of stored pictures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mqttcam.imaging.limits import MAX_PIXELS, MAX_STORED_PIXELS
from mqttcam.imaging.preview import preview
from mqttcam.imaging.raster import decode
from mqttcam.imaging.signatures import format_of
from tests.imaging.odd_jpegs import odd_jpegs, picture, saved
from tests.imaging.photos import noted
from tests.support.pictures import claiming, jpeg, size_of


def made(data: bytes, width: int) -> bytes:
    found = preview(data, width)
    assert found is not None
    assert format_of(found) == "JPEG"
    return found


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("width", [16, 300, 320, 639])
def test_a_picture_is_made_smaller(kind: str, width: int) -> None:
    found = made(saved(picture(640, 480), kind), width)
    wide, high = size_of(found)
    assert width - 1 <= wide <= width, "even, as 4:2:0 needs it"
    assert abs(high - wide * 3 / 4) <= 1
    expected = np.asarray(picture(640, 480).resize((wide, high), Image.Resampling.BOX)).astype(int)
    difference = np.abs(decode(found)[..., :3].astype(int) - expected)
    assert difference.mean() < 8


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("width", [640, 641, 16384])
def test_a_picture_is_never_enlarged(kind: str, width: int) -> None:
    assert preview(saved(picture(640, 480), kind), width) is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_a_photo_counts(orientation: int) -> None:
    photo = noted(saved(picture(640, 480)), orientation)
    found = made(photo, 160)
    assert size_of(found) == ((160, 120) if orientation < 5 else (160, 212))
    upright = np.asarray(picture(640, 480).resize((160, 120) if orientation < 5 else (212, 160)))
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, -1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright),
    }[orientation]
    difference = np.abs(decode(found)[..., :3].astype(int) - turned.astype(int))
    assert difference.mean() < 8
    assert preview(photo, 480) is None or orientation < 5, "as wide as it is shown"


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "I;16"])
def test_kinds_of_png(mode: str) -> None:
    image = picture(640, 480)
    odd = Image.new("I;16", image.size, 30000) if mode == "I;16" else image.convert(mode)
    assert size_of(made(saved(odd, "PNG"), 160)) == (160, 120)


def test_odd_jpegs_are_made_smaller_or_refused_in_words() -> None:
    for odd in odd_jpegs():
        if odd.refused is None:
            found = preview(odd.data, 4)
            assert found is not None or min(odd.size) < 4, odd.name
            assert found is None or size_of(found)[0] == 4, odd.name
        else:
            with pytest.raises(ValueError, match=r".+"):
                preview(odd.data, 4)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(20)])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        preview(data, 320)


def test_a_picture_that_was_cut_off() -> None:
    whole = saved(picture(640, 480), "PNG")
    with pytest.raises(ValueError, match="PNG"):
        preview(whole[: len(whole) // 2], 320)
    whole = jpeg(640, 480)
    with pytest.raises(ValueError, match="end of the JPEG is missing"):
        preview(whole[: len(whole) // 2], 320)


def test_a_header_that_claims_a_huge_picture_costs_nothing() -> None:
    for data, most in (
        (claiming(16000, 16000), MAX_STORED_PIXELS),
        (claiming(16000, 16000, 0xC0), MAX_STORED_PIXELS),
        (saved(Image.new("1", (8192, 8192)), "PNG"), MAX_PIXELS),
    ):
        with pytest.raises(ValueError, match=f"more than max_pixels, {most}"):
            preview(data, 320)
