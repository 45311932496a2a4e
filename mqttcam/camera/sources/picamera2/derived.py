"""Derived controls: frame rate, flicker, colour gains and zoom, which replace libcamera's own.

A group offers its own controls, replaces some of libcamera's as entities, and converts values. It has no state: the
current values are passed to it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from mqttcam.camera.control import Control
from mqttcam.camera.sources.picamera2.controls import LibcameraControl
from mqttcam.values import Choice, Number, Value, Vector

Values = Mapping[str, Value]
Native = dict[str, Any]
"""Values for `Picamera2.set_controls`, by libcamera's names."""

_MARGIN = 1.02
"""A frame must last longer than its exposure by the sensor's blanking: a few dozen of about a thousand lines."""
_MARGIN_US = 1000
_MAX_ZOOM = 16
_LEAST_GAIN = 0.1
"""A gain of 0 would resume automatic white balance (the Raspberry Pi's IPA), for which there is `AwbEnable`."""
_PERIODS = {"50Hz": 10_000, "60Hz": 8_333}
"""Microseconds; lamps flicker at twice the mains frequency (libcamera, AeFlickerPeriod)."""


class DerivedControls(Protocol):
    """One group of derived controls."""

    @property
    def controls(self) -> tuple[Control, ...]:
        """The controls that it offers."""

    @property
    def replaces(self) -> frozenset[str]:
        """libcamera's controls that are not shown as entities because of it."""

    def native(self, changed: frozenset[str], values: Values) -> Native:
        """Return the values to pass to libcamera after a change.

        Args:
            changed: names of the controls in the patch.
            values: all known values, including those of the patch.
        """

    def reported(self, metadata: Mapping[str, object]) -> dict[str, Value]:
        """Return the values that a frame was taken with."""


class FrameRateControl(Struct, frozen=True):
    """`FrameRate`, with frames at least as long as their exposure.

    libcamera would shorten an exposure that does not fit into a frame, but people want the exposure that they set.
    """

    limits: LibcameraControl
    rate: float

    @property
    def controls(self) -> tuple[Control, ...]:
        low, high = self._durations()
        slowest, fastest = math.ceil(1e9 / high) / 1000, math.floor(1e9 / low) / 1000
        if slowest >= fastest:
            return ()
        kind = Number(slowest, fastest, unit="fps")
        return (Control("FrameRate", kind, min(max(self.rate, slowest), fastest)),)

    @property
    def replaces(self) -> frozenset[str]:
        return frozenset({"FrameDurationLimits"})

    def native(self, changed: frozenset[str], values: Values) -> Native:
        if not changed & {"FrameDurationLimits", "FrameRate", "ExposureTime"}:
            return {}
        limits, rate = values.get("FrameDurationLimits"), values.get("FrameRate")
        if isinstance(limits, tuple) and ("FrameDurationLimits" in changed or not rate):
            wanted = (limits[0], limits[1])
        else:
            rate = rate or self.rate
            assert isinstance(rate, int | float)
            wanted = (1e6 / rate, 1e6 / rate)
        exposure = values.get("ExposureTime") or 0
        assert isinstance(exposure, int | float)
        longest = max(exposure * _MARGIN, exposure + _MARGIN_US) if exposure else 0
        low, high = self._durations()
        first, last = (round(min(max(limit, longest, low), high)) for limit in wanted)
        return {"FrameDurationLimits": (first, max(first, last))}

    def reported(self, metadata: Mapping[str, object]) -> dict[str, Value]:
        duration = metadata.get("FrameDuration")
        return {"FrameRate": round(1e6 / duration, 2)} if isinstance(duration, int) and duration > 0 else {}

    def _durations(self) -> tuple[float, float]:
        kind = self.limits.kind
        assert isinstance(kind, Vector)
        return kind.element.minimum, kind.element.maximum


class FlickerControl(Struct, frozen=True):
    """`AeFlickerMode` with the mains frequency as its option, instead of a period in microseconds."""

    mode: LibcameraControl

    @property
    def controls(self) -> tuple[Control, ...]:
        options = ["Off", *(["Auto"] if "Auto" in self.mode.options else []), *_PERIODS]
        return (Control("AeFlickerMode", Choice(tuple(options)), "Off"),)

    @property
    def replaces(self) -> frozenset[str]:
        return frozenset({"AeFlickerMode", "AeFlickerPeriod"})

    def native(self, changed: frozenset[str], values: Values) -> Native:
        if "AeFlickerMode" not in changed:
            return {"AeFlickerMode": self.mode.options["Manual"]} if "AeFlickerPeriod" in changed else {}
        mode = str(values["AeFlickerMode"])
        if mode in _PERIODS:
            return {"AeFlickerMode": self.mode.options["Manual"], "AeFlickerPeriod": _PERIODS[mode]}
        return {"AeFlickerMode": self.mode.options[mode]}

    def reported(self, metadata: Mapping[str, object]) -> dict[str, Value]:
        return {}


