"""Encoding the frames of a camera, in a separate thread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import threading
import time
from collections.abc import Callable

from mqttcam.camera.camera import Camera
from mqttcam.camera.encoder_thread import EncoderThread
from mqttcam.camera.frame import CaptureSession, Frame, SessionEnded
from mqttcam.camera.selection import VariableRate
from mqttcam.imaging.raster import fit_within
from mqttcam.settings.video import VideoSettings
from mqttcam.video.conversion import raster_to_i420
from mqttcam.video.encoder import H264Encoder, VideoUnavailable
from mqttcam.video.encoder_speed import EncoderSpeed
from mqttcam.video.time_stamps import TimeStamps
from mqttcam.video.unit import Unit

log = logging.getLogger(__name__)

_MAX_PENDING = 2
"""Frames that wait for the encoder or are in it; the next one is dropped, as the encoder is slower than the camera."""
_USUAL_FPS = 15.0
"""Of a camera without a configured frame rate, for the encoder to distribute bits by."""
MakeEncoder = Callable[[VideoSettings, int, int, float, bool], H264Encoder]


class Encoding:
    """The subscriber of a camera's frames, its thread, and the encoder in it.

    Attributes:
        keyframe_requested: set on the loop, and cleared in the thread.
        dropped: frames that were due while the encoder was busy.
        encoder: its name; None before the first frame.
        fps: frames per second that it encodes, if nothing is reduced.
        max_delay: of no effect: units are delivered at once, as encoding them takes far longer.
    """

    def __init__(
        self,
        camera: Camera,
        settings: VideoSettings,
        make_encoder: MakeEncoder,
        time_stamps: TimeStamps,
        deliver: Callable[[Encoding, Unit, CaptureSession], None],
        fail: Callable[[Encoding, str], None],
        speed: EncoderSpeed,
    ) -> None:
        """Do nothing yet; the time stamps are used in the thread."""
        self.keyframe_requested = True
        self.dropped = 0
        self.encoder: str | None = None
        self.max_delay = 0.0
        self._speed = speed
        self.time_stamps = time_stamps
        self._camera_id = camera.id
        self._hub = camera.hub
        self._settings = settings
        # As `size` of the camera, it is that of the picture before it is turned.
        self._limit = None if settings.size is None else camera.settings.orientation.size(*settings.size)
        self.fps = min(settings.fps or math.inf, camera.settings.frame_rate or _USUAL_FPS)
        self._reduction = camera.reductions.video
        self._make_encoder = make_encoder
        self._deliver = deliver
        self._fail = fail
        self._loop = asyncio.get_running_loop()
        self._thread = EncoderThread(f"video {camera.id}")
        self._rate = VariableRate(self._wanted_fps)
        self._h264: H264Encoder | None = None
        self._size = (0, 0)
        self._submitted = 0
        self._done = 0
        self._stopped = threading.Event()

    def start(self) -> None:
        """Take frames from now on."""
        self._hub.subscribe(self, self._wanted_fps)

    def stop(self) -> None:
        """Take no more frames, and end the thread after the one that it encodes now."""
        self._hub.unsubscribe(self)
        self._stopped.set()
        self._thread.stop()

    def request_keyframe(self) -> None:
        """Make the next frame a keyframe."""
        self.keyframe_requested = True

    def _wanted_fps(self) -> float:
        return min(self._settings.fps or math.inf, self._reduction.limit(self.fps))

    # in the capture thread

    def wants(self, frame: Frame) -> bool:
        if not self._rate.due(frame.ts_ns):
            return False
        # Each number is changed by one thread only.
        if self._submitted - self._done >= _MAX_PENDING:
            self.dropped += 1
            return False
        return True

    def deliver(self, frame: Frame) -> None:
        self._submitted += 1
        arrived = time.monotonic_ns()
        self._thread.submit(frame, lambda copy: self._encode(copy, arrived))

    # in the encoder's thread

    def _encode(self, frame: Frame, arrived: int) -> None:
        try:
            unit = self._unit(frame, arrived)
        except SessionEnded:
            return
        except VideoUnavailable as error:
            self._call(self._fail, self, str(error))
        except Exception as error:  # noqa: BLE001 - a broken picture ends neither the thread nor the video
            self._hub.failed(self, error)
        else:
            if unit is not None:
                self._call(self._deliver, self, unit, frame.session)
        finally:
            self._done += 1

    def _unit(self, frame: Frame, arrived: int) -> Unit | None:
        limit = self._limit
        max_width = fit_within(frame.width, frame.height, *limit)[0] if limit is not None else None
        started = time.thread_time()
        i420 = raster_to_i420(frame.raster(max_width))
        size = (i420.shape[1], i420.shape[0] * 2 // 3)
        if self._h264 is None or size != self._size:
            self._h264 = self._make_encoder(self._settings, *size, self.fps, self._speed.fast)
            self._size, self.encoder = size, self._h264.name
        if self.keyframe_requested:
            self.keyframe_requested = False
            self._h264.request_keyframe()
        unit = self._h264.encode(i420, self.time_stamps.next(frame.ts_ns, arrived), frame.ts_ns)
        self._measure(time.thread_time() - started)
        return unit

    def _measure(self, seconds: float) -> None:
        """Use a faster preset from the next frame on if the encoder takes too long."""
        if self.encoder != "libx264" or (average := self._speed.add(seconds, self.fps)) is None:
            return
        self._h264 = None
        log.warning(
            "camera %s: encoding a frame of %dx%d takes %.0f ms, too long for %.4g fps; using the preset ultrafast "
            "from now on, which needs more bits",
            self._camera_id, *self._size, average * 1000, self.fps,
        )  # fmt: skip

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        if not self._stopped.is_set():
            with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
                self._loop.call_soon_threadsafe(function, *arguments)
