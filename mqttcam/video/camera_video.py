"""The video of one camera: at most one encoder, which runs only while something reads it."""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from mqttcam.camera.camera import Camera
from mqttcam.camera.encoder_thread import EncoderThread
from mqttcam.camera.frame import CaptureSession, Frame, SessionEnded
from mqttcam.camera.selection import Rate
from mqttcam.imaging.raster import fit_within
from mqttcam.settings.video import VideoSettings
from mqttcam.video.conversion import raster_to_i420
from mqttcam.video.encoder import H264Encoder, VideoUnavailable
from mqttcam.video.time_stamps import TimeStamps
from mqttcam.video.unit import Unit

_MAX_PENDING = 2
"""Frames that wait for the encoder or are in it; the next one is dropped, as the encoder is slower than the camera."""
_KEYFRAMES_APART = 0.5
"""Seconds between two keyframes on request, however many readers join."""
_USUAL_FPS = 15.0
"""Of a camera without a configured frame rate, for the encoder to distribute bits by."""


class VideoReader(Protocol):
    """Reads a camera's video. All methods are called on the event loop, and must not block."""

    def deliver(self, unit: Unit) -> None:
        """Use the next unit. The first one need not be a keyframe; `request_keyframe` brings one soon."""

    def fail(self, problem: str) -> None:
        """Note that there will be no more units, and why."""


class CameraVideo:
    """The video of one camera; lives on the event loop. `len()` is the number of readers.

    Attributes:
        problem: why there was no video last time, in words; None if there was.
        dropped: frames that were due while the encoder was busy.
    """

    def __init__(
        self,
        camera: Camera,
        settings: VideoSettings,
        make_encoder: Callable[[VideoSettings, int, int, float], H264Encoder] = H264Encoder,
    ) -> None:
        self.problem: str | None = None
        self.dropped = 0
        self._camera = camera
        self._settings = settings
        self._make_encoder = make_encoder
        self._readers: list[VideoReader] = []
        self._encoding: _Encoding | None = None
        self._requested_at = -math.inf
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._readers)

    @contextlib.contextmanager
    def read(self, reader: VideoReader) -> Iterator[None]:
        """Deliver units to `reader` until the block ends, beginning with a keyframe soon."""
        self._readers.append(reader)
        if self._encoding is None:
            self._start()
        self.request_keyframe()
        try:
            yield
        finally:
            self._readers.remove(reader)
            if not self._readers:
                self._stop()

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
        if self._encoding is not None:
            self._encoding.keyframe_requested = True

    def _start(self) -> None:
        self._requested_at = -math.inf
        self._encoding = _Encoding(
            self._camera, self._settings, self._make_encoder, self._deliver, self._fail
        )
        self._camera.hub.subscribe(self._encoding)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._encoding is not None:
            self._camera.hub.unsubscribe(self._encoding)
            self._encoding.stop()
            self.dropped += self._encoding.dropped
            self._encoding = None

    def _deliver(self, encoding: _Encoding, unit: Unit, session: CaptureSession) -> None:
        # A unit that was being encoded while the camera was switched off must not leave any more.
        if encoding is not self._encoding or session.ended:
            return
        self.problem = None
        for reader in tuple(self._readers):
            reader.deliver(unit)

    def _fail(self, encoding: _Encoding, problem: str) -> None:
        if encoding is not self._encoding:
            return
        self.problem = problem
        self._stop()
        for reader in tuple(self._readers):
            reader.fail(problem)


class _Encoding:
    """From the first reader to the last one: the subscriber, its thread, and the encoder in it.

    Attributes:
        keyframe_requested: set on the loop, and cleared in the thread.
        dropped: frames that were due while the encoder was busy.
    """

    def __init__(
        self,
        camera: Camera,
        settings: VideoSettings,
        make_encoder: Callable[[VideoSettings, int, int, float], H264Encoder],
        deliver: Callable[[_Encoding, Unit, CaptureSession], None],
        fail: Callable[[_Encoding, str], None],
    ) -> None:
        self.keyframe_requested = True
        self.dropped = 0
        self._hub = camera.hub
        self._settings = settings
        self._fps = min(settings.fps or math.inf, camera.settings.frame_rate or _USUAL_FPS)
        self._make_encoder = make_encoder
        self._deliver = deliver
        self._fail = fail
        self._loop = asyncio.get_running_loop()
        self._thread = EncoderThread(f"video {camera.id}")
        self._rate = Rate(settings.fps or math.inf)
        self._time_stamps = TimeStamps()
        self._encoder: H264Encoder | None = None
        self._size = (0, 0)
        self._submitted = 0
        self._done = 0
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End the thread after the frame that it encodes now."""
        self._stopped.set()
        self._thread.stop()

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
        limit = self._settings.size
        max_width = fit_within(frame.width, frame.height, *limit)[0] if limit is not None else None
        i420 = raster_to_i420(frame.raster(max_width))
        size = (i420.shape[1], i420.shape[0] * 2 // 3)
        if self._encoder is None or size != self._size:
            self._encoder = self._make_encoder(self._settings, *size, self._fps)
            self._size = size
        if self.keyframe_requested:
            self.keyframe_requested = False
            self._encoder.request_keyframe()
        return self._encoder.encode(i420, self._time_stamps.next(frame.ts_ns, arrived), frame.ts_ns)

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        if not self._stopped.is_set():
            with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
                self._loop.call_soon_threadsafe(function, *arguments)
