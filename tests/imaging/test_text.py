"""Text as pixels."""

from __future__ import annotations

import string

import numpy as np
import pytest

from mqttcam.imaging.text import GLYPH_HEIGHT, GLYPH_WIDTH, glyph_mask, text_size


@pytest.mark.parametrize("scale", [1, 2, 7])
def test_size(scale: int) -> None:
    mask = np.concatenate([glyph_mask(character, scale) for character in "12:30:59.7"], axis=1)
    assert (mask.shape[1], mask.shape[0]) == text_size(10, scale)
    assert mask.dtype == np.uint8
    assert set(np.unique(mask)) == {0, 1}
    assert (mask[::scale, ::scale].repeat(scale, 0).repeat(scale, 1) == mask).all()


def test_digit_has_its_expected_dots() -> None:
    rows = ["".join(" #"[dot] for dot in row) for row in glyph_mask("7", 1)]
    assert rows == ["      ", " #####", "     #", "     #", "    # ", "   #  ", "  #   ", " #    ", "      "]


def test_every_character_is_unique_and_fits_its_cell() -> None:
    known = string.printable[:95] + "°"
    seen = {glyph_mask(character, 1).tobytes() for character in known}
    assert len(seen) == len(known)
    for character in known:
        glyph = glyph_mask(character, 1)
        assert glyph.shape == (GLYPH_HEIGHT, GLYPH_WIDTH)
        assert not glyph[0].any()
        assert not glyph[:, 0].any()


def test_unknown_character_is_a_question_mark() -> None:
    assert (glyph_mask("猫", 2) == glyph_mask("?", 2)).all()


def test_cached_glyphs_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        glyph_mask("A", 3)[0, 0] = 1
