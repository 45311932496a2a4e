"""All controls of an open camera: what is offered, what is set, and what one value does to others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mqttcam.camera.control import Control
from mqttcam.camera.sources.picamera2.controls import AUTOMATIC, Offer
from mqttcam.camera.sources.picamera2.derived import Native, parts_of
from mqttcam.values import InvalidValue, Value

_NOT_SHOWN = frozenset(
    {
        "AfTrigger",  # does something once; it is a command
        "AnalogueGainMode",  # picamera2 sets these two itself, from the values
        "ExposureTimeMode",
        "ColourCorrectionMatrix",
        "CnnEnableInputTensor",
        "DebugMetadataEnable",
        "ScalerCrops",
        "StatsOutputEnable",
        "SyncFrames",
        "SyncMode",
    }
)
"""What a program needs and a person does not; it can be set all the same."""
_MANUAL_COLOUR = frozenset({"ColourGains", "ColourGainRed", "ColourGainBlue", "ColourTemperature"})
"""Setting one of these ends automatic white balance (libcamera, ColourGains and ColourTemperature)."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a patch comes to.

    Attributes:
        native: for `Picamera2.set_controls`.
        applied: every value of ours that is another one now, those that follow from the patch among them.
    """

    native: Native
    applied: dict[str, Value]


class ControlTable:
    """The controls of one camera, and the values that it was given.

    Attributes:
        controls: for people, in libcamera's order, derived ones in the place of those that they stand for.
        hidden: settable by their own name as well, but not worth an entity.
        native: everything that libcamera was told so far, for a camera that is configured anew.
    """

    def __init__(self, offers: Mapping[str, Offer], frame_rate: float) -> None:
        self._offers = offers
        self._rate = frame_rate
        self._parts = parts_of(offers, frame_rate)
        self._derived = {control.name for part in self._parts for control in part.controls}
        self.controls: list[Control] = []
        self.hidden: list[Control] = []
        self._fill()
        self._shown = frozenset(control.name for control in self.controls)
        self._values: dict[str, Value] = {control.name: control.default for control in self.controls}
        self._set: set[str] = set()
        self.native: Native = {}

    def _fill(self) -> None:
        replaced = frozenset(name for part in self._parts for name in part.replaces)
        for name, offer in self._offers.items():
            for part in self._parts:
                if name in part.replaces:
                    self.controls += [one for one in part.controls if one not in self.controls]
            control = offer.control
            if control is None or name in self._derived:
                continue
            (self.hidden if name in replaced | _NOT_SHOWN else self.controls).append(control)

    def change(self, values: Mapping[str, Value]) -> Change:
        """What to tell libcamera for a patch; nothing is changed yet.

        Raises:
            InvalidValue: there is no such control.
        """
        for name in values:
            if name not in self._derived and (name not in self._offers or self._offers[name].kind is None):
                raise InvalidValue(
                    f"the camera has no control {name}", [one.name for one in self.controls], name
                )
        applied = dict(values) | self._consequences(values)
        everything = self._values | applied
        # What only follows is told to libcamera where it does not find it out by itself.
        told = frozenset(values) | (frozenset(applied) & {"AfMode", "AfMetering", *AUTOMATIC})
        native: Native = {}
        for name in told - self._derived:
            native[name] = self._offers[name].native(applied[name])
        for part in self._parts:
            native |= part.native(told, everything)
        return Change(native, applied)

    def accept(self, change: Change) -> None:
        """The change was made."""
        self._values |= change.applied
        self._set |= change.applied.keys()
        self.native |= change.native

    def applied(self, metadata: Mapping[str, object]) -> dict[str, Value]:
        """The values that were set, as a frame was really taken: an exposure in whole lines, a zoom in whole pixels."""
        found: dict[str, Value] = {}
        for part in self._parts:
            found |= part.reported(metadata)
        for name in self._set - self._derived:
            if name in metadata and (value := self._offers[name].plain(metadata[name])) is not None:
                found[name] = value
        # Left to the camera is what it is, whatever the camera chose.
        return {
            name: value
            for name, value in found.items()
            if name in self._set and not (name in AUTOMATIC and not self._values.get(name))
        } | {name: None for name in ("ColourGainRed", "ColourGainBlue") if self._is_automatic(name)}

    @property
    def rate(self) -> float:
        """Frames a second that are asked for, within what the camera can; 0: unknown."""
        rate = self._values.get("FrameRate") or self._rate
        limits = self._offers.get("FrameDurationLimits")
        if not rate or limits is None or not limits.bounds:
            return float(rate or 0) if isinstance(rate, int | float) else 0.0
        low, high = limits.bounds
        return round(1e6 / min(max(1e6 / rate, low), high), 2) if isinstance(rate, int | float) else 0.0

    @property
    def exposure(self) -> float:
        """Seconds of the exposure that was set; 0: automatic."""
        value = self._values.get("ExposureTime")
        return value / 1e6 if isinstance(value, int | float) else 0.0

    def _is_automatic(self, gain: str) -> bool:
        return gain in self._set and self._values.get("AwbEnable") is True

    def _consequences(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """What else a patch sets: the automatism that a value ends, or the values that an automatism takes over."""
        also: dict[str, Value] = {}
        if values.keys() & _MANUAL_COLOUR:
            also["AwbEnable"] = False
        elif values.get("AwbEnable") is True:
            also |= dict.fromkeys(self._set & _MANUAL_COLOUR, None)
        if values.get("AeEnable") is True:
            also |= {name: 0 for name in AUTOMATIC if name not in values}
        if "LensPosition" in values:
            also |= {"AfMode": "Manual"} if "AfMode" not in values else {}
        if "AfWindows" in values:
            also |= {"AfMetering": "Windows"} if "AfMetering" not in values else {}
        if values.get("AfTrigger") == "Start" and self._values.get("AfMode") in (None, "Manual"):
            also |= {"AfMode": "Auto"}
        limits = values.get("FrameDurationLimits")
        if isinstance(limits, tuple) and "FrameRate" not in values:
            also["FrameRate"] = round(1e6 / max(limits[0], 1), 2)
        return {name: value for name, value in also.items() if name in self._shown}
