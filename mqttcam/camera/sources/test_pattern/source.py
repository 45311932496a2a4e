"""The source itself."""

from __future__ import annotations

import time
from collections.abc import Mapping

from msgspec.structs import replace

from mqttcam.camera.adjustment import Adjustment
from mqttcam.camera.control import Action, Control
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source, SourceError, SourceInfo
from mqttcam.camera.sources import AttachedCamera
from mqttcam.camera.sources.test_pattern.ball import CROSSING, Ball
from mqttcam.camera.sources.test_pattern.clock_panel import ClockPanel
from mqttcam.camera.sources.test_pattern.crop import Window, crop_control, cropped, in_whole_blocks
from mqttcam.camera.wakeup import Pacer, Wakeup
from mqttcam.imaging.patterns import PATTERNS, adjusted, draw_pattern
from mqttcam.imaging.raster import Planes, orient_planes
from mqttcam.settings import CameraSettings, Size, TestPatternSource
from mqttcam.values import Choice, InvalidValue, Number, Switch, Value

DEFAULT_SIZE = Size(1280, 720)
CONTROLS = (
    Control("Brightness", Number(-1, 1, step=0.01), 0.0, "mdi:brightness-6"),
    Control("Contrast", Number(0, 2, step=0.01), 1.0, "mdi:contrast-circle"),
    Control("Saturation", Number(0, 2, step=0.01), 1.0, "mdi:palette"),
    Control("Pattern", Choice(tuple(PATTERNS)), "bars", "mdi:image-filter-hdr"),
    Control("Speed", Number(0, 5, step=0.1), 1.0, "mdi:speedometer"),
    Control("ShowClock", Switch(), True, "mdi:clock-digital"),
    crop_control(DEFAULT_SIZE),
)
"""The first three and the last have libcamera's names, and the useful part of its ranges."""
BOUNCE = Action("Bounce", "Bounce", True, icon="mdi:basketball")
"""Something moves in the picture for a few seconds, also at `Speed` 0."""
_REDRAWN = frozenset({"Brightness", "Contrast", "Saturation", "Pattern", "ShowClock"})
"""Controls that change the background."""


class TestPattern(Source):
    """Draws the background once; a frame costs only the ball, and the characters of the clock that change."""

    __test__ = False  # this is not a test class
    adjusts_itself = True

    def __init__(self, settings: CameraSettings, wake: Wakeup) -> None:
        assert isinstance(settings.source, TestPatternSource)
        self._settings = settings
        self._size = settings.size or DEFAULT_SIZE
        self._pacer = Pacer(settings.frame_rate, wake)
        self._shown_size = Size(*settings.orientation.size(*self._size))
        self._adjustment = Adjustment(settings.orientation)
        self._controls = (*CONTROLS[:-1], crop_control(self._shown_size))
        self._values: dict[str, Value] = {control.name: control.default for control in self._controls}
        self._window: Window = (0, 0, *self._shown_size)
        self._values["Pattern"] = settings.source.pattern
        self._clock = ClockPanel(*self._size)
        self._ball = Ball(self._size.width, max(self._clock.top, self._size.height // 2))
        self._pattern: tuple[Value, Planes] | None = None
        self._background: Planes
        self._canvas: Planes
        self._count = 0
        self._drawn_at: float | None = None
        self._bounces_until = 0.0

    def open(self) -> SourceInfo:
        """Draw the background.

        Raises:
            SourceError: there is no such pattern.
        """
        by_name = {control.name: control for control in self._controls}
        try:
            self._values["Pattern"] = by_name["Pattern"].kind.coerce(self._values["Pattern"])
        except InvalidValue as error:
            raise SourceError(f"no such pattern: {error.message}") from None
        self._redraw()
        controls = tuple(replace(control, default=self._values[control.name]) for control in self._controls)
        rate = self._settings.frame_rate
        return SourceInfo(
            "Test pattern", *self._shown_size, rate, controls, actions=(BOUNCE,), manufacturer="mqttcam"
        )

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame."""
        if not self._pacer.wait(timeout):
            return None
        captured, now = time.time_ns(), time.monotonic()
        passed = 0.0 if self._drawn_at is None else now - self._drawn_at
        self._drawn_at = now
        self._ball.lift(self._canvas, self._background)
        speed = _float(self._values["Speed"])
        self._ball.draw(self._canvas, passed * (max(speed, 1.0) if now < self._bounces_until else speed))
        if self._values["ShowClock"]:
            self._clock.draw(self._canvas, captured, self._count)
        self._count += 1
        if self._window == (0, 0, *self._shown_size):
            frame = Frame(captured, *self._size, planes=self._canvas)
            frame.adjustment = self._adjustment
            return frame
        shown = orient_planes(self._canvas, self._settings.orientation)
        return Frame(captured, *self._shown_size, planes=cropped(shown, self._window))

    def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Set values; the next frame shows them."""
        if BOUNCE.control in values:
            self._bounces_until = time.monotonic() + CROSSING
            return values
        if isinstance(window := values.get("ScalerCrop"), tuple):
            x, y, width, height = map(int, window)
            self._window = in_whole_blocks((x, y, width, height))
            values = {**values, "ScalerCrop": self._window}
        self._values |= values
        if values.keys() & _REDRAWN:
            self._redraw()
        return values

    def close(self) -> None:
        """Do nothing: there is no device."""

    def _redraw(self) -> None:
        name = self._values["Pattern"]
        if self._pattern is None or self._pattern[0] != name:
            self._pattern = name, draw_pattern(str(name), *self._size)
        look = {key.lower(): _float(self._values[key]) for key in ("Brightness", "Contrast", "Saturation")}
        self._background = adjusted(self._pattern[1], **look)
        self._ball.paint(adjusted(self._ball.planes, **look))
        y, u, v = self._background
        self._canvas = y.copy(), u.copy(), v.copy()
        if self._values["ShowClock"]:
            self._clock.lay(self._canvas)


def attached() -> list[AttachedCamera]:
    """Return the test pattern, which is always available."""
    sizes = ((640, 480), (1280, 720), (1920, 1080))
    return [AttachedCamera("test_pattern", "Test pattern", {"type": "test_pattern"}, sizes, CONTROLS)]


def _float(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
