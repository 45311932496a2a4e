"""Connects again after a failure, so that a camera that fails now and then stays available."""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections.abc import Callable

from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.url.http_connection import PeerConnection
from mqttcam.camera.sources.url.reader_thread import Frames
from mqttcam.camera.sources.url.stream_video import StreamVideo

log = camera_logger(__name__)

_FAILURES_IN_A_ROW = 5
"""Failures without a frame between them after which the camera counts as unavailable; the first connection has to
succeed.
"""
_FIRST_PAUSE, _LAST_PAUSE = 0.1, 1.0
"""Seconds before a connection after a failure: doubled each time."""
_MAX_KINDS = 10
"""Kinds of failures that are logged at WARNING: their texts may contain what the peer sent."""
_NUMBERS = re.compile(r"[0-9]+")


class Reconnecting:
    """The frames of one connection after the other. Each kind of failure is logged once, and so is its end."""

    def __init__(
        self,
        camera: str,
        peer: PeerConnection,
        timeout: float,
        video: StreamVideo,
        is_stream: Callable[[], bool] = lambda: True,
    ) -> None:
        """Do nothing yet.

        Args:
            camera: its address without secrets, for log lines.
            timeout: seconds without a frame after which a stream that fails counts as unavailable.
            video: is notified of frames that were received and not decoded.
            is_stream: whether frames come all the time; if not, only the number of failures counts.
        """
        self._timeout = timeout
        self._camera = camera
        self._peer = peer
        self._is_stream = is_stream
        self._video = video
        self._logged: set[str] = set()

    def __call__(self, connect: Callable[[], Frames]) -> Frames:
        """Yield what connections yield.

        Raises:
            SourceError: the first connection failed without a frame, or too many in a row did.
        """
        last_frame = 0.0
        failures, is_new = 0, False
        while not self._peer.stopping.is_set():
            problem = SourceError(f"{self._camera} has ended the stream")
            try:
                with contextlib.closing(connect()) as frames:
                    for frame in frames:
                        if frame is not None:
                            last_frame = time.monotonic()
                            if failures:
                                self._log_recovery(failures, is_new=is_new)
                            failures, is_new = 0, False
                        yield frame
            except SourceError as error:
                problem = error
            failures += 1
            newest = max(last_frame, self._video.last_undecoded)
            is_silent = self._is_stream() and time.monotonic() - newest > self._timeout
            if self._peer.stopping.is_set():
                return
            if not last_frame or is_silent or failures >= _FAILURES_IN_A_ROW:
                raise problem
            is_new |= self._log(problem)
            self._peer.stopping.wait(min(_LAST_PAUSE, _FIRST_PAUSE * 2**failures))

    def _log(self, problem: SourceError) -> bool:
        """Log a failure; return whether it is the first of its kind."""
        kind = _NUMBERS.sub("", str(problem))
        is_new = kind not in self._logged and len(self._logged) < _MAX_KINDS
        if is_new:
            self._logged.add(kind)
        log.log(logging.WARNING if is_new else logging.DEBUG, "%s; connecting again", problem)
        return is_new

    def _log_recovery(self, failures: int, *, is_new: bool) -> None:
        level = logging.INFO if is_new else logging.DEBUG
        times = "1 failure" if failures == 1 else f"{failures} failures in a row"
        log.log(level, "%s: frames come again, after %s", self._camera, times)
