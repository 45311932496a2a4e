"""Windows, pan and tilt of a picture that is turned by a quarter here, which the camera does not know of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from mqttcam.camera.control import Control
from mqttcam.imaging.orientation import UPRIGHT, Orientation
from mqttcam.values import Rectangle, Value

Window = tuple[int, int, int, int]


class TurnedControls:
    """Converts values between the picture of the camera and the picture that is shown."""

    def __init__(self, orientation: Orientation) -> None:
        """`orientation` turns and mirrors the camera's picture; without a quarter turn, the camera does that itself."""
        self._orientation = orientation if orientation.turned else UPRIGHT
        self._bounds: dict[str, Window] = {}

    def shown(self, controls: Iterable[Control]) -> tuple[Control, ...]:
        """Return the camera's controls with limits and defaults of the picture that is shown."""
        return tuple(self._shown(control) for control in controls)

    def to_camera(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return values for the camera, by name."""
        return self._converted(values, self._orientation.inverse(), back=True)

    def to_shown(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return values of the camera as they are shown, by name."""
        return self._converted(values, self._orientation, back=False)

    def _shown(self, control: Control) -> Control:
        kind = control.kind
        if self._orientation == UPRIGHT or not isinstance(kind, Rectangle):
            return control
        self._bounds[control.name] = kind.bounds
        turned = Rectangle(_swapped(kind.bounds), self._orientation.size(*kind.least), kind.view)
        default = self.to_shown({control.name: control.default})[control.name]
        return replace(control, kind=turned, default=default)

    def _converted(
        self, values: Mapping[str, Value], orientation: Orientation, *, back: bool
    ) -> dict[str, Value]:
        if orientation == UPRIGHT:
            return dict(values)
        found: dict[str, Value] = {}
        for name, value in values.items():
            bounds = self._bounds.get(name)
            if name in ("Pan", "Tilt") and isinstance(value, int | float):
                other, sign = _axis(name, orientation)
                found[other] = sign * value + 0.0  # never -0.0
            elif bounds is not None and isinstance(value, tuple) and len(value) == 4:
                window = tuple(int(number) for number in value if isinstance(number, int | float))
                found[name] = _turned(window, _swapped(bounds) if back else bounds, orientation)
            else:
                found[name] = value
        return found


def _axis(name: str, orientation: Orientation) -> tuple[str, int]:
    """Return which of pan and tilt a value is after turning, and its sign."""
    middle = orientation.point((0.5, 0.5))
    moved = orientation.point((0.75, 0.5) if name == "Pan" else (0.5, 0.75))
    across, down = moved[0] - middle[0], moved[1] - middle[1]
    return ("Pan", 1 if across > 0 else -1) if across else ("Tilt", 1 if down > 0 else -1)


def _swapped(bounds: Window) -> Window:
    x, y, width, height = bounds
    return y, x, height, width


def _turned(window: tuple[int, ...], bounds: Window, orientation: Orientation) -> Window:
    """Return a window after a quarter turn of the picture; its bounds are then `_swapped(bounds)`."""
    x, y, width, height = window
    left, top, widest, highest = bounds
    x, y = x - left, y - top
    x, y, width, height = highest - y - height, x, height, width
    if orientation.hflip:
        x = highest - x - width
    if orientation.vflip:
        y = widest - y - height
    return x + top, y + left, width, height
