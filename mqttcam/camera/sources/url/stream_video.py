"""What is wanted of a video stream: pictures to be decoded, and packets and audio to be passed on."""

from __future__ import annotations

import time
from collections.abc import Callable

from mqttcam.camera.audio_packet import AudioFormat, DeliverAudio
from mqttcam.camera.video_packet import DeliverPacket, VideoCodec


class StreamVideo:
    """Shared by the source, in the capture thread, and its connections, in the reader thread.

    Attributes:
        wanted_fps: returns how many pictures per second are wanted now.
        codec: of the video, if its packets can be passed on; `None` before the first frame, and for other codecs.
        deliver: the consumer of the packets; `None` while nothing needs them.
        audio: the format of the audio beside it; `None` before the first frame, and if it cannot be used.
        deliver_audio: the consumer of the audio; `None` while nothing needs it.
        undecoded: number of frames that came and were not decoded, as no picture was wanted.
        last_undecoded: when the last of them came, on the monotonic clock; 0.0 before the first.
    """

    def __init__(self, wanted_fps: Callable[[], float]) -> None:
        self.wanted_fps = wanted_fps
        self.codec: VideoCodec | None = None
        self.deliver: DeliverPacket | None = None
        self.audio: AudioFormat | None = None
        self.deliver_audio: DeliverAudio | None = None
        self.undecoded = 0
        self.last_undecoded = 0.0

    def pass_over(self, *, counts: bool) -> None:
        """Note that a frame has come and was not decoded; `counts`: as one of the camera's frames."""
        self.undecoded += counts
        self.last_undecoded = time.monotonic()
