"""Polling an open source for values and measurements: about once per second, never for every frame."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from mqttcam.camera.metadata_field import MetadataField
from mqttcam.camera.source import MeasuringSource, ReportingSource, Source
from mqttcam.camera.source_controls import SourceControls
from mqttcam.values import Value

_POLLS_UNTIL_COMPLETE = 3
"""Polls at different frames after which a camera has shown every field that it has: libcamera's algorithms start one
after the other, within the first dozen frames."""
_FRAMES_IN_FLIGHT = 10
"""Frames that may have been taken before a value that was just set: those in the buffers, and a few of the sensor's."""


class PollResult(Struct, frozen=True):
    """What one poll found.

    Attributes:
        applied: values of controls by key, as the newest frame was really taken.
        readings: what was measured with the newest frame.
        complete: whether every field that the source has was seen by now.
    """

    applied: Mapping[str, Value]
    readings: Mapping[MetadataField, Value]
    complete: bool


class SourcePoller:
    """Polls one open source, in its capture thread.

    Attributes:
        wanted: whether the source has anything to poll.
    """

    def __init__(
        self, source: Source, controls: SourceControls, frames_in_flight: int = _FRAMES_IN_FLIGHT
    ) -> None:
        """Do not poll yet.

        Args:
            frames_in_flight: frames after a change of controls that may not show it yet.
        """
        self._reporting = source if isinstance(source, ReportingSource) else None
        self._measuring = source if isinstance(source, MeasuringSource) else None
        self.wanted = self._reporting is not None or self._measuring is not None
        self._controls = controls
        self._frames_in_flight = frames_in_flight
        self._polls = 0
        self._frames = -1
        self._applied_from = 0
        self._last: PollResult | None = None

    def controls_changed(self, frames: int) -> None:
        """Note that values were set when `frames` had been captured: the next few do not show them yet."""
        self._applied_from = frames + self._frames_in_flight
        self._last = None

    def poll(self, frames: int) -> PollResult | None:
        """Return what the newest of `frames` shows; `None` if that is nothing new."""
        if frames == self._frames:
            return None
        self._frames = frames
        self._polls += 1
        applied: dict[str, Value] = {}
        if self._reporting is not None and frames >= self._applied_from:
            applied = self._controls.by_keys(self._reporting.applied)
        readings = dict(self._measuring.readings) if self._measuring is not None else {}
        result = PollResult(applied, readings, self._polls >= _POLLS_UNTIL_COMPLETE)
        if result == self._last:
            return None
        self._last = result
        return result


class CameraReadings:
    """What a camera measures, on the event loop.

    Attributes:
        fields: by key, every field that this camera was seen to have; one that a frame lacks is unknown, not gone.
        values: by key, of the newest poll; empty while no frames come.
        complete: whether no other field is to be expected.
    """

    def __init__(self) -> None:
        self.fields: dict[str, MetadataField] = {}
        self.values: dict[str, Value] = {}
        self.complete = True
        self._device: object = None

    def begin(self, device: object, *, expected: bool) -> None:
        """Note that a source was opened; the fields of the same device stay known.

        Args:
            device: compares equal for the same device.
            expected: whether it measures anything.
        """
        self.values = {}
        if device != self._device:
            self._device = device
            self.fields = {}
            self.complete = not expected

    def update(self, result: PollResult) -> bool:
        """Take over the result of a poll; return whether anything is new."""
        before = len(self.fields), self.complete, self.values
        for field in result.readings:
            self.fields.setdefault(field.key, field)
        self.complete |= result.complete
        self.values = {field.key: value for field, value in result.readings.items()}
        return before != (len(self.fields), self.complete, self.values)
