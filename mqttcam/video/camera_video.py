"""The video of one camera: at most one encoder, or the camera's own, which runs only while something reads it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import CaptureSession
from mqttcam.camera.latest_group import LatestGroup
from mqttcam.camera.source_video import SourceVideo
from mqttcam.settings.video import VideoSettings
from mqttcam.video.camera_audio import CameraAudio
from mqttcam.video.choice import must_be_encoded, settings_to_encode_for
from mqttcam.video.encoder import H264Encoder
from mqttcam.video.encoder_speed import EncoderSpeed
from mqttcam.video.encoding import Encoding, MakeEncoder
from mqttcam.video.pass_through import PassThrough
from mqttcam.video.time_stamps import TimeStamps
from mqttcam.video.unit import Unit

log = logging.getLogger(__name__)

_MISSING = {
    "copy": "this camera gives no H.264 or H.265 to copy: choose `encoder: auto`",
    "picamera2": "this camera has no encoder of its own: choose `encoder: auto`",
}
_KEYFRAMES_APART = 0.5
"""Seconds between two keyframes on request, however many readers join."""


class VideoReader(Protocol):
    """Reads a camera's video. All methods are called on the event loop, and must not block.

    The size and codec of units can change at a keyframe.
    """

    def deliver(self, unit: Unit) -> None:
        """Use the next unit. The first one need not be a keyframe; `request_keyframe` brings one soon."""

    def fail(self, problem: str) -> None:
        """Handle the end of the video: there will be no more units, for the given reason."""


class _Entry(Struct, eq=False):
    """A reader.

    Attributes:
        max_delay: as for `CameraVideo.read`.
        is_joining: whether it is still to get what has come since the last keyframe, before all else.
    """

    reader: VideoReader
    max_delay: float
    is_joining: bool = False


class CameraVideo:
    """The video of one camera; lives on the event loop. `len()` is the number of readers.

    Attributes:
        problem: why there was no video last time, in words; None if there was.
        note: why the camera's own video is not used, or which settings do not apply to it; None if neither.
        dropped: frames that were due while the encoder was busy.
    """

    def __init__(
        self, camera: Camera, settings: VideoSettings, make_encoder: MakeEncoder = H264Encoder
    ) -> None:
        self.problem: str | None = None
        self.note: str | None = None
        self.dropped = 0
        self._camera = camera
        self._settings = settings
        self._make_encoder = make_encoder
        self._readers: list[_Entry] = []
        self._maker: Encoding | PassThrough | None = None
        self._audio = CameraAudio()
        self._time_stamps = TimeStamps()
        self._speed = EncoderSpeed()
        self._waiting = False
        self._passed: SourceVideo | None = None
        self._seen: object = None
        self._logged: str | None = None
        self._unusable: tuple[SourceVideo, str] | None = None
        self._requested_at = -math.inf
        self._timer: asyncio.TimerHandle | None = None
        camera.add_listener(self._camera_changed)

    def __len__(self) -> int:
        return len(self._readers)

    @property
    def encoder(self) -> str | None:
        """What makes the video now: the name of an encoder, "copy" or "picamera2"; None if nothing does."""
        return self._maker.encoder if self._maker is not None else None

    @property
    def encoded_fps(self) -> float:
        """Frames per second that are encoded now, if nothing is reduced; 0.0 if nothing is encoded."""
        return self._maker.fps if isinstance(self._maker, Encoding) else 0.0

    @contextlib.contextmanager
    def read(self, reader: VideoReader, max_delay: float = 0.0) -> Iterator[None]:
        """Deliver units to `reader` until the block ends, beginning with a keyframe soon.

        A network camera makes no keyframe on request; if its next one is not due soon, the units since its last one
        come first, all at once.

        Args:
            max_delay: seconds that units of a camera's own video may be held back, to be delivered together. Waking
                the event loop for each of them takes more time than their use.
        """
        entry = _Entry(reader, max_delay)
        self._readers.append(entry)
        self._set_max_delay()
        if self._maker is None:
            self._start()
        elif isinstance(self._maker, PassThrough) and self._maker.group is not None:
            entry.is_joining = True
            asyncio.get_running_loop().call_soon(self._join, entry, self._maker.group)
        self.request_keyframe()
        try:
            yield
        finally:
            self._readers.remove(entry)
            self._set_max_delay()
            if not self._readers:
                self._stop()
                self._stop_audio()
                self._time_stamps = TimeStamps()

    def _join(self, entry: _Entry, group: LatestGroup[Unit]) -> None:
        """Deliver to a new reader what has come since the last keyframe."""
        entry.is_joining = False
        if (
            isinstance(self._maker, PassThrough)
            and self._maker.group is group
            and not self._maker.video.session.ended
        ):
            for unit in group.to_begin_with():
                if entry in self._readers:
                    entry.reader.deliver(unit)

    def configure(self, settings: VideoSettings) -> None:
        """Use other settings from the next frame on; it is a keyframe, and may have another size."""
        self._settings = settings
        self._speed, self._unusable = EncoderSpeed(), None
        if self._readers:
            self._stop()
            self._start()

    def request_keyframe(self) -> None:
        """Make the next frame a keyframe, or one within half a second if there was one on request just now."""
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            return
        wait = self._requested_at + _KEYFRAMES_APART - loop.time()
        if wait > 0:
            self._timer = loop.call_later(wait, self._request_now)
        else:
            self._request_now()

    def _request_now(self) -> None:
        self._timer = None
        self._requested_at = asyncio.get_running_loop().time()
        if self._maker is not None:
            self._maker.request_keyframe()

    def _start(self) -> None:
        self._requested_at = -math.inf
        video = self._camera.video
        self._seen = self._camera_state
        stamps = self._time_stamps = self._time_stamps.continued()
        if video is not None and self._is_usable(video):
            self._passed = video
            self._maker = PassThrough(
                video, self._settings, stamps, self._audio, self._deliver, self._fall_back
            )
        elif self._settings.encoder in _MISSING and not self._is_offered(video):
            if self._camera.info is None:
                self._waiting = True
            else:
                asyncio.get_running_loop().call_soon(self._fail, None, _MISSING[self._settings.encoder])
            return
        else:
            self._maker = Encoding(
                self._camera,
                self._settings,
                self._make_encoder,
                stamps,
                self._deliver,
                self._fail,
                self._speed,
            )
        self._set_max_delay()
        self._use_audio()
        self._maker.start()

    def _set_max_delay(self) -> None:
        if self._maker is not None:
            self._maker.max_delay = min((entry.max_delay for entry in self._readers), default=0.0)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._waiting, self._passed = False, None
        maker, self._maker = self._maker, None
        if maker is not None:
            maker.stop()
            self.dropped += maker.dropped

    def _use_audio(self) -> None:
        audio = self._camera.audio
        if not self._settings.audio or audio is None or audio.session.ended:
            audio = None
        self._audio.use(audio)

    def _stop_audio(self) -> None:
        self._audio.use(None)
        self._audio.restart()

    def _is_offered(self, video: SourceVideo | None) -> bool:
        return video is not None and video.offer.encoder == self._settings.encoder

    def _is_usable(self, video: SourceVideo) -> bool:
        """Return whether to pass on what the source gives, and note why not."""
        encoder, offer = self._settings.encoder, video.offer
        self.note = None
        if encoder not in ("auto", offer.encoder):
            return False
        if self._unusable is not None and self._unusable[0] is video:
            self._set_note(f"the camera's own video is not used: {self._unusable[1]}", logging.WARNING)
            return False
        if must_be_encoded(self._camera.settings, offer):
            self._set_note("the camera's own video is not used: its pictures are turned, mirrored or changed")
            return False
        unmet = ", ".join(settings_to_encode_for(self._camera.settings, self._settings, offer))
        if unmet and encoder == "auto":
            self._set_note(f"the camera's own video is not used: it does not comply with {unmet}")
            return False
        if unmet:
            self._set_note(f"the camera's own video is used: {unmet} has no effect on it")
        elif offer.codec == "hevc":
            self._set_note("the camera sends H.265, which many browsers and older devices cannot play")
        return True

    def _set_note(self, note: str, level: int = logging.INFO) -> None:
        self.note = note
        if note != self._logged:
            self._logged = note
            log.log(level, "camera %s: %s", self._camera.id, note)

    @property
    def _camera_state(self) -> object:
        return self._camera.video, self._camera.info is None

    def _camera_changed(self) -> None:
        """Choose again what makes the video, once the source was opened."""
        video = self._camera.video
        if self._maker is not None:
            self._use_audio()
        if self._camera_state == self._seen or (self._maker is None and not self._waiting):
            return
        self._seen = self._camera_state
        if self._waiting or self._passed is not None or (video is not None and self._is_usable(video)):
            self._stop()
            self._start()

    def _fall_back(self, maker: PassThrough, problem: str) -> None:
        """Encode, as the video of the source cannot be used until it is opened again."""
        if maker is self._maker:
            self._unusable = (maker.video, problem)
            self._stop()
            self._start()

    def _deliver(self, maker: Encoding | PassThrough, unit: Unit, session: CaptureSession) -> None:
        # A unit that was being encoded while the camera was switched off must not leave any more.
        if maker is not self._maker or session.ended:
            return
        if self.problem is not None:
            log.info("camera %s: video is available again", self._camera.id)
            self.problem = None
        if isinstance(maker, Encoding):
            unit = self._audio.attach(unit, None)
        for entry in tuple(self._readers):
            if not entry.is_joining:
                entry.reader.deliver(unit)

    def _fail(self, maker: Encoding | None, problem: str) -> None:
        if maker is not self._maker:
            return
        if problem != self.problem:
            log.warning("camera %s: no video: %s", self._camera.id, problem)
        self.problem = problem
        self._stop()
        self._stop_audio()
        for entry in tuple(self._readers):
            entry.reader.fail(problem)
