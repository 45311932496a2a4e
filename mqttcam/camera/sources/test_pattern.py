"""A moving test picture with a clock and a frame counter; its controls change it as a camera's would."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from mqttcam.camera.control import Control
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError, SourceInfo
from mqttcam.camera.sources import AttachedCamera
from mqttcam.camera.wake import Pacer, Wake
from mqttcam.imaging.patterns import PATTERNS, draw_pattern
from mqttcam.imaging.raster import Planes, flip
from mqttcam.imaging.text import text_mask, text_size
from mqttcam.settings import CameraSettings, Size, TestPatternSource
from mqttcam.values import Choice, Number, Switch, Value

DEFAULT_SIZE = Size(1280, 720)
CONTROLS = (
    Control("Brightness", Number(-1, 1, step=0.01), 0.0, "mdi:brightness-6"),
    Control("Contrast", Number(0, 2, step=0.01), 1.0, "mdi:contrast-circle"),
    Control("Saturation", Number(0, 2, step=0.01), 1.0, "mdi:palette"),
    Control("Pattern", Choice(tuple(PATTERNS)), "bars", "mdi:image-filter-hdr"),
    Control("Speed", Number(0, 5, step=0.1), 1.0, "mdi:speedometer"),
    Control("ShowClock", Switch(), True, "mdi:clock-digital"),
)
"""The first three have libcamera's names, and of its ranges what is of use to the eye."""

_BALL = (225, 90, 190)
"""Y, U and V of what moves."""
_CLOCK_LENGTH = len("2026-01-01 00:00:00.0 #00000000")

Area = tuple[slice, slice]


class TestPattern:
    """The source `test_pattern`. What does not move is drawn once; a frame costs the ball and the clock."""

    __test__ = False  # not one of pytest's
    adjusts_itself = True

    def __init__(self, settings: CameraSettings, wake: Wake) -> None:
        assert isinstance(settings.source, TestPatternSource)
        self._settings = settings
        self._size = settings.size or DEFAULT_SIZE
        self._pacer = Pacer(settings.frame_rate, wake)
        self._values: dict[str, Value] = {control.name: control.default for control in CONTROLS}
        self._values["Pattern"] = settings.source.pattern
        self._count = 0
        self._phase = 0.0
        self._moved_at = 0.0
        self._disc = _disc(max(4, self._size.height // 12))
        self._ball: Area | None = None
        self._scale = max(1, self._size.width * 9 // 10 // text_size(_CLOCK_LENGTH, 1)[0] // 2)

    def open(self) -> SourceInfo:
        """Draw the background.

        Raises:
            SourceError: there is no such pattern.
        """
        pattern = self._values["Pattern"]
        if pattern not in PATTERNS:
            raise SourceError(f"no pattern {pattern!r}; allowed: {', '.join(PATTERNS)}")
        self._draw_background()
        controls = tuple(Control(c.name, c.kind, self._values[c.name], c.icon) for c in CONTROLS)
        width, height = self._size
        return SourceInfo("Test pattern", width, height, self._settings.frame_rate, controls)

    def read(self, timeout: float) -> Frame | None:
        """The next frame."""
        if not self._pacer.wait(timeout):
            return None
        ts_ns = time.time_ns()
        self._draw_ball()
        if self._values["ShowClock"]:
            self._draw_clock(ts_ns)
        self._count += 1
        return Frame(ts_ns, *self._size, planes=self._oriented())

    def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Take new values; the next frame shows them."""
        self._values |= values
        self._draw_background()
        return values

    def close(self) -> None:
        """Nothing is held."""

    def _draw_background(self) -> None:
        values = {name.lower(): value for name, value in self._values.items()}
        self._background = draw_pattern(
            str(values["pattern"]),
            *self._size,
            brightness=_float(values["brightness"]),
            contrast=_float(values["contrast"]),
            saturation=_float(values["saturation"]),
        )
        y, u, v = self._background
        self._canvas: Planes = y.copy(), u.copy(), v.copy()
        self._ball = None

    def _draw_ball(self) -> None:
        """Put the background back where the ball was, and draw it where it is now."""
        if self._ball is not None:
            for canvas, background, area in zip(self._canvas, self._background, _areas(self._ball), strict=True):
                canvas[area] = background[area]
        now = time.monotonic()
        self._phase += (now - self._moved_at) * _float(self._values["Speed"]) if self._moved_at else 0.0
        self._moved_at = now
        width, height = self._size
        across = height_of_ball = self._disc.shape[0]
        left = (width - across) * (0.5 + 0.5 * math.sin(self._phase * 0.9))
        top = (height - height_of_ball) * (1 - 0.8 * abs(math.cos(self._phase * 1.7)))
        x, y = int(left) // 2 * 2, int(top) // 2 * 2
        self._ball = slice(y, y + height_of_ball), slice(x, x + across)
        discs = (self._disc, self._disc[::2, ::2], self._disc[::2, ::2])
        for canvas, area, disc, value in zip(self._canvas, _areas(self._ball), discs, _BALL, strict=True):
            canvas[area][disc] = value

    def _draw_clock(self, ts_ns: int) -> None:
        """Local time and the frame's number, white on black so that every setting leaves them legible."""
        moment = datetime.fromtimestamp(ts_ns / 1e9).astimezone()
        text = f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 100000} #{self._count:08d}"
        mask = text_mask(text, self._scale)
        margin = 4 * self._scale
        y, u, v = self._canvas
        rows, columns = min(mask.shape[0] + 2 * margin, y.shape[0]), min(mask.shape[1] + 2 * margin, y.shape[1])
        y[:rows, :columns] = 16
        inside = y[margin : margin + mask.shape[0], margin : margin + mask.shape[1]]
        np.multiply(mask[: inside.shape[0], : inside.shape[1]], 219, out=inside)
        inside += 16
        for plane in (u, v):
            plane[: (rows + 1) // 2, : (columns + 1) // 2] = 128

    def _oriented(self) -> Planes:
        turned = self._settings.rotation == 180
        horizontal, vertical = self._settings.hflip is not turned, self._settings.vflip is not turned
        if not horizontal and not vertical:
            return self._canvas
        planes = flip(self._canvas, horizontal=horizontal, vertical=vertical)
        assert isinstance(planes, tuple)
        return planes


def attached() -> list[AttachedCamera]:
    """The test pattern is always there."""
    sizes = ((640, 480), (1280, 720), (1920, 1080))
    return [AttachedCamera("test_pattern", "Test pattern", {"type": "test_pattern"}, sizes, CONTROLS)]


def _areas(area: Area) -> tuple[Area, Area, Area]:
    """The same place in Y, U and V."""
    rows, columns = area
    half = slice(rows.start // 2, rows.stop // 2), slice(columns.start // 2, columns.stop // 2)
    return area, half, half


def _disc(radius: int) -> NDArray[np.bool_]:
    radius = radius // 2 * 2
    rows, columns = np.ogrid[-radius:radius, -radius:radius]
    return np.asarray((rows + 0.5) ** 2 + (columns + 0.5) ** 2 < radius**2)


def _float(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
