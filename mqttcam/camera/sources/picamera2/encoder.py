"""The H.264 encoder of a Raspberry Pi 4 and older, run by picamera2: frames reach it without a copy."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources._full_range import FullRange
from mqttcam.camera.sources._timestamps import unix_time_ns
from mqttcam.camera.sources.picamera2.failures import in_words
from mqttcam.camera.video_packet import DeliverPacket, VideoPacket
from mqttcam.settings.video import VideoSettings

DEVICE = Path("/dev/video11")
"""The device that picamera2 encodes with."""
_MAX_WIDTH, _MAX_PIXELS = 1920, 1920 * 1088
"""Of that device (bcm2835-codec)."""
_BITS_PER_PIXEL = 0.1
"""Of a frame, if no bit rate is set: 2 Mbit/s for 1280x720 at 24 fps."""
_USUAL_RATE = 30.0
"""Frames per second of a camera that does not say its rate."""


def is_available(device: Path, width: int, height: int) -> bool:
    """Return whether this machine can encode frames of a size, in pixels, with `device`."""
    if not device.exists() or width > _MAX_WIDTH or width * height > _MAX_PIXELS:
        return False
    try:
        from picamera2.platform import Platform, get_platform
    except ImportError:  # picamera2 before 0.3.13, which does not tell a Pi 5
        return False
    return bool(get_platform() == Platform.VC4)


class PiEncoder:
    """Encodes the main stream of a running camera. All methods are called in the capture thread."""

    def __init__(
        self,
        camera: Any,
        settings: VideoSettings,
        rate: float,
        deliver: DeliverPacket,
        *,
        is_jpeg: bool = True,
    ) -> None:
        """Do nothing yet.

        Args:
            camera: picamera2's.
            rate: of the camera, frames per second; 0 if unknown.
            deliver: called in picamera2's thread.
            is_jpeg: whether the frames have the colour space of JPEG; players expect any other from its size.
        """
        self._is_jpeg = is_jpeg
        self._camera = camera
        self._settings = settings
        self._rate = rate or _USUAL_RATE
        self._deliver = deliver
        self._encoder: Any = None

    def start(self) -> None:
        """Encode the next frame, a keyframe, and all after it.

        Raises:
            SourceError: the encoder does not start; the message says why.
        """
        from picamera2 import encoders

        width, height = self._camera.camera_configuration()["main"]["size"]
        every = max(1, round(self._rate / self._settings.fps)) if self._settings.fps else 1
        rate = self._rate / every
        usual_bits = round(width * height * rate * _BITS_PER_PIXEL)
        constant = self._settings.bitrate is None and self._settings.quality != VideoSettings().quality
        encoder = encoders.H264Encoder(
            bitrate=None if constant else self._settings.bitrate or usual_bits,
            qp=self._settings.quality if constant else None,
            repeat=True,
            iperiod=max(1, round(rate * self._settings.keyframe_interval)),
        )
        encoder.frame_skip_count = every
        try:
            output = _output(encoder, self._deliver, width, height, is_jpeg=self._is_jpeg)
            self._camera.start_encoder(encoder, output, name="main")
        except Exception as error:
            with contextlib.suppress(Exception):  # what has begun of it
                encoder.stop()
            raise SourceError(f"picamera2's encoder does not start: {in_words(error)}") from error
        self._encoder = encoder

    def stop(self) -> None:
        """Encode no more; this waits for the frames that are in the encoder."""
        encoder, self._encoder = self._encoder, None
        if encoder is not None:
            with contextlib.suppress(Exception):  # a device that is gone has stopped
                self._camera.stop_encoder(encoder)

    def request_keyframe(self) -> None:
        """Make the next frame a keyframe."""
        if self._encoder is not None:
            self._encoder.force_key_frame()


def _output(encoder: Any, deliver: DeliverPacket, width: int, height: int, *, is_jpeg: bool) -> Any:
    """Return an output of picamera2 that delivers packets."""
    from picamera2.outputs import Output

    full_range = FullRange() if is_jpeg else None

    class PacketOutput(Output):  # type: ignore[misc]
        def outputframe(
            self,
            frame: Any,
            keyframe: bool = True,
            timestamp: int | None = None,
            packet: Any = None,
            audio: bool = False,
        ) -> None:
            """Deliver a picture; `timestamp` is in microseconds since the first one."""
            if audio or timestamp is None:
                return
            data = full_range.declare(bytes(frame)) if keyframe and full_range else bytes(frame)
            captured = unix_time_ns(((encoder.firsttimestamp or 0) + timestamp) * 1000)
            deliver(VideoPacket(data, timestamp * 1000, captured, keyframe, width, height, "h264"))

    return PacketOutput()
