"""What the newest frame tells of its camera: looked at about once a second, and never for every frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mqttcam.camera.control import Control
from mqttcam.camera.metadata_field import MetadataField
from mqttcam.camera.source import MeasuringSource, ReportingSource, Source
from mqttcam.values import Value

_LOOKS = 3
"""Looks at different frames after which a camera has shown every reading that it has: libcamera's algorithms begin one
after the other, within the first dozen frames."""
_ON_THE_WAY = 10
"""Frames that may have been taken before a value that was just set: those in the buffers, and a few of the sensor's."""


@dataclass(frozen=True, slots=True)
class PollResult:
    """One look.

    Attributes:
        applied: values of controls by key, as the frame was really taken.
        readings: what was measured.
        complete: no reading is to be expected that was not seen so far.
    """

    applied: Mapping[str, Value]
    readings: Mapping[MetadataField, Value]
    complete: bool


class SourcePoller:
    """Looks at one open source, in its capture thread.

    Attributes:
        wanted: the source has anything to look at.
    """

    def __init__(self, source: Source, controls: Mapping[str, Control]) -> None:
        """Looks at nothing yet; `controls` are the source's, by key."""
        self._reporting = source if isinstance(source, ReportingSource) else None
        self._measuring = source if isinstance(source, MeasuringSource) else None
        self.wanted = self._reporting is not None or self._measuring is not None
        self._keys = {control.name: key for key, control in controls.items()}
        self._looks = 0
        self._frames = -1
        self._applied_from = 0
        self._last: PollResult | None = None

    def controls_changed(self, frames: int) -> None:
        """Values were set when there were so many frames: the next few do not show them yet."""
        self._applied_from = frames + _ON_THE_WAY
        self._last = None

    def poll(self, frames: int) -> PollResult | None:
        """What the newest of so many frames tells; `None`: nothing new."""
        if frames == self._frames:
            return None
        self._frames = frames
        self._looks += 1
        applied: dict[str, Value] = {}
        if self._reporting is not None and frames >= self._applied_from:
            names = self._reporting.applied
            applied = {self._keys[name]: value for name, value in names.items() if name in self._keys}
        readings = dict(self._measuring.readings) if self._measuring is not None else {}
        result = PollResult(applied, readings, self._looks >= _LOOKS)
        if result == self._last:
            return None
        self._last = result
        return result


class CameraReadings:
    """What a camera measures, on the event loop.

    Attributes:
        fields: by key, every one that this camera was seen to have; one that a frame leaves out is unknown, not gone.
        values: by key, of the newest look; empty while no frames come.
        complete: no other reading is to be expected.
    """

    def __init__(self) -> None:
        self.fields: dict[str, MetadataField] = {}
        self.values: dict[str, Value] = {}
        self.complete = True
        self._device: object = None

    def begin(self, device: object, *, expected: bool) -> None:
        """A source was opened: what is known of the same device stays known.

        Args:
            device: equal for the same one.
            expected: it measures anything at all.
        """
        self.values = {}
        if device != self._device:
            self._device = device
            self.fields = {}
            self.complete = not expected

    def update(self, result: PollResult) -> bool:
        """Note a look; whether anything is new."""
        before = len(self.fields), self.complete, self.values
        for field in result.readings:
            self.fields.setdefault(field.key, field)
        self.complete |= result.complete
        self.values = {field.key: value for field, value in result.readings.items()}
        return before != (len(self.fields), self.complete, self.values)
