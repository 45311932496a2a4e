"""What a capture reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from mqttcam.camera.audio_packet import AudioFormat
from mqttcam.camera.polling import PollResult
from mqttcam.camera.source import SourceInfo
from mqttcam.camera.video_packet import VideoOffer
from mqttcam.values import Value


class SourceOpened(Struct, frozen=True):
    """What a source reported when it was opened.

    Attributes:
        values: the current values of its controls, by key.
        remarks: everything that differs from the configuration, in words.
        refused: those remarks that are about a control.
        measures: whether its frames carry measurements.
        takes_stills: whether it can take a picture in full resolution.
        gives_raw: whether it can give the data of the sensor with it.
        video: the encoded video that it can give; None if it gives none.
        audio: the audio that it can give; None if it gives none.
    """

    info: SourceInfo
    values: Mapping[str, Value]
    remarks: Sequence[str]
    refused: Sequence[str]
    measures: bool
    takes_stills: bool
    gives_raw: bool
    video: VideoOffer | None
    audio: AudioFormat | None


class CaptureCallbacks(Protocol):
    """Called on the loop in the order of events; never after the capture was asked to stop."""

    def opened(self, opened: SourceOpened) -> None:
        """The source is open."""

    def first_frame(self, width: int, height: int) -> None:
        """The first frame was captured; pictures of it have this size in pixels."""

    def stream_restarted(self) -> None:
        """The stream was restarted; `first_frame` will be called again."""

    def applied(self, values: Mapping[str, Value]) -> None:
        """These values, by key, took effect."""

    def polled(self, result: PollResult) -> None:
        """The source was polled, and the result differs from the last one."""
