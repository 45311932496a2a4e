"""How long a camera waits for what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """The timeouts and intervals of one camera, in seconds.

    Attributes:
        tick: between two checks of a running capture.
        read_timeout: that one read may take without a frame; a request to stop is seen after that at the latest.
        answer_timeout: within which a thread that does not hang returns from its source.
        request_timeout: that setting values may take, from the request to the result.
        open_timeout: from the start of a source to its first frame, unless the source asks for more.
        still_timeout: that a picture in full resolution may take; four frame periods are added.
        min_frame_age: without a frame, after which a camera counts as stalled; more if `stalled_periods` are longer.
        stalled_periods: frame periods without a frame after which a camera counts as stalled.
        hang_timeout: after which a source without a frame rate counts as hung if it does not return from a read.
        first_retry, last_retry: the longest pause after the first failure, and after many.
        stable: of frames, after which the next failure counts as the first again.
        close_timeout: that a source may take to close before it is opened again.
        stop_timeout: the same before the daemon ends.
        off_timeout: that a camera that was switched off may take to close, beyond `close_timeout`, before a new
            process is requested.
    """

    tick: float = 1.0
    read_timeout: float = 0.25
    answer_timeout: float = 1.0
    request_timeout: float = 5.0
    open_timeout: float = 20.0
    still_timeout: float = 30.0
    min_frame_age: float = 5.0
    stalled_periods: int = 10
    hang_timeout: float = 20.0
    first_retry: float = 0.5
    last_retry: float = 30.0
    stable: float = 10.0
    close_timeout: float = 5.0
    stop_timeout: float = 0.8
    off_timeout: float = 25.0


DEFAULT_TIMING = Timing()
