"""How long a camera waits for what."""

from __future__ import annotations

from msgspec import Struct


class Timing(Struct, frozen=True):
    """The timeouts and intervals of one camera, in seconds.

    Attributes:
        tick: the interval between two checks of a running capture.
        read_timeout: the longest that one read waits for a frame, and so the longest before a request to stop is
            noticed.
        answer_timeout: how long a thread may take to return from its source before it counts as hung.
        request_timeout: the longest that setting values may take, from the request to the result.
        open_timeout: the longest time from the start of a source to its first frame, unless the source asks for more.
        still_timeout: the longest that a picture in full resolution may take, in addition to four frame periods.
        min_frame_age: how long a camera may be without a frame before it counts as stalled, or `stalled_periods` if
            that is longer.
        stalled_periods: frame periods without a frame after which a camera counts as stalled.
        hang_timeout: how long a read may block before a source without a frame rate counts as hung.
        first_retry, last_retry: the longest pause after the first failure, and after many.
        stable: how long frames must arrive before failures are counted from the start again.
        close_timeout: the longest that a source may take to close before it is opened again.
        stop_timeout: the same, before the daemon ends.
        off_timeout: extra time, beyond `close_timeout`, for a camera that was switched off to close before a new
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
