"""Text in pictures: legible on any ground, where it should be, and gone again where it was drawn for a moment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mqttcam.imaging import text_overlay as module
from mqttcam.imaging.glyphs import font_of, readable
from mqttcam.imaging.raster import Planes, Raster
from mqttcam.imaging.text_overlay import TextOverlay, TextStyle, erase

WHITE, BLACK, RED = (255, 255, 255), (0, 0, 0), (255, 0, 0)
STYLE = TextStyle(height=0.1, across=0, down=1, colour=WHITE)
TEXT = "Front 12:34:56"


def ground(kind: str, width: int = 320, height: int = 240) -> Planes:
    chroma = np.full(((height + 1) // 2, (width + 1) // 2), 128, np.uint8)
    luma = np.full((height, width), {"white": 255, "black": 0}.get(kind, 128), np.uint8)
    if kind == "noise":
        luma[:] = np.random.default_rng(1).integers(0, 256, luma.shape)
    return luma, chroma, chroma.copy()


def changed(before: Any, after: Any) -> tuple[slice, slice]:
    """The rectangle in which two planes differ."""
    rows, columns = np.nonzero(before != after)
    return slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)


@pytest.mark.parametrize("kind", ["white", "black", "grey", "noise"])
@pytest.mark.parametrize("colour", [WHITE, BLACK])
@pytest.mark.parametrize("background", [None, WHITE, BLACK])
def test_letters_stand_out_on_any_ground(
    kind: str, colour: tuple[int, int, int], background: tuple[int, int, int] | None
) -> None:
    """Beside each pixel of a letter is one of its outline, which is as dark as the letter is bright."""
    luma, _, _ = made = ground(kind)
    TextOverlay(STYLE._replace(colour=colour, background=background)).draw(made, TEXT)
    letters, _ = module._coverage(STYLE, TEXT, 320, 240)
    text = luma[180:]
    ink = 255 if colour == WHITE else 0
    inked = np.abs(text.astype(int) - ink) < 20
    opposite = np.abs(text.astype(int) - (255 - ink)) < 40
    assert inked.sum() > (letters > 0.95).sum() * 0.9
    if kind == "noise":
        return  # the ground has pixels of both kinds
    around = np.zeros_like(inked)
    for down in range(-4, 5):
        for right in range(-4, 5):
            around |= np.roll(opposite, (down, right), (0, 1))
    assert (inked & around).sum() > (letters > 0.95).sum() * 0.9


@pytest.mark.parametrize("across", [0, 0.5, 1])
@pytest.mark.parametrize("down", [0, 1])
def test_position(across: float, down: int) -> None:
    before, after = ground("grey")[0], ground("grey")
    TextOverlay(STYLE._replace(across=across, down=down)).draw(after, "Hello")
    rows, columns = changed(before, after[0])
    assert rows.start >= 4 if down == 0 else rows.stop <= 236
    assert rows.stop < 60 if down == 0 else rows.start > 180
    left, right = columns.start, 320 - columns.stop
    assert min(left, right) >= 4
    assert {0: left < 20, 0.5: abs(left - right) < 6, 1: right < 20}[across]


@pytest.mark.parametrize("size", [(64, 48), (320, 240), (1920, 1080), (33, 17), (4, 4)])
@pytest.mark.parametrize("text", ["x" * 200, "a\nb\nc\nd\ne\nf\ng\nh", " ", "\n", "Ä", TEXT])
def test_any_text_in_any_size(size: tuple[int, int], text: str) -> None:
    width, height = size
    for raster in (ground("grey", *size), np.full((height, width, 4), 128, np.uint8)):
        TextOverlay(STYLE).draw(raster, text)
    before, after = ground("grey", *size)[0], ground("grey", *size)
    TextOverlay(STYLE).draw(after, text)
    if text == "x" * 200 and width == 1920:
        assert changed(before, after[0])[1].stop < width, "it is smaller, so that all of it is shown"


def test_height_is_a_share_of_the_picture() -> None:
    heights = []
    for size in ((640, 480), (1280, 960)):
        before, after = ground("grey", *size)[0], ground("grey", *size)
        TextOverlay(STYLE).draw(after, "H")
        rows, _ = changed(before, after[0])
        heights.append(rows.stop - rows.start)
    assert heights[1] == pytest.approx(2 * heights[0], abs=4)
    assert heights[0] == pytest.approx(48 * 0.75, abs=10)


def test_lines_follow_each_other() -> None:
    one, two = ground("grey"), ground("grey")
    TextOverlay(STYLE).draw(one, "HH")
    TextOverlay(STYLE).draw(two, "HH\nHH")
    before = ground("grey")[0]
    first, second = changed(before, one[0])[0], changed(before, two[0])[0]
    assert (second.stop - second.start) - (first.stop - first.start) == pytest.approx(24 * 1.2, abs=2)


@pytest.mark.parametrize("background", [None, RED])
def test_pixels_look_like_planes(background: tuple[int, int, int] | None) -> None:
    style = STYLE._replace(colour=(255, 255, 0), background=background)
    luma, _, _ = made = ground("grey")
    pixels = np.full((240, 320, 4), 128, np.uint8)
    TextOverlay(style).draw(made, TEXT)
    TextOverlay(style).draw(pixels, TEXT)
    grey = pixels[..., :3] @ np.array((0.299, 0.587, 0.114))
    assert np.abs(grey - luma).max() < 3


def test_colour() -> None:
    _, blue, red = made = ground("grey")
    TextOverlay(STYLE._replace(height=0.5, colour=RED)).draw(made, "I")
    assert red.max() > 240
    assert blue.min() < 100


def test_what_was_drawn_can_be_erased() -> None:
    rasters: list[Raster] = [ground("noise"), np.full((240, 320, 4), 99, np.uint8)]
    for raster in rasters:
        planes = raster if isinstance(raster, tuple) else (raster,)
        before = [plane.copy() for plane in planes]
        drawn = TextOverlay(STYLE).draw(raster, TEXT)
        assert not np.array_equal(planes[0], before[0])
        erase(drawn)
        for plane, old in zip(planes, before, strict=True):
            assert np.array_equal(plane, old)


def test_a_text_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []
    real = module._render

    def render(style: TextStyle, text: str, *given: Any) -> Any:
        rendered.append(text)
        return real(style, text, *given)

    monkeypatch.setattr(module, "_render", render)
    overlay = TextOverlay(STYLE)
    for text in ("a", "a", "b", "b", "a"):
        overlay.draw(ground("grey"), text)
    assert rendered == ["a", "b"]
    for number in range(30):
        overlay.draw(ground("grey"), str(number))
    assert len(overlay._rendered) <= 8


def test_letters_that_a_font_lacks() -> None:
    font = font_of(16)
    has_them = font.getname()[0] == "DejaVu Sans"
    assert readable("ü") == ("ü" if has_them else "u")
    assert readable("Ж") == ("Ж" if has_them else "?")
    assert readable("\U00020000") == "?", "a rare Chinese character"
    assert readable("%") == "%"
