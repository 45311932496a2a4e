"""A reader of a camera's video."""

from __future__ import annotations

from mqttcam.video.unit import Unit


class Reader:
    """Keeps units."""

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self.problem: str | None = None

    def deliver(self, unit: Unit) -> None:
        self.units.append(unit)

    def fail(self, problem: str) -> None:
        self.problem = problem


class Counter:
    """Counts units."""

    def __init__(self) -> None:
        self.units = 0

    def deliver(self, unit: Unit) -> None:
        self.units += 1

    def fail(self, problem: str) -> None:
        raise AssertionError(problem)
