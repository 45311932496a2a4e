"""The present problems with what can be done about them, and those that have ended."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from mqttcam.devices.hints import Hint, explain

KEPT = 86400.0
"""Seconds that a problem is listed after its end."""
_MOST_ENDED = 50
_CLOCK_TOLERANCE = 1.0
"""Seconds by which the clock of the machine may deviate from the monotonic one before times are computed anew."""

Level = Literal["problem", "warning"]
"""A warning does not make the daemon unhealthy."""


class Retrying(Protocol):
    """A part of the daemon that tries again by itself after a failure."""

    @property
    def next_try(self) -> float | None:
        """When its next attempt begins, in seconds of `time.monotonic`; `None` if none is pending."""

    def try_again(self) -> None:
        """Begin the next attempt now if one is pending."""


class Found(Struct, frozen=True):
    """A problem as one part of the daemon has it.

    Attributes:
        id: of the part, such as `mqtt` or `camera-front`: its problems follow each other under the same id.
        part: the name of the part for users.
        text: what is wrong, and, after a semicolon, what to do.
        camera: the id of the camera that has it; `None` if it is the whole daemon's.
        shared: what cameras with the same text share it by, such as the name of an output; `None` if each has its own.
        tables: hints that may explain the text; `None` if the text contains none.
        next_try: when the next attempt begins, in seconds of `time.monotonic`; `None` if none is pending.
        try_again: begins the next attempt; `None` if that makes no sense.
    """

    id: str
    part: str
    text: str
    camera: str | None = None
    shared: str | None = None
    level: Level = "problem"
    tables: tuple[tuple[Hint, ...], ...] | None = ()
    next_try: float | None = None
    try_again: Callable[[], None] | None = None


class Problem(Struct, frozen=True):
    """A present problem as users see it. Times are ISO times in UTC.

    Attributes:
        id: of the first part that has it.
        cameras: the ids of the cameras that have it; none if it is the whole daemon's.
        text: what is wrong.
        hint: what to do about it, or `None`.
        next_try: when the next attempt begins; `None` if none is pending.
        can_retry: whether `retry` has an effect.
    """

    id: str
    part: str
    cameras: tuple[str, ...]
    text: str
    hint: str | None
    level: Level
    since: str
    next_try: str | None
    can_retry: bool


class EndedProblem(Struct, frozen=True):
    """A problem that has ended.

    Attributes:
        times: how often it has ended since it is listed; `since` and `ended` are those of the last time.
    """

    id: str
    part: str
    cameras: tuple[str, ...]
    text: str
    since: str
    ended: str
    times: int


class _Present(Struct):
    found: Found
    since: float


class _Ended(Struct, frozen=True):
    parts: tuple[Found, ...]
    since: float
    ended: float
    times: int = 1


class ProblemHistory:
    """Remembers when problems began and ended, in memory, until the daemon ends."""

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time
    ) -> None:
        self._monotonic = monotonic
        self._now = now
        self._offset = now() - monotonic()
        self._present: dict[str, _Present] = {}
        self._ended: dict[object, _Ended] = {}

    def update(self, found: Iterable[Found]) -> list[Problem]:
        """Take over what is wrong now, and return it; cameras with the same problem of an output share one."""
        now = self._monotonic()
        before = self._present
        self._present = {one.id: _Present(one, now) for one in found}
        for key, present in self._present.items():
            if key in before:
                present.since = before[key].since
        for group in grouped(one.found for key, one in before.items() if key not in self._present):
            self._end(group, min(before[one.id].since for one in group), now)
        return [self._as_problem(group) for group in grouped(one.found for one in self._present.values())]

    @property
    def ended(self) -> list[EndedProblem]:
        """The problems that have ended within the last day, the last first."""
        begin = self._monotonic() - KEPT
        return [
            EndedProblem(
                one.parts[0].id,
                one.parts[0].part,
                cameras_of(one.parts),
                explain(one.parts[0].text)[0],
                self._iso(one.since),
                self._iso(one.ended),
                one.times,
            )
            for one in reversed(self._ended.values())
            if one.ended >= begin
        ]

    def _end(self, group: Sequence[Found], since: float, now: float) -> None:
        if group[0].level == "warning":
            return
        key = _shared_by(group[0])
        earlier = self._ended.pop(key, None)
        if earlier is None or earlier.ended < now - KEPT:
            found = _Ended(tuple(group), since, now)
        elif earlier.ended >= since:  # the same one: its cameras do not recover at the same moment
            parts = {one.id: one for one in (*earlier.parts, *group)}
            found = _Ended(tuple(parts.values()), min(earlier.since, since), now, earlier.times)
        else:
            found = _Ended(tuple(group), since, now, earlier.times + 1)
        self._ended[key] = found
        if len(self._ended) > _MOST_ENDED:
            del self._ended[next(iter(self._ended))]

    def _as_problem(self, group: Sequence[Found]) -> Problem:
        first = group[0]
        text, hint = (first.text, None) if first.tables is None else explain(first.text, *first.tables)
        tries = [one.next_try for one in group if one.next_try is not None]
        return Problem(
            first.id,
            first.part,
            cameras_of(group),
            text,
            hint,
            first.level,
            self._iso(min(self._present[one.id].since for one in group)),
            self._iso(min(tries)) if tries else None,
            any(one.try_again is not None for one in group),
        )

    def _iso(self, moment: float) -> str:
        """Return a moment of the monotonic clock by that of the machine, the same each time unless that was set."""
        offset = self._now() - self._monotonic()
        if abs(offset - self._offset) >= _CLOCK_TOLERANCE:
            self._offset = offset
        tenth = math.floor((moment + self._offset) * 10) / 10  # never later than the present
        return datetime.fromtimestamp(tenth, UTC).isoformat(timespec="milliseconds")


def grouped(problems: Iterable[Found]) -> list[list[Found]]:
    """Put the cameras together that share a problem, in the order of their first ones."""
    groups: dict[object, list[Found]] = {}
    for found in problems:
        groups.setdefault(_shared_by(found), []).append(found)
    return list(groups.values())


def _shared_by(found: Found) -> object:
    """Return what is equal for cameras that share a problem."""
    return (found.shared, found.text) if found.shared else found.id


def cameras_of(group: Iterable[Found]) -> tuple[str, ...]:
    """Return the ids of the cameras that share a problem."""
    return tuple(found.camera for found in group if found.camera is not None)


def retrying(found: Found, part: Retrying, *, at_any_time: bool = False) -> Found:
    """Return a problem with the next attempt of the part that has it.

    Args:
        at_any_time: whether the part can be asked to try again while it waits for nothing.
    """
    next_try = part.next_try
    can_retry = at_any_time or next_try is not None
    return replace(found, next_try=next_try, try_again=part.try_again if can_retry else None)
