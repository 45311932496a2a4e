"""The times and limits of recorders and their writers."""

from __future__ import annotations

from msgspec import Struct


class WriterTiming(Struct, frozen=True):
    """Seconds, and bytes.

    Attributes:
        sync: between two syncs of the video: with the half second of a fragment, what a power cut costs.
        pictures: between two versions of a still picture on disk.
        answer: how long the disk may take for one thing before it counts as too slow.
        max_queued: bytes of memory that may wait for a slow disk: half a minute of video at 4 Mbit/s.
        room: bytes that are made room for on a full disk: half a minute at 8 Mbit/s.
    """

    sync: float = 1.0
    pictures: float = 5.0
    answer: float = 10.0
    max_queued: int = 16_000_000
    room: int = 32_000_000


class RecorderTiming(Struct, frozen=True):
    """All in seconds.

    Attributes:
        first_retry, last_retry: after a failure of the disk or the encoder, the pause before the next attempt, doubled
            each time up to the last.
        grace: how long a recording waits for the frame after its last one before it is ended without.
        stop: how long the end of the daemon waits for a disk.
    """

    first_retry: float = 1.0
    last_retry: float = 60.0
    grace: float = 0.5
    stop: float = 1.0
    writer: WriterTiming = WriterTiming()


RECORDER_TIMING = RecorderTiming()
