"""The audio of an open source, for the event loop."""

from __future__ import annotations

import asyncio

from mqttcam.camera.audio_packet import AudioFormat, DeliverAudio
from mqttcam.camera.capture import Capture
from mqttcam.camera.frame import CaptureSession


class SourceAudio:
    """The audio that one opening of a source can give; on the loop.

    Attributes:
        format: of all its packets.
        session: ended when the camera is switched off, restarted or stopped; packets that arrive later must not leave.
    """

    def __init__(self, capture: Capture, audio_format: AudioFormat) -> None:
        self.format = audio_format
        self.session: CaptureSession = capture.session
        self._capture = capture

    def start(self, deliver: DeliverAudio) -> None:
        """Have packets delivered, in another thread."""
        self._capture.calls.submit(lambda source: source.start_audio(deliver)).result.add_done_callback(
            _ignore
        )

    def stop(self) -> None:
        """Stop receiving packets."""
        self._capture.calls.submit(lambda source: source.stop_audio()).result.add_done_callback(_ignore)


def _ignore(result: asyncio.Future[None]) -> None:
    """Take note of a failure, of which the camera's own failure follows."""
    if not result.cancelled():
        result.exception()
