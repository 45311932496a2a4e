"""The H.264 encoder: libx264, or the hardware of a Raspberry Pi through V4L2. PyAV is loaded at the first use."""

from __future__ import annotations

import logging
from fractions import Fraction
from typing import Any

from mqttcam.imaging.i420 import I420
from mqttcam.settings.video import VideoSettings
from mqttcam.video.unit import CLOCK, Unit

log = logging.getLogger(__name__)

_TICK = Fraction(1, CLOCK)
_FULL_RANGE, _BT601 = 2, 6
"""The planes of a camera's frames are those of its JPEGs (JFIF 1.02): full range (libavutil's AVCOL_RANGE_JPEG), the
matrix, primaries and transfer of SMPTE 170M (ITU-T H.273)."""
_AUTO = ("libx264", "h264_v4l2m2m")
"""What `auto` tries, and `copy` and `picamera2` where the camera's own video cannot be used. libx264
makes better pictures; its wheels are missing on 32-bit Raspberry Pi OS."""
_PRESET, _FASTEST_PRESET = "veryfast", "ultrafast"
_BITS_PER_PIXEL = 0.1
"""Of a frame, for encoders without a constant quality: 2 Mbit/s for 1280x720 at 24 fps."""


class VideoUnavailable(Exception):
    """There can be no video, for the reason in the message."""


def check_available() -> None:
    """Raise VideoUnavailable if PyAV is missing."""
    try:
        import av  # noqa: F401
    except ImportError as error:
        raise VideoUnavailable(f"video needs PyAV: install mqttcam[video] ({error})") from error


class H264Encoder:
    """Encodes frames of one size. All methods are called in one thread, and `encode` releases the GIL."""

    def __init__(
        self, settings: VideoSettings, width: int, height: int, fps: float, fast: bool = False
    ) -> None:
        """Open the encoder.

        Args:
            width, height: in pixels, both even.
            fps: the usual number of frames per second, by which the encoder distributes bits.
            fast: use the fastest preset of libx264.

        Raises:
            VideoUnavailable: PyAV or the encoder is missing, or it refuses the size.
        """
        check_available()
        self._width, self._height = width, height
        self._keyframe_span = round(settings.keyframe_interval * CLOCK)
        self._next_keyframe = 0
        self._keyframe_requested = True
        self.name, self._context = _open(settings, width, height, fps, fast)

    def request_keyframe(self) -> None:
        """Make the next frame a keyframe."""
        self._keyframe_requested = True

    def encode(self, i420: I420, pts: int, ts_ns: int) -> Unit | None:
        """Encode a frame; its memory is free again on return. Return None if the encoder has no packet yet.

        Args:
            pts: its time stamp in ticks of `CLOCK`.
            ts_ns: when it was captured, Unix nanoseconds.

        Raises:
            VideoUnavailable: the encoder failed.
        """
        from av import VideoFrame
        from av.error import FFmpegError
        from av.video.frame import PictureType

        # Declared like the encoder's own, so that PyAV does not convert the full range that it has.
        frame = VideoFrame.from_numpy_buffer(i420, "yuv420p", width=self._width)
        frame.pts, frame.time_base = pts, _TICK
        if self._keyframe_requested or pts >= self._next_keyframe:
            frame.pict_type = PictureType.I
            self._keyframe_requested = False
            self._next_keyframe = pts + self._keyframe_span
        try:
            packets = self._context.encode(frame)
        except FFmpegError as error:
            raise VideoUnavailable(f"the encoder {self.name} failed: {error}") from error
        for packet in packets:
            return Unit(
                bytes(packet), int(packet.pts), ts_ns, bool(packet.is_keyframe), self._width, self._height
            )
        return None


def _open(settings: VideoSettings, width: int, height: int, fps: float, fast: bool) -> tuple[str, Any]:
    """Return the name and the codec context of the first encoder that opens."""
    problems = []
    encoder = settings.encoder
    for name in (encoder,) if encoder in _AUTO else _AUTO:
        try:
            return name, _open_codec(name, settings, width, height, fps, fast)
        except (OSError, ValueError) as error:  # PyAV's errors are both
            problems.append(f"{name}: {error}")
            log.debug("video: %s does not open", name, exc_info=True)
    raise VideoUnavailable(f"no encoder opens for {width}x{height} ({'; '.join(problems)})")


def _open_codec(name: str, settings: VideoSettings, width: int, height: int, fps: float, fast: bool) -> Any:
    import av

    context: Any = av.CodecContext.create(name, "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate = _TICK, Fraction(fps).limit_denominator(1001)
    context.gop_size, context.max_b_frames = max(1, round(fps * settings.keyframe_interval)), 0
    context.thread_count = 1
    context.color_range = _FULL_RANGE
    context.colorspace = context.color_primaries = context.color_trc = _BT601
    bitrate = settings.bitrate
    if name == "libx264":
        context.profile = "Main"
        context.options = {
            "preset": _FASTEST_PRESET if fast else _PRESET,
            "tune": "zerolatency",
            "x264-params": "scenecut=0",
        } | (
            {"crf": str(settings.quality)}
            if bitrate is None
            else {"maxrate": str(bitrate), "bufsize": str(bitrate), "crf": str(settings.quality)}
        )
    else:
        context.bit_rate = bitrate or round(width * height * fps * _BITS_PER_PIXEL)
    context.open()
    return context
