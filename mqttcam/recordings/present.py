"""What is known of the recording that is being written."""

from __future__ import annotations

from dataclasses import dataclass, field

from mqttcam.recordings.recording import Event, Recording
from mqttcam.video.parameter_sets import parameter_sets
from mqttcam.video.unit import Unit


@dataclass(slots=True)
class PresentRecording:
    """The recording that is being written.

    Attributes:
        draft: the recording as it began.
        first: its first unit.
        events: those that began or went on in it, as they are now.
        keyframe_requested: whether it is to end at the next keyframe.
    """

    draft: Recording
    first: Unit
    events: dict[str, Event] = field(default_factory=dict)
    keyframe_requested: bool = False
    _sets: tuple[bytes, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._sets = parameter_sets(self.first)

    @property
    def recording(self) -> Recording:
        """The recording as it is now."""
        return self.draft.model_copy(update={"events": tuple(self.events.values())})

    def continues(self, unit: Unit) -> bool:
        """Return whether a keyframe can be in the same file."""
        first = self.first
        same = (unit.width, unit.height, unit.codec) == (first.width, first.height, first.codec)
        return same and parameter_sets(unit) == self._sets
