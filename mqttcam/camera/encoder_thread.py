"""The thread in which pictures for viewers are encoded, so that they never take the time of the capture thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from mqttcam.camera.frame import Frame

Encode = Callable[[Frame], None]
"""Makes a picture of a frame and passes it on; must not raise."""


class EncoderThread:
    """Encodes pictures of one camera, one after the other.

    It starts with the first frame. Its queue is bounded by those who submit: each has one frame in it at most, always a
    new one, so the latest wins.
    """

    def __init__(self, name: str) -> None:
        """Do nothing yet; `name` is that of the thread."""
        self._name = name
        self._queue: SimpleQueue[tuple[Frame, Encode] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def submit(self, frame: Frame, encode: Encode) -> None:
        """Call `encode` in the thread, with a copy of the frame that all who submit it share.

        Call this in the capture thread, while the frame is valid.
        """
        if self._stopped:
            return
        if self._thread is None:
            thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            try:
                thread.start()
            except RuntimeError:  # there can be no more threads: slow pictures are better than none
                encode(frame)
                return
            self._thread = thread
        self._queue.put((frame.copy(), encode))

    def stop(self) -> None:
        """End the thread after what it encodes now."""
        self._stopped = True
        self._queue.put(None)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None and not self._stopped:
            frame, encode = item
            encode(frame)
            del item, frame, encode  # the pixels, until the next frame comes
