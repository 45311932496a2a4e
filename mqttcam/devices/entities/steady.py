"""Measurements without their noise: a value stays until another one differs from it by more than its dead band."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mqttcam.devices.entities.entity import Entity


_HOLD = 300.0
"""Seconds after a change in which only large changes are published: noise cannot make more than 288 per day."""
_LARGE = 4.0
"""The dead bands that make a change large."""


class SteadyValues:
    """The values of one device as they were last published.

    Home Assistant keeps each change of a state in its database; small ones are not worth a row.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` is monotonic, in seconds."""
        self._clock = clock
        self._values: dict[str, tuple[float, float]] = {}

    def of(self, entities: Iterable[Entity[Any]], state: Mapping[str, object]) -> dict[str, object]:
        """Return a state in which every number with a dead band is the one of before, unless it differs by more."""
        steady = dict(state)
        for entity in entities:
            if entity.dead_band is not None and entity.key in state:
                steady[entity.key] = self._value(entity.key, state[entity.key], *entity.dead_band)
        return steady

    def _value(self, key: str, new: object, absolute: float, relative: float) -> object:
        if not isinstance(new, int | float):
            self._values.pop(key, None)
            return new
        now = self._clock()
        if key in self._values:
            old, since = self._values[key]
            dead_band = max(absolute, relative * abs(old))
            if abs(new - old) <= dead_band * (_LARGE if now < since + _HOLD else 1):
                return old
        self._values[key] = new, now
        return new
