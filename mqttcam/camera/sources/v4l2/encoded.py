"""H.264 or H.265 as some USB cameras send it: one access unit per buffer (V4L2_PIX_FMT_H264, V4L2_PIX_FMT_HEVC)."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources._demanded_pictures import DemandedPictures
from mqttcam.camera.sources._stream_packets import StreamPackets
from mqttcam.camera.sources._timestamps import unix_time_ns
from mqttcam.camera.sources.v4l2.formats import Buffer
from mqttcam.camera.video_packet import DeliverPacket, VideoCodec
from mqttcam.imaging.annex_b import is_keyframe
from mqttcam.imaging.limits import LARGEST_MAX_PIXELS
from mqttcam.imaging.raster import Planes
from mqttcam.imaging.video import planes_of

log = camera_logger(__name__)

CODECS: dict[str, VideoCodec] = {"H264": "h264", "HEVC": "hevc"}
"""The encoded formats (fourccs), in order of preference."""
MIN_BUFFERS = 8
"""Every buffer counts, and the capture thread may be busy with a picture: a quarter of a second at 30 per second."""
_MICROSECOND = Fraction(1, 1_000_000)
_BROKEN_KEYFRAMES = 10
"""Keyframes in a row without a picture after which the video counts as one that cannot be decoded."""


def has_pyav() -> bool:
    """Return whether PyAV is installed, which encoded formats require."""
    try:
        import av  # noqa: F401
    except ImportError:
        return False
    return True


class EncodedVideo:
    """Passes packets on unchanged, and decodes pictures only while something needs them; one stream of a device.

    After a lost or damaged buffer, both begin again at a keyframe.

    Attributes:
        codec: of the packets.
        deliver: takes the packets; None while nothing needs them.
        undecoded: number of buffers that came and gave no picture.
        waiting_for: why there has been no picture yet, in words; None once there was one.
    """

    def __init__(
        self, fourcc: str, wanted_fps: Callable[[], float], request_keyframe: Callable[[], None]
    ) -> None:
        """Load PyAV.

        Args:
            wanted_fps: returns how many pictures per second are wanted now.
            request_keyframe: called when a buffer was lost.

        Raises:
            SourceError: PyAV is missing.
        """
        try:
            import av
        except ImportError as error:
            raise SourceError("the H.264 of USB cameras needs PyAV: pip install 'mqttcam[video]'") from error
        self._av: Any = av
        self.codec = CODECS[fourcc]
        self.deliver: DeliverPacket | None = None
        self.undecoded = 0
        self.waiting_for: str | None = "video comes, no keyframe yet"
        self._request_keyframe = request_keyframe
        self._packets = StreamPackets(av, self.codec, LARGEST_MAX_PIXELS)
        decoder: Any = av.CodecContext.create(self.codec, "r")
        decoder.options = {"max_pixels": str(LARGEST_MAX_PIXELS), "flags": "low_delay"}
        self._pictures = DemandedPictures(decoder, wanted_fps)
        self._sequence: int | None = None
        self._usable = False
        self._without_picture = 0

    def restarted(self) -> None:
        """Begin again at a keyframe, as the device numbers its buffers from 0."""
        self._sequence, self._usable = None, False

    def use(self, buffer: Buffer) -> Planes | None:
        """Pass a buffer on as a packet; return its picture if one is wanted and there is one.

        Raises:
            SourceError: the video cannot be decoded.
            ValueError: the buffer is damaged.
        """
        self._note_losses(buffer)
        if buffer.is_broken:
            self.undecoded += 1
            raise ValueError("the driver reports that its data is damaged")
        data = buffer.data.tobytes()
        keyframe = is_keyframe(data, self.codec)
        self._usable |= keyframe
        if not (data and self._usable):
            self.undecoded += 1
            return None
        packet = self._av.Packet(data)
        packet.time_base = _MICROSECOND
        packet.pts = packet.dts = (buffer.timestamp_ns or time.monotonic_ns()) // 1000
        packet.is_keyframe = keyframe
        self._packets.offer(packet, self.deliver, unix_time_ns(buffer.timestamp_ns))
        planes = self._decode(packet)
        self.undecoded += planes is None
        return planes

    def _note_losses(self, buffer: Buffer) -> None:
        """Wait for a keyframe if the buffer is damaged, or those between the last one and this one were lost."""
        lost = 0 if self._sequence is None else buffer.sequence - self._sequence - 1
        self._sequence = buffer.sequence
        if self._usable and (lost > 0 or buffer.is_broken):
            log.debug(
                "%d frames of the camera's own video were lost; it continues at a keyframe", max(lost, 1)
            )
            self._usable = False
            self._packets.interrupt()
            self._request_keyframe()

    def _decode(self, packet: Any) -> Planes | None:
        """Return the picture that a packet completes, if it is wanted and can be decoded."""
        try:
            found = self._pictures.decode(packet)
            if found:
                planes = planes_of(found[-1], max_pixels=LARGEST_MAX_PIXELS)
                self.waiting_for, self._without_picture = None, 0
                return planes
        except (self._av.error.FFmpegError, ValueError):
            found = []
        if found is not None:
            self._without_picture += packet.is_keyframe
            if self._without_picture > _BROKEN_KEYFRAMES:
                raise SourceError(f"its {self.codec} video cannot be decoded")
            self.waiting_for = self.waiting_for and "video comes, but no picture can be decoded yet"
        return None
