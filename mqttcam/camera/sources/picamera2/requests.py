"""The completed requests of a running picamera2, taken in the capture thread."""

from __future__ import annotations

import contextlib
import selectors
import time
from collections.abc import Callable
from typing import Any

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2.failures import in_words


class CompletedRequests:
    """Runs the event loop of one picamera2, and holds one completed request at a time.

    The event loop runs here, in the capture thread, and not in a thread of picamera2: an exception in it ends a read
    with the reason, while picamera2's own thread would end silently, and every capture would wait forever.
    """

    def __init__(self, camera: Any) -> None:
        """`camera` must be configured."""
        self._camera = camera
        self._held: Any = None
        self._selector = selectors.DefaultSelector()
        self._selector.register(camera.notifyme_r, selectors.EVENT_READ)

    def newest(self, timeout: float) -> Any:
        """Return the newest request and hold it; `None` if none completed within `timeout` seconds.

        Raises:
            SourceError: picamera2 failed.
        """
        return self._wait(self._pop, timeout)

    def result_of(self, job: Any, timeout: float) -> Any:
        """Return the request that a picamera2 job results in and hold it; `None` if it took longer.

        Raises:
            SourceError: picamera2 failed.
        """
        return self._wait(lambda: _result(job), timeout)

    @property
    def held(self) -> Any:
        """The request that is held, `None` if none is."""
        return self._held

    def release(self) -> None:
        """Give the held request back to libcamera.

        Raises:
            SourceError: libcamera does not take it.
        """
        request, self._held = self._held, None
        if request is None:
            return
        try:
            request.release()
        except Exception as error:
            raise SourceError(f"libcamera does not take a frame buffer back: {in_words(error)}") from error

    def close(self) -> None:
        """Release the event loop; the held request must have been released."""
        self._selector.close()

    def _wait(self, taken: Callable[[], Any], timeout: float) -> Any:
        """Run the event loop until `taken` returns a request, or for `timeout` seconds."""
        end = time.monotonic() + timeout
        while True:
            if self._selector.select(max(0.0, end - time.monotonic())):
                self._camera.notifymeread.read()
                try:
                    self._camera.process_requests(None)
                except Exception as error:
                    raise SourceError(f"picamera2 failed: {in_words(error)}") from error
                if (request := taken()) is not None:
                    self._held = request
                    return request
            if time.monotonic() >= end:
                return None

    def _pop(self) -> Any:
        with self._camera.lock:
            completed = self._camera.completed_requests
            return completed.pop() if completed else None


def _result(job: Any) -> Any:
    """Return the result of a picamera2 job; `None` while it has none."""
    with contextlib.suppress(TimeoutError):
        return job.get_result(timeout=0)
    return None
