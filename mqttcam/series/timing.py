"""Time limits and intervals of series."""

from __future__ import annotations

from msgspec import Struct


class SeriesTiming(Struct, frozen=True):
    """All in seconds.

    Attributes:
        check: the interval between two looks at the clock, and at a disk that has failed.
        answer: the time limit for an answer of the disk, after which there is a problem.
        group: pictures that are further apart do not share a group of pictures in the video: its encoder would take up
            memory all the time.
        stop: the time limit to write what is to be written at the end.
    """

    check: float = 30.0
    answer: float = 10.0
    group: float = 120.0
    stop: float = 0.5


class ShotTiming(Struct, frozen=True):
    """All in seconds.

    Attributes:
        opening: the time limit for a camera that is being opened.
        frame: the time limit for a frame with the values that were set, besides eight exposures.
    """

    opening: float = 20.0
    frame: float = 10.0
