"""A blocking connection in a thread of its own, so that a stalled one never blocks the capture thread."""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
from collections.abc import Callable, Generator
from typing import Protocol

from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.url.http_connection import PeerConnection

log = camera_logger(__name__)

Frames = Generator[Frame | None, None, None]
"""Connects at the first frame, yields frames (or `None` as a sign of life), and disconnects when it is closed or ends.

It raises SourceError. Its end counts as a failure, too, as the stream of a network camera has no end.
"""
_CLOSE_TIMEOUT = 0.3

_unfinished: dict[str, threading.Thread] = {}
"""By address, the thread that was closed and has not ended yet: neither FFmpeg nor a name server that does not answer
can be interrupted."""


def last_has_ended(address: str, timeout: float) -> bool:
    """Wait at most `timeout` seconds for the closed thread of an address; return whether it has ended.

    If a camera is opened again only after that, it has one such thread at most, and holds one connection.
    """
    thread = _unfinished.get(address)
    if thread is None:
        return True
    thread.join(timeout)
    if thread.is_alive():
        return False
    _unfinished.pop(address, None)
    return True


class CameraFrames(Protocol):
    """Makes the generator of a camera's frames.

    Attributes:
        kind: of the camera, as in its settings.
        waiting_for: why data comes and no frame has come yet, in words; `None` if that is not known.
        heard: when the camera last sent what counts as life, on the monotonic clock.
    """

    @property
    def kind(self) -> str: ...

    @property
    def waiting_for(self) -> str | None: ...

    @property
    def heard(self) -> float: ...

    def __call__(self, peer: PeerConnection) -> Frames: ...


class ReaderThread:
    """Keeps the newest frame. The thread ends at the latest when its connection times out."""

    def __init__(self, frames: Callable[[PeerConnection], Frames], name: str, address: str) -> None:
        """Connect at once.

        Args:
            frames: makes the generator; its argument tells that no more frames are wanted, and ends a read.
            address: for `last_has_ended`; it is not shown.
        """
        self._address = address
        self._peer = PeerConnection()
        self._condition = threading.Condition()
        self._newest: Frame | None = None
        self._problem: SourceError | None = None
        context = contextvars.copy_context()  # the camera, for the log
        self._thread = threading.Thread(
            target=context.run, args=(self._run, frames), name=f"reader-{name}", daemon=True
        )
        self._thread.start()

    def next(self, timeout: float) -> Frame | None:
        """Return the newest frame unless it was returned before; `None` if none came in time.

        Raises:
            SourceError: the connection has failed or ended.
        """
        end = time.monotonic() + timeout
        with self._condition:
            while self._newest is None:
                if self._problem is not None:
                    raise SourceError(str(self._problem))
                if not self._condition.wait(max(0.0, end - time.monotonic())) and time.monotonic() >= end:
                    return None
            frame, self._newest = self._newest, None
            return frame

    def close(self) -> None:
        """End the connection, and with it the thread; one that cannot be interrupted is left to its timeout."""
        self._peer.end()
        self._thread.join(_CLOSE_TIMEOUT)
        if self._thread.is_alive():
            _unfinished[self._address] = self._thread
        with self._condition:
            self._newest = None

    def _run(self, make: Callable[[PeerConnection], Frames]) -> None:
        problem = SourceError("the camera ended the stream")
        try:
            with contextlib.closing(make(self._peer)) as frames:
                for frame in frames:
                    if self._peer.stopping.is_set():
                        return
                    if frame is not None:
                        self._put(frame)
        except SourceError as error:
            problem = error
        except Exception as error:
            log.exception("%s failed", self._thread.name)
            problem = SourceError(f"{type(error).__name__} in the connection")
        finally:
            self._peer.closed()
        with self._condition:
            self._problem = problem
            self._condition.notify_all()

    def _put(self, frame: Frame) -> None:
        with self._condition:
            self._newest = frame
            self._condition.notify_all()