class ColourGainControls(Struct, frozen=True):
    """`ColourGains` as two numbers."""

    gains: LibcameraControl

    NAMES = ("ColourGainRed", "ColourGainBlue")

    @property
    def controls(self) -> tuple[Control, ...]:
        kind = self.gains.kind
        if not isinstance(kind, Vector):
            return ()
        gain = replace(kind.element, minimum=max(kind.element.minimum, _LEAST_GAIN))
        return tuple(Control(name, gain) for name in self.NAMES)

    @property
    def replaces(self) -> frozenset[str]:
        return frozenset({"ColourGains"})

    def native(self, changed: frozenset[str], values: Values) -> Native:
        if not changed & set(self.NAMES):
            return {}
        known = [values.get(name) for name in self.NAMES]
        # If only one gain is set before a frame has shown the other, that one is neutral.
        return {"ColourGains": tuple(float(gain) if isinstance(gain, int | float) else 1.0 for gain in known)}

    def reported(self, metadata: Mapping[str, object]) -> dict[str, Value]:
        gains = metadata.get("ColourGains")
        if not isinstance(gains, tuple) or len(gains) != len(self.NAMES):
            return {}
        return {name: round(float(gain), 3) for name, gain in zip(self.NAMES, gains, strict=True)}


class ZoomControls(Struct, frozen=True):
    """`Zoom`, `Pan` and `Tilt` from `ScalerCrop`.

    At zoom 1, the largest part of the sensor's picture with the stream's aspect ratio is shown. Pan and tilt range from
    -1 to 1, from one edge of the sensor's picture to the other.
    """

    crop: LibcameraControl

    NAMES = ("Zoom", "Pan", "Tilt")

    @property
    def controls(self) -> tuple[Control, ...]:
        _, _, width, height = self._base()
        _, _, least_width, least_height = self.crop.minimum
        furthest = min(width / max(least_width, 1), height / max(least_height, 1), _MAX_ZOOM)
        if furthest <= 1:
            return ()
        shift = Number(-1, 1, step=0.01)
        zoom = Number(1, math.floor(furthest * 10) / 10, step=0.1)
        return Control("Zoom", zoom, 1.0), Control("Pan", shift, 0.0), Control("Tilt", shift, 0.0)

    @property
    def replaces(self) -> frozenset[str]:
        return frozenset({"ScalerCrop"})

    def native(self, changed: frozenset[str], values: Values) -> Native:
        if not changed & set(self.NAMES):
            return {}
        zoom, pan, tilt = (
            float(value) if isinstance(value := values.get(name), int | float) else default
            for name, default in zip(self.NAMES, (1.0, 0.0, 0.0), strict=True)
        )
        left, top, full_width, full_height = self.crop.maximum
        _, _, base_width, base_height = self._base()
        width, height = round(base_width / zoom), round(base_height / zoom)
        x = left + round((full_width - width) * (pan + 1) / 2)
        y = top + round((full_height - height) * (tilt + 1) / 2)
        return {"ScalerCrop": (x, y, width, height)}

    def reported(self, metadata: Mapping[str, object]) -> dict[str, Value]:
        crop = metadata.get("ScalerCrop")
        if not isinstance(crop, tuple) or len(crop) != 4 or not crop[2]:
            return {}
        left, top, full_width, full_height = self.crop.maximum
        x, y, width, height = crop
        _, _, base_width, _ = self._base()
        return {
            "Zoom": round(base_width / width, 2),
            "Pan": _shift(x - left, full_width - width),
            "Tilt": _shift(y - top, full_height - height),
        }

    def _base(self) -> tuple[int, int, int, int]:
        base: tuple[int, int, int, int] = self.crop.default or self.crop.maximum
        return base


def reshaped(
    window: tuple[int, int, int, int], shape: tuple[int, int], largest: tuple[int, int, int, int]
) -> tuple[int, int, int, int]:
    """Return the smallest window with the aspect ratio of `shape` that contains all of `window`, within `largest`.

    libcamera stretches the part that a ScalerCrop shows to the size of the picture.
    """
    x, y, width, height = window
    wide = max(width, height * shape[0] / shape[1])
    scale = min(1.0, largest[2] / wide, largest[3] * shape[0] / shape[1] / wide)
    new_width, new_height = round(wide * scale), round(wide * scale * shape[1] / shape[0])
    left, top = x + (width - new_width) // 2, y + (height - new_height) // 2
    return (
        min(max(left, largest[0]), largest[0] + largest[2] - new_width),
        min(max(top, largest[1]), largest[1] + largest[3] - new_height),
        new_width,
        new_height,
    )


def _shift(offset: int, room: int) -> float:
    return round(2 * offset / room - 1, 2) + 0.0 if room > 0 else 0.0  # never -0.0


def derived_controls(offered: Mapping[str, LibcameraControl], frame_rate: float) -> list[DerivedControls]:
    """Return the derived controls that a camera's own controls allow.

    Args:
        frame_rate: frames per second that the camera was configured for.
    """
    found: list[DerivedControls] = []
    if (limits := offered.get("FrameDurationLimits")) and isinstance(limits.kind, Vector):
        found.append(FrameRateControl(limits, frame_rate))
    if (mode := offered.get("AeFlickerMode")) and "Manual" in mode.options and "AeFlickerPeriod" in offered:
        found.append(FlickerControl(mode))
    if (gains := offered.get("ColourGains")) and isinstance(gains.kind, Vector) and gains.kind.length == 2:
        found.append(ColourGainControls(gains))
    if (crop := offered.get("ScalerCrop")) and all(
        isinstance(edge, tuple) for edge in (crop.minimum, crop.maximum)
    ):
        found.append(ZoomControls(crop))
    return found
