"""Stall detection: whether a running capture has stopped producing frames."""

from __future__ import annotations

from mqttcam.camera.capture import Capture
from mqttcam.camera.source import SourceError
from mqttcam.camera.timing import Timing


def detect_stall(capture: Capture, timing: Timing, now: float) -> SourceError | None:
    """Return what is wrong with a capture that has not ended by itself; `None` if nothing is.

    Args:
        now: on the monotonic clock, in seconds.
    """
    interval = capture.interval
    if not capture.last_frame:
        if now - capture.started > max(capture.open_timeout, timing.stalled_periods * interval):
            return SourceError(f"no frame within {now - capture.started:.0f} s of its start")
    elif interval:
        # A stream that was restarted gets as long as one that has just produced a frame.
        newest = max(capture.last_frame, capture.restart_requested, capture.paused_until)
        if now - newest > max(timing.min_frame_age, timing.stalled_periods * interval):
            return SourceError(f"no frame for {now - capture.last_frame:.0f} s")
    elif now - max(capture.last_returned, capture.paused_until) > timing.hang_timeout:
        return SourceError(f"no answer for {now - capture.last_returned:.0f} s")
    return None
