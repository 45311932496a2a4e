"""The source itself."""

from __future__ import annotations

import math
import time

from mqttcam.camera.adjustment import adjusted_size, adjustment_for
from mqttcam.camera.audio_packet import AudioFormat, DeliverAudio
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import AudioSource, SourceError, SourceInfo, VideoSource
from mqttcam.camera.sources.url.address import Address
from mqttcam.camera.sources.url.http_frames import HttpFrames
from mqttcam.camera.sources.url.reader_thread import CameraFrames, ReaderThread, last_has_ended
from mqttcam.camera.sources.url.stream_video import StreamVideo
from mqttcam.camera.video_packet import DeliverPacket, VideoOffer
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.url import UrlSource
from mqttcam.settings.video import VideoSettings

_MODELS = {"rtsp": "RTSP stream", "video": "Video stream", "mjpeg": "MJPEG stream", "snapshot": "Snapshots"}
_SLACK = 1.0
_LOOK = 0.25
"""Seconds between two looks whether the source is to be closed."""
_MAX_SILENCE = 30.0
"""Seconds without a picture, or without any video before a key frame."""


class UrlCamera(VideoSource, AudioSource):
    """Gives frames as they arrive. JPEGs and H.264 are passed through; the end of a stream is a failure."""

    adjusts_itself = True

    def __init__(self, settings: CameraSettings, wakeup: Wakeup, silence: float = _MAX_SILENCE) -> None:
        """Do nothing yet.

        Args:
            silence: seconds without a picture, beyond which the stream counts as failed even if other data comes.
        """
        assert isinstance(settings.source, UrlSource)
        self._settings = settings
        self._wakeup = wakeup
        self._source = settings.source
        self._address = Address(settings.source)
        self._thread: ReaderThread | None = None
        self._waiting: Frame | None = None
        self._last = 0.0
        self._frames: CameraFrames | None = None
        self._video = StreamVideo(self.wanted_fps)
        self._size = (0, 0)
        self._silence = silence

    def open(self) -> SourceInfo:
        """Connect, and wait for the first frame, as only it tells the size.

        Raises:
            SourceError: the camera cannot be reached, refuses, or gives no pictures; or it is to be closed already.
        """
        self._wait_for_last()
        # A connection of an earlier opening may still end.
        self._video = StreamVideo(self.wanted_fps)
        frames = self._frames = self._new_frames()
        self._thread = ReaderThread(frames, str(self._address), self._address.bare)
        try:
            first = self._first(self._thread, frames)
        except SourceError:
            self.close()
            raise
        self._waiting, self._last = first, time.monotonic()
        self._size = (first.width, first.height)
        rate = 1 / self._source.interval if frames.kind == "snapshot" else 0.0
        width, height = adjusted_size(self._settings, first.width, first.height)
        return SourceInfo(_MODELS[frames.kind], width, height, rate, serial=repr(self._address))

    def read(self, timeout: float) -> Frame | None:
        if self._thread is None or self._frames is None:
            raise SourceError("the camera is not open")
        frame, self._waiting = self._waiting or self._thread.next(timeout), None
        now = time.monotonic()
        if frame is not None:
            self._last = now
            frame.adjustment = adjustment_for(self._settings, frame.width, frame.height)
            return frame
        interval = self._source.interval if self._frames.kind == "snapshot" else 0.0
        if now - max(self._last, self._frames.heard) > max(self._silence, self._source.timeout, 3 * interval):
            raise SourceError(f"{self._address} has sent no picture for {now - self._last:.0f} s")
        return None

    @property
    def undecoded(self) -> int:
        return self._video.undecoded

    @property
    def video(self) -> VideoOffer | None:
        codec = self._video.codec
        return VideoOffer("copy", codec, *self._size) if codec is not None else None

    def start_video(self, settings: VideoSettings, deliver: DeliverPacket) -> None:
        if self._video.codec is None:
            raise SourceError("the camera sends neither H.264 nor H.265")
        self._video.deliver = deliver

    def stop_video(self) -> None:
        self._video.deliver = None

    @property
    def audio(self) -> AudioFormat | None:
        return self._video.audio

    def start_audio(self, deliver: DeliverAudio) -> None:
        self._video.deliver_audio = deliver

    def stop_audio(self) -> None:
        self._video.deliver_audio = None

    def close(self) -> None:
        self.stop_video()
        self.stop_audio()
        thread, self._thread, self._waiting = self._thread, None, None
        if thread is not None:
            thread.close()

    @property
    def open_timeout(self) -> float:
        """Without end: each step has its own deadline, and a key frame may be rare."""
        return math.inf

    @property
    def waiting_for(self) -> str | None:
        return self._frames.waiting_for if self._frames is not None else None

    def _new_frames(self) -> CameraFrames:
        kind, scheme = self._source.kind, self._address.scheme
        is_http = scheme in ("http", "https")
        if kind in ("rtsp", "video") or (kind == "auto" and not is_http):
            from mqttcam.camera.sources.url.ffmpeg import FfmpegFrames

            return FfmpegFrames(self._address, self._source, self._video)
        if not is_http:
            raise SourceError(f"kind {kind} needs an HTTP address, not {scheme}://")
        return HttpFrames(self._address, self._source, self._video)

    def _wait_for_last(self) -> None:
        """Wait until the thread of the last opening has ended, if it could not be interrupted."""
        end = time.monotonic() + self._source.timeout
        while not last_has_ended(self._address.bare, _LOOK):
            if time.monotonic() > end or self._wakeup.ended:
                raise SourceError(f"the last connection to {self._address} has not ended yet")

    def _first(self, thread: ReaderThread, frames: CameraFrames) -> Frame:
        """Return the first frame. Before a key frame it is waited for as long as video comes."""
        patience = 2 * self._source.timeout + _SLACK
        start = time.monotonic()
        while time.monotonic() - max(start, frames.heard) < patience and not self._wakeup.ended:
            if (frame := thread.next(_LOOK)) is not None:
                return frame
        if frames.waiting_for:
            raise SourceError(f"{self._address}: {frames.waiting_for}")
        raise SourceError(f"{self._address} sends no picture within {patience:g} s")
