"""Which frames an output takes: every one, a rate, or those that a schedule asks for."""

from __future__ import annotations

from typing import Literal, Protocol

from mqttcam.schedule import Ticker, parse


class Selection(Protocol):
    """Asked once for every frame, in the capture thread."""

    def due(self, ts_ns: int) -> bool:
        """Whether a frame captured then (Unix nanoseconds) is taken."""


class Every:
    """All of them."""

    def due(self, ts_ns: int) -> bool:
        return True


class Rate:
    """So many a second, by capture times, without drift and never faster than that on the average."""

    def __init__(self, fps: float) -> None:
        self._period = int(1e9 / fps)
        self._due = 0
        self._last = 0

    def due(self, ts_ns: int) -> bool:
        # Half a frame early is on time, so that the rate does not beat against the camera's.
        early = min((ts_ns - self._last) // 2, self._period // 2)
        self._last = ts_ns
        if ts_ns + early < self._due <= ts_ns + 2 * self._period:
            return False
        on_time = -self._period <= ts_ns - self._due <= self._period
        self._due = (self._due if on_time else ts_ns) + self._period
        return True


class Scheduled:
    """The first frame at or after each time of a schedule."""

    def __init__(self, schedule: str) -> None:
        self._ticker = Ticker(parse(schedule))

    def due(self, ts_ns: int) -> bool:
        return self._ticker.due()


def selection(fps: float | Literal["max"], schedule: str | None) -> Selection:
    """What the settings ask for; a schedule counts more than a rate."""
    if schedule is not None:
        return Scheduled(schedule)
    return Every() if fps == "max" else Rate(fps)
