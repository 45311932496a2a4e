"""What a recorder needs of the library of recordings."""

from __future__ import annotations

from typing import Protocol

from mqttcam.recordings.paths import RecordingsFolder
from mqttcam.recordings.recording import Recording


class RecordingLibrary(Protocol):
    """What a recorder needs of the recordings that there are."""

    @property
    def folder(self) -> RecordingsFolder:
        """Their folder."""

    def begin(self, recording: Recording) -> None:
        """Note a recording that has begun, and again when its events have changed; called on the event loop."""

    def add(self, recording: Recording) -> None:
        """Note a recording whose files are whole, or what has changed of it; called on the event loop."""

    def discard(self, recording_id: str) -> None:
        """Note that a recording that had begun has no whole file."""

    def make_room(self, size: int) -> object:
        """Delete recordings of `size` bytes if that may be; called in a thread when the disk is full."""
