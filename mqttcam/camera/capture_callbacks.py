"""What a capture tells, and whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mqttcam.camera.polling import PollResult
from mqttcam.camera.source import SourceInfo
from mqttcam.values import Value


@dataclass(frozen=True, slots=True)
class SourceOpened:
    """What an open source has told.

    Attributes:
        values: of its controls by key, as they are now.
        remarks: in words, what is not as it was asked for.
        refused: those of them that are about a control.
        measures: its frames will tell what was measured.
        takes_stills: it can take a picture in full resolution.
    """

    info: SourceInfo
    values: Mapping[str, Value]
    remarks: Sequence[str]
    refused: Sequence[str]
    measures: bool = False
    takes_stills: bool = False


class CaptureCallbacks(Protocol):
    """Who is told, on the loop and in the order of events, what becomes of a capture.

    Nothing more is told of one that was asked to stop.
    """

    def opened(self, opened: SourceOpened) -> None:
        """The source is open."""

    def first_frame(self, width: int, height: int) -> None:
        """Frames come, and pictures of them have this size."""

    def stream_restarted(self) -> None:
        """The stream of frames was started again, and `first_frame` is told anew."""

    def applied(self, values: Mapping[str, Value]) -> None:
        """These values by key are in force now."""

    def polled(self, result: PollResult) -> None:
        """What the newest frame tells; only when that is something new."""
