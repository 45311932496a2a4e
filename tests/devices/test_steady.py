"""Measurements without their noise."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from mqttcam.devices.entities.entity import Entity
from mqttcam.devices.entities.steady import SteadyValues
from mqttcam.values import Number

ABSOLUTE: Entity[Any] = Entity(key="t", platform="sensor", name="T", kind=Number(0, 99), dead_band=(2.0, 0.0))
RELATIVE: Entity[Any] = Entity(key="t", platform="sensor", name="T", kind=Number(0, 99), dead_band=(0.0, 0.1))
NONE: Entity[Any] = Entity(key="t", platform="sensor", name="T", kind=Number(0, 99))


@pytest.mark.parametrize(
    ("entity", "measured", "published"),
    [
        (ABSOLUTE, [50, 51, 52, 49, 53, 54], [50, 50, 50, 50, 53, 53]),
        (RELATIVE, [100, 109, 91, 111, 115], [100, 100, 100, 111, 111]),
        (RELATIVE, [0, 0.1, 0, 0], [0, 0.1, 0, 0]),
        (ABSOLUTE, [50, None, 51], [50, None, 51]),
        (NONE, [1, 2, 3], [1, 2, 3]),
    ],
)
def test_small_changes_are_not_published(
    entity: Entity[Any], measured: list[object], published: list[object]
) -> None:
    hours = itertools.count(step=3600)
    steady = SteadyValues(lambda: next(hours))
    for value, expected in zip(measured, published, strict=True):
        state = {"t": value, "other": 1}
        assert steady.of([entity], state) == {"t": expected, "other": 1}
        assert state["t"] == value


def test_soon_after_a_change_only_large_ones_are_published() -> None:
    times = iter((0, 1, 2, 301, 303, 304))
    steady = SteadyValues(lambda: next(times))
    for measured, published in ((50, 50), (55, 50), (59, 59), (64, 59), (64, 64), (59, 64)):
        assert steady.of([ABSOLUTE], {"t": measured}) == {"t": published}


def test_a_key_that_is_not_there_yet_is_not_added() -> None:
    assert SteadyValues().of([ABSOLUTE], {"other": 1}) == {"other": 1}
