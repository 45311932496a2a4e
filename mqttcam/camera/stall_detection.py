"""When a capture that runs counts as stalled."""

from __future__ import annotations

import time

from mqttcam.camera.capture import Capture
from mqttcam.camera.source import SourceError

MIN_FRAME_AGE = 5.0
"""Seconds without a frame after which a camera counts as stalled; ten frame periods, where those are longer."""
_PERIODS = 10
_HANG = 20.0
"""Seconds after which a source that gives frames as they come, and does not even return from a read, counts as hung."""


def detect_stall(capture: Capture) -> SourceError | None:
    """What is wrong with a capture that has not ended by itself."""
    now = time.monotonic()
    if not capture.last_frame:
        if now - capture.started > max(capture.open_timeout, _PERIODS * capture.interval):
            return SourceError(f"no frame within {now - capture.started:.0f} s of its start")
    elif capture.interval:
        # A stream that was started again gets as long as one that has just given a frame.
        newest = max(capture.last_frame, capture.restart_asked, capture.excused_until)
        if now - newest > max(MIN_FRAME_AGE, _PERIODS * capture.interval):
            return SourceError(f"no frame for {now - capture.last_frame:.0f} s")
    elif now - max(capture.last_sign, capture.excused_until) > _HANG:
        return SourceError(f"no answer for {now - capture.last_sign:.0f} s")
    return None
