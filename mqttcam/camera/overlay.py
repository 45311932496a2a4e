"""The text that is written into the frames of a camera."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import zip_longest
from typing import Protocol

from mqttcam.camera.metadata_fields import METADATA_FIELDS
from mqttcam.imaging.glyphs import font_of, readable
from mqttcam.imaging.raster import Raster
from mqttcam.imaging.text_overlay import Drawn, TextOverlay, TextStyle
from mqttcam.settings.overlay import OverlaySettings, overlay_parts

_UNKNOWN = "–"
"""For a value that the camera does not measure."""
_FIELDS = {field.name: field for field in METADATA_FIELDS}
_TRIED = 16
"""Pixels of the font in which letters are looked for."""
_ACROSS = {"left": 0.0, "right": 1.0}


class Captured(Protocol):
    """What a text may tell of a frame."""

    seq: int
    ts_ns: int
    metadata: Mapping[str, object]


class Overlay:
    """Writes a text with the time and values of each frame into it.

    Attributes:
        problem: why it does not look as configured, in words; `None` if it does.
    """

    def __init__(self, settings: OverlaySettings, name: str) -> None:
        """`name` is that of the camera."""
        self._parts = _merged(overlay_parts(settings.text), name)
        self._has_fractions = any("%f" in literal for literal, _ in self._parts)
        self._has_values = self._parts[0][1] is not None
        self._last: tuple[int, tuple[str, ...]] = (-1, ())
        style, self.problem = _with_usable_font(_style(settings))
        self._drawing = TextOverlay(style)
        fixed = "".join(literal for literal, _ in self._parts)
        if missing := "".join(one for one in fixed if one != "\n" and readable(one, style.font) != one):
            self.problem = (
                self.problem or f"the font lacks {missing}; install DejaVu Sans, or set overlay.font"
            )

    def text(self, frame: Captured) -> str:
        """Return the text for a frame; times are local."""
        times = self._times(frame.ts_ns)
        if not self._has_values:
            return times[0]
        values = (self._value(value, frame) for _, value in self._parts if value is not None)
        return "".join(part for pair in zip_longest(times, values, fillvalue="") for part in pair)

    def draw(self, raster: Raster, frame: Captured) -> Drawn:
        """Write the text into a picture of a frame; `erase` takes it away again."""
        return self._drawing.draw(raster, self.text(frame))

    def _times(self, ts_ns: int) -> tuple[str, ...]:
        """Return the parts around values, with a time; they are the same for a second unless they have fractions."""
        second = ts_ns if self._has_fractions else ts_ns // 1_000_000_000
        last, times = self._last
        if second != last:
            moment = datetime.fromtimestamp(ts_ns / 1e9).astimezone()
            times = tuple(moment.strftime(text) for text, _ in self._parts)
            self._last = second, times
        return times

    def _value(self, name: str, frame: Captured) -> str:
        if name == "seq":
            return str(frame.seq)
        value = _FIELDS[name].value(frame.metadata)
        return _UNKNOWN if value is None else str(value)


def _merged(parts: Iterable[tuple[str, str | None]], name: str) -> tuple[tuple[str, str | None], ...]:
    """Return the parts with the camera's name written out, which is the same in all frames."""
    merged, text = [], ""
    for literal, value in parts:
        text += literal
        if value == "name":
            text += name.replace("%", "%%")
        elif value is not None:
            merged.append((text, value))
            text = ""
    return (*merged, (text, None)) if text or not merged else tuple(merged)


def _with_usable_font(style: TextStyle) -> tuple[TextStyle, str | None]:
    try:
        font_of(_TRIED, style.font)
    except OSError:
        return style._replace(font=None), f"{style.font} is not a font; another one is used"
    return style, None


def _style(settings: OverlaySettings) -> TextStyle:
    from PIL import ImageColor

    down, _, across = settings.position.partition("-")
    colours = [
        None if colour is None else ImageColor.getrgb(colour)[:3]
        for colour in (settings.colour, settings.background)
    ]
    assert colours[0] is not None
    return TextStyle(
        height=settings.size / 100,
        across=_ACROSS.get(across, 0.5),
        down=float(down == "bottom"),
        colour=colours[0],
        background=colours[1],
        font=None if settings.font is None else str(settings.font),
    )
