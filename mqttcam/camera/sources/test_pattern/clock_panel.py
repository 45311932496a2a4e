"""The panel with the time, the date and the frame number: white on black, unaffected by the controls."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

import numpy as np

from mqttcam.imaging.raster import Plane, Planes
from mqttcam.imaging.text import glyph_mask, text_size

_TIME_LENGTH = len("00:00:00.0")
_SHARE, _SMALLEST, _WIDEST = 0.42, 150, 0.85
"""The share of the width that the text takes; its least width in pixels, unless that exceeds the last share."""
_HIGHEST = 0.4
"""The share of the height that the panel may take."""
_PAPER, _INK, _PALE_INK = 20, 240, 176
_NEUTRAL = 128


class ClockPanel:
    """Draws the panel once, and then only the characters that change.

    Attributes:
        top: the first row of the panel; the height of the picture if there is no room for a panel.
    """

    def __init__(self, width: int, height: int) -> None:
        self._large, self._small = _scales(width, height)
        self._padding = 3 * self._small
        text_width, large_height = text_size(_TIME_LENGTH, self._large)
        panel_width = text_width + 2 * self._padding
        panel_height = large_height + text_size(1, self._small)[1] + 2 * self._padding
        self._fits = panel_width <= width and panel_height <= height
        self._left = (width - panel_width) // 4 * 2
        self.top = (height - panel_height - height // 24) // 2 * 2 if self._fits else height
        self._rows = slice(self.top, self.top + panel_height // 2 * 2)
        self._columns = slice(self._left, self._left + panel_width // 2 * 2)
        self._shown = ["", ""]

    def lay(self, canvas: Planes) -> None:
        """Draw the empty panel."""
        self._shown = ["", ""]
        if not self._fits:
            return
        y, u, v = canvas
        y[self._rows, self._columns] = _PAPER
        half = _halved(self._rows), _halved(self._columns)
        u[half] = v[half] = _NEUTRAL

    def draw(self, canvas: Planes, ts_ns: int, count: int) -> None:
        """Show a time (Unix nanoseconds) in local time, and a number, on the panel."""
        if not self._fits:
            return
        moment = datetime.fromtimestamp(ts_ns / 1e9).astimezone()
        time_of_day = f"{moment:%H:%M:%S}.{moment.microsecond // 100_000}"
        number = f"#{count % 100_000_000:08d}"
        below = f"{moment:%Y-%m-%d} {number}" if self._small < self._large else number
        top = self.top + self._padding
        self._write(canvas[0], 0, time_of_day, top, self._large, _INK)
        top += text_size(1, self._large)[1]
        self._write(canvas[0], 1, below, top, self._small, _PALE_INK)

    def _write(self, y: Plane, line: int, text: str, top: int, scale: int, ink: int) -> None:
        width, height = text_size(1, scale)
        before = self._shown[line].ljust(len(text))
        left = self._left + self._padding - scale // 2  # the space of a character is on its left
        for character, old in zip(text, before, strict=True):
            if character != old:
                y[top : top + height, left : left + width] = _tile(character, scale, ink)
            left += width
        self._shown[line] = text


@lru_cache(maxsize=128)
def _tile(character: str, scale: int, ink: int) -> Plane:
    return np.where(glyph_mask(character, scale), np.uint8(ink), np.uint8(_PAPER))


def _scales(width: int, height: int) -> tuple[int, int]:
    """Return the pixels per dot of the time and of the line below, which has twice as many characters."""
    wanted = max(width * _SHARE, min(_SMALLEST, width * _WIDEST))
    for large in range(int(wanted / text_size(_TIME_LENGTH, 1)[0]) // 2 * 2, 0, -2):
        small = large // 2
        if (text_size(1, large)[1] + text_size(1, small)[1] + 6 * small) <= height * _HIGHEST:
            return large, small
    return 1, 1


def _halved(rows: slice) -> slice:
    return slice(rows.start // 2, rows.stop // 2)
