"""All controls of an open camera: those offered, their values, and their effects on each other."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from mqttcam.camera.control import Action, Control
from mqttcam.camera.sources.picamera2.controls import AUTOMATIC, LibcameraControl
from mqttcam.camera.sources.picamera2.derived import Native, derived_controls, reshaped
from mqttcam.values import InvalidValue, Number, Value

_ACTIONS = (
    Action("Autofocus", "AfTrigger", "Start", icon="mdi:image-filter-center-focus"),
    Action("CancelAutofocus", "AfTrigger", "Cancel", icon="mdi:image-filter-center-focus-weak"),
)
_RAW = frozenset({"ColourCorrectionMatrix", "SyncFrames", "SyncMode"})
"""Controls for experts, in addition to those that derived controls replace."""
_NOT_OFFERED = frozenset(
    {
        # picamera2 sets these two itself from the exposure and gain, of which 0 is automatic. A second control for
        # the same would contradict the first; `AeEnable` freezes both.
        "AnalogueGainMode",
        "ExposureTimeMode",
        # These add tables to a frame's metadata, for code in the same process.
        "CnnEnableInputTensor",
        "DebugMetadataEnable",
        "StatsOutputEnable",
        # One window for each stream; only the main stream is shown, and its window is `ScalerCrop`.
        "ScalerCrops",
        *(action.control for action in _ACTIONS),
    }
)
"""Controls that are useless here."""
_GAINS = frozenset({"ColourGains", "ColourGainRed", "ColourGainBlue"})
_MANUAL_COLOUR = _GAINS | {"ColourTemperature"}
"""Setting one of these disables automatic white balance (libcamera, ColourGains and ColourTemperature)."""
_PAUSED_IN = (None, "Continuous")
"""Values of `AfMode`, `None` if unknown, in which autofocus can be paused (libcamera, AfPause)."""
_NOTHING: Mapping[str, object] = {}
_SAME_SHAPE = 0.01
"""Relative difference of aspect ratios that counts as equal: windows are in whole pixels."""


class ControlChange(Struct, frozen=True):
    """The effect of a patch.

    Attributes:
        native: values for `Picamera2.set_controls`.
        applied: all of our values that change, including those that follow from the patch.
    """

    native: Native
    applied: dict[str, Value]


class ControlTable:
    """The controls of one camera, and the values that were set.

    Attributes:
        controls: in libcamera's order, derived ones in the place of those that they replace.
        raw: libcamera's own that derived ones replace, and those for experts.
        actions: what the camera can do once on request.
        native: all values passed to libcamera so far, to set them again after the camera was reconfigured.
    """

    def __init__(
        self,
        offered: Mapping[str, LibcameraControl],
        frame_rate: float,
        first: Mapping[str, object] = _NOTHING,
    ) -> None:
        """Start with the default values.

        Args:
            offered: the camera's controls by libcamera's names.
            frame_rate: frames per second that the camera was configured for.
            first: controls in its configuration by libcamera's names, such as our HDR and picamera2's denoise.
        """
        self._offered = {
            name: control.starting_with(first[name]) if name in first else control
            for name, control in offered.items()
        }
        self._rate = frame_rate
        self._derived_controls = derived_controls(offered, frame_rate)
        self._derived = {control.name for group in self._derived_controls for control in group.controls}
        self.controls: list[Control] = []
        self.raw: list[Control] = []
        self._fill()
        self.actions = tuple(
            action
            for action in _ACTIONS
            if action.control in offered and action.value in offered[action.control].options
        )
        shown = [*self.controls, *self.raw]
        self._kinds = {control.name: control.kind for control in shown}
        self._values: dict[str, Value] = {control.name: control.default for control in shown}
        self._set: set[str] = set()
        self.native: Native = {}

    def _fill(self) -> None:
        replaced = frozenset(name for group in self._derived_controls for name in group.replaces)
        for name, offered in self._offered.items():
            for group in self._derived_controls:
                if name in group.replaces:
                    self.controls += [one for one in group.controls if one not in self.controls]
            control = offered.control
            if control is None or name in self._derived or name in _NOT_OFFERED:
                continue
            if name in replaced:  # its initial value follows from the control that replaces it
                self.raw.append(replace(control, raw=True, default=None))
            elif name in _RAW:
                self.raw.append(replace(control, raw=True))
            else:
                self.controls.append(control)

    def change(self, values: Mapping[str, Value], metadata: Mapping[str, object] = _NOTHING) -> ControlChange:
        """Return the effect of a patch; nothing is changed yet.

        Args:
            metadata: of the newest frame.

        Raises:
            InvalidValue: there is no such control, or a value would have no effect.
        """
        known = self._kinds.keys() | {action.control for action in self.actions}
        for name in values:
            if name not in known:
                raise InvalidValue(
                    f"the camera has no control {name}", [one.name for one in self.controls], name
                )
        applied = dict(values) | self._consequences(values, metadata)
        if "AfPause" in applied:  # values are set in this order, and the mode must come before it
            applied["AfPause"] = applied.pop("AfPause")
        everything = self._values | applied
        self._check_pause(everything)
        # Consequences are passed to libcamera only if it does not apply them by itself.
        told = frozenset(values) | (frozenset(applied) & {"AfMode", "AfMetering", "AfPause", *AUTOMATIC})
        if everything.get("AfMode") not in _PAUSED_IN:
            told -= {"AfPause"}
        native: Native = {}
        for name in told - self._derived:
            native[name] = self._offered[name].native(applied[name])
        for group in self._derived_controls:
            native |= group.native(told, everything)
        return ControlChange(native, applied)

    def accept(self, change: ControlChange) -> None:
        """Record a change that was made; actions are not remembered."""
        applied = {name: value for name, value in change.applied.items() if name in self._kinds}
        self._values |= applied
        self._set |= applied.keys()
        told = {name: value for name, value in change.native.items() if name not in _NOT_OFFERED}
        # A replaced value must not be set again along with its replacement: libcamera does not keep an order.
        gone = set(applied)
        for group in self._derived_controls:
            if not gone.isdisjoint(control.name for control in group.controls):
                gone |= group.replaces
        self.native = {name: value for name, value in self.native.items() if name not in gone} | told

    def windows(self, crop: tuple[int, int, int, int], offered: Mapping[str, LibcameraControl]) -> Native:
        """Return the window for a camera that was reconfigured, in its new aspect ratio and for each stream.

        Args:
            crop: the ScalerCrop that was set.
            offered: the controls that the camera offers now.
        """
        before, now = (one["ScalerCrop"].default for one in (self._offered, offered))
        if before and now and abs(now[2] * before[3] / (now[3] * before[2]) - 1) > _SAME_SHAPE:
            crop = reshaped(crop, now[2:], offered["ScalerCrop"].maximum)
        # picamera2 sets ScalerCrops whenever it configures two streams, and libcamera prefers it to ScalerCrop.
        several = {"ScalerCrops": [crop, crop]} if "ScalerCrops" in offered else {}
        return {"ScalerCrop": crop, **several}

    def applied(self, metadata: Mapping[str, object]) -> dict[str, Value]:
        """Return the values as a frame was really taken: exposures in whole lines, zoom in whole pixels.

        Derived controls are included once one of their group was set, and the controls that they replace always. Colour
        gains are included once automatic white balance was switched, too.
        """
        found: dict[str, Value] = {}
        told = set(self._set)
        for group in self._derived_controls:
            found |= group.reported(metadata)
            own = {control.name for control in group.controls}
            told |= group.replaces - own
            if not self._set.isdisjoint(group.replaces | own):
                told |= own
        if "AwbEnable" in self._set:  # while it is off, the gains of that moment stay
            told |= _GAINS
        for name in told - self._derived:
            if name in metadata and (value := self._offered[name].plain(metadata[name])) is not None:
                found[name] = value
        return {
            name: None if self._is_automatic(name) else self._within(name, value)
            for name, value in found.items()
            if name in told and name in self._kinds and not (name in AUTOMATIC and not self._values.get(name))
        }

    @property
    def rate(self) -> float:
        """The requested frames per second, within the camera's limits; 0 if unknown."""
        durations = self._values.get("FrameDurationLimits")
        slowest = 1e6 / max(durations[1], 1) if isinstance(durations, tuple) else 0
        rate = self._values.get("FrameRate") or slowest or self._rate
        limits = self._offered.get("FrameDurationLimits")
        if not rate or limits is None or not limits.bounds:
            return float(rate or 0) if isinstance(rate, int | float) else 0.0
        low, high = limits.bounds
        return round(1e6 / min(max(1e6 / rate, low), high), 2) if isinstance(rate, int | float) else 0.0

    @property
    def exposure(self) -> float:
        """The exposure that was set, in seconds; 0 if automatic."""
        value = self._values.get("ExposureTime")
        return value / 1e6 if isinstance(value, int | float) else 0.0

    def _is_automatic(self, name: str) -> bool:
        """Return whether the camera chooses this value now; that is the default of white balance."""
        return name in _MANUAL_COLOUR and self._values.get("AwbEnable") is not False

    def _within(self, name: str, value: Value) -> Value:
        """Return a rounded value limited to its range."""
        kind = self._kinds[name]
        if isinstance(kind, Number) and isinstance(value, int | float):
            return min(max(value, kind.minimum), kind.maximum)
        return value

    def _consequences(self, values: Mapping[str, Value], metadata: Mapping[str, object]) -> dict[str, Value]:
        """Return what else a patch changes: the automatic mode that a value ends, or the values that it takes over."""
        also = self._colour(values) | self._exposure(values)
        if "LensPosition" in values:
            also |= {"AfMode": "Manual"} if "AfMode" not in values else {}
        if "AfWindows" in values:
            also |= {"AfMetering": "Windows"} if "AfMetering" not in values else {}
        if values.get("AfTrigger") == "Start" and self._values.get("AfMode") in (None, "Manual"):
            also |= {"AfMode": "Auto"}
        mode, pause = {**values, **also}.get("AfMode"), self._values.get("AfPause")
        if mode is not None and pause not in (None, "Resume") and "AfPause" not in values:
            # A change of the mode ends the pause (the Raspberry Pi's IPA, Af::setMode).
            also["AfPause"] = pause if mode == self._values.get("AfMode") else "Resume"
        for group in self._derived_controls:
            own = {control.name for control in group.controls}
            if values.keys() & own:
                others = group.replaces - own
                # Others of the group that were never set stay as the frames show them: the other gain, or the window.
                seen = group.reported(metadata)
                unknown = {name for name in own - values.keys() if self._values.get(name) is None}
                also |= {name: self._within(name, seen[name]) for name in unknown & seen.keys()}
            elif values.keys() & group.replaces:
                others = frozenset(own)
            else:
                continue
            # The name that was set last counts; the values of the others come from the frames.
            also |= {name: None for name in others - values.keys() if self._values.get(name) is not None}
        return {name: value for name, value in also.items() if name in self._kinds}

    @staticmethod
    def _check_pause(values: Mapping[str, Value]) -> None:
        """Refuse a pause without effect, which libcamera would only log."""
        pause, mode = values.get("AfPause"), values.get("AfMode")
        if pause not in (None, "Resume") and mode not in _PAUSED_IN:
            message = f"{pause} requires AfMode Continuous, and AfMode is {mode}"
            raise InvalidValue(message, ["Resume"], "AfPause")

    def _colour(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Automatic white balance, gains and colour temperature replace each other. Gains of 0 are automatic, too."""
        gains = values.get("ColourGains")
        automatic = values.get("AwbEnable") is True or (isinstance(gains, tuple) and 0 in gains)
        given = values.keys() & _MANUAL_COLOUR
        if not given and not automatic:
            return {}
        ended = _MANUAL_COLOUR - _GAINS if given & _GAINS and not automatic else _MANUAL_COLOUR
        also: dict[str, Value] = dict.fromkeys(self._set & ended - given, None)
        return also | ({"AwbEnable": automatic} if given else {})

    def _exposure(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """`AeEnable` turns off once both time and gain are set, and on again once one of them is automatic."""
        if values.get("AeEnable") is True:
            return {name: 0 for name in AUTOMATIC if name not in values}
        given = AUTOMATIC & values.keys()
        offered = AUTOMATIC & self._kinds.keys()
        if not given or "AeEnable" in values or "AeEnable" not in self._kinds:
            return {}
        left = {name for name in offered if not values.get(name, self._values.get(name))}
        if not left and self._values.get("AeEnable") is not False:
            return {"AeEnable": False}
        if given & left and self._values.get("AeEnable") is False:
            return {"AeEnable": True} | dict.fromkeys(left - given, 0)
        return {}
