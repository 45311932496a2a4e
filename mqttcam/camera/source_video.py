"""The encoded video of an open source, for the event loop."""

from __future__ import annotations

import asyncio

from mqttcam.camera.capture import Capture
from mqttcam.camera.frame import CaptureSession
from mqttcam.camera.video_packet import DeliverPacket, VideoOffer
from mqttcam.settings.video import VideoSettings


class SourceVideo:
    """The encoded video that one opening of a source can give; on the loop.

    Attributes:
        offer: its encoder, codec and size.
        session: ended when the camera is switched off, restarted or stopped; packets that arrive later must not leave.
    """

    def __init__(self, capture: Capture, offer: VideoOffer) -> None:
        self.offer = offer
        self.session: CaptureSession = capture.session
        self._capture = capture

    def start(self, settings: VideoSettings, deliver: DeliverPacket) -> asyncio.Future[None]:
        """Have packets delivered, in another thread; the result fails with SourceError if there can be none."""
        return self._capture.calls.submit(lambda source: source.start_video(settings, deliver)).result

    def stop(self) -> None:
        """Stop receiving packets."""
        self._capture.calls.submit(lambda source: source.stop_video()).result.add_done_callback(_ignore)

    def request_keyframe(self) -> None:
        """Make the next packet a keyframe, if the source can do that."""
        self._capture.calls.submit(lambda source: source.request_keyframe()).result.add_done_callback(_ignore)


def _ignore(result: asyncio.Future[None]) -> None:
    """Take note of a failure, of which the camera's own failure follows."""
    if not result.cancelled():
        result.exception()
