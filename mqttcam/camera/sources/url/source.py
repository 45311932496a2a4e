"""The source itself."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source, SourceError, SourceInfo
from mqttcam.camera.sources._adjustment import adjusted_size, adjustment_for
from mqttcam.camera.sources.url.address import Address
from mqttcam.camera.sources.url.http_connection import PeerConnection
from mqttcam.camera.sources.url.http_frames import HttpFrames
from mqttcam.camera.sources.url.reader_thread import Frames, ReaderThread, last_has_ended
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.url import UrlSource

_MODELS = {"rtsp": "RTSP stream", "mjpeg": "MJPEG stream", "snapshot": "Snapshots"}
_SLACK = 1.0
_LOOK = 0.25
"""Seconds between two looks whether the source is to be closed."""
_MAX_SILENCE = 30.0
"""Seconds without a picture; a stream of key frames alone has one at least every ten seconds."""


class UrlCamera(Source):
    """Gives frames as they arrive. JPEGs are passed through; the end of a stream is a failure."""

    adjusts_itself = True

    def __init__(self, settings: CameraSettings, wakeup: Wakeup, silence: float = _MAX_SILENCE) -> None:
        """Do nothing yet.

        Args:
            silence: seconds without a picture, beyond which the stream counts as failed even if data comes.
        """
        assert isinstance(settings.source, UrlSource)
        self._settings = settings
        self._wakeup = wakeup
        self._source = settings.source
        self._address = Address(settings.source)
        self._thread: ReaderThread | None = None
        self._waiting: Frame | None = None
        self._last = 0.0
        self._interval = 0.0
        self._silence = silence

    def open(self) -> SourceInfo:
        """Connect, and wait for the first frame, as only it tells the size.

        Raises:
            SourceError: the camera cannot be reached, refuses, or gives no pictures; or it is to be closed already.
        """
        frames = self._frames()
        self._wait_for_last()
        self._thread = ReaderThread(frames, str(self._address), self._address.bare)
        try:
            first = self._first(self._thread)
        except SourceError:
            self.close()
            raise
        self._waiting, self._last = first, time.monotonic()
        kind = frames.kind if isinstance(frames, HttpFrames) else "rtsp"
        self._interval = self._source.interval if kind == "snapshot" else 0.0
        width, height = adjusted_size(self._settings, first.width, first.height)
        rate = 1 / self._interval if self._interval else 0.0
        return SourceInfo(_MODELS[kind], width, height, rate, serial=repr(self._address))

    def read(self, timeout: float) -> Frame | None:
        if self._thread is None:
            raise SourceError("the camera is not open")
        frame, self._waiting = self._waiting or self._thread.next(timeout), None
        now = time.monotonic()
        if frame is not None:
            self._last = now
            frame.adjustment = adjustment_for(self._settings, frame.width, frame.height)
        elif now - self._last > max(self._silence, self._source.timeout, 3 * self._interval):
            raise SourceError(f"{self._address} has given no picture for {now - self._last:.0f} s")
        return frame

    def close(self) -> None:
        thread, self._thread, self._waiting = self._thread, None, None
        if thread is not None:
            thread.close()

    @property
    def open_timeout(self) -> float:
        """Seconds for the last connection to end, to connect, to find out what it gives, and to the first picture."""
        return 4 * self._source.timeout

    def _frames(self) -> Callable[[PeerConnection], Frames]:
        kind = self._source.kind
        is_rtsp = self._address.scheme.startswith("rtsp")
        if kind == "rtsp" or (kind == "auto" and is_rtsp):
            from mqttcam.camera.sources.url import rtsp

            rtsp.load()
            return functools.partial(rtsp.rtsp, self._address, self._source)
        if is_rtsp:
            raise SourceError(f"kind {kind} needs an HTTP address, not {self._address.scheme}://")
        return HttpFrames(self._address, self._source)

    def _wait_for_last(self) -> None:
        """Wait until the thread of the last opening has ended, if it could not be interrupted."""
        end = time.monotonic() + self._source.timeout
        while not last_has_ended(self._address.bare, _LOOK):
            if time.monotonic() > end or self._wakeup.ended:
                raise SourceError(f"the last connection to {self._address} has not ended yet")

    def _first(self, thread: ReaderThread) -> Frame:
        patience = 2 * self._source.timeout + _SLACK
        end = time.monotonic() + patience
        while (left := end - time.monotonic()) > 0 and not self._wakeup.ended:
            frame = thread.next(min(left, _LOOK))
            if frame is not None:
                return frame
        raise SourceError(f"{self._address} gives no picture within {patience:g} s")
