"""The values that are set for each picture of a set."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from msgspec import Struct, field

from mqttcam.settings.series import SeriesSettings

EXPOSURE, LENS = "ExposureTime", "LensPosition"
"""libcamera's names, both of the controls and in the metadata of frames."""
_TOLERANCES = {EXPOSURE: (100.0, 0.05), LENS: (0.1, 0.05)}
"""Absolute and relative: sensors expose whole lines, of up to some 50 µs, and lenses move in steps."""
_NOTHING: tuple[str, dict[str, float]] = ("", {})


class Shot(Struct, frozen=True):
    """One picture of a set.

    Attributes:
        name: the end of its name; empty if nothing is set for it.
        values: what is set for it, by libcamera's names: microseconds, dioptres.
    """

    name: str = ""
    values: Mapping[str, float] = field(default_factory=dict)

    def fits(self, metadata: Mapping[str, object]) -> bool:
        """Return whether a frame with this metadata was taken with the values."""
        return all(_is_near(name, value, metadata.get(name)) for name, value in self.values.items())

    def differs(self, metadata: Mapping[str, object]) -> str:
        """Return a description of the values with which a frame was taken instead."""
        return " and ".join(
            f"has {name} {metadata.get(name)} instead of {value:g}"
            for name, value in self.values.items()
            if not _is_near(name, value, metadata.get(name))
        )


class ShotFailed(Exception):
    """The camera does not reach the values of a shot, as the message explains."""


def shots_of(settings: SeriesSettings) -> list[Shot]:
    """Return the pictures of a set, in the order to take them: all exposures at one focus, then the next focus."""
    focus: list[tuple[str, dict[str, float]]] = [
        (f"-{value:g}dpt", {LENS: value}) for value in settings.focus
    ]
    exposures: list[tuple[str, dict[str, float]]] = [
        (f"-{value}us", {EXPOSURE: value}) for value in settings.exposures
    ]
    return [
        Shot(focus_name + exposure_name, {**lens, **exposure})
        for (focus_name, lens), (exposure_name, exposure) in product(
            focus or [_NOTHING], exposures or [_NOTHING]
        )
    ]


def _is_near(name: str, wanted: float, reported: object) -> bool:
    absolute, relative = _TOLERANCES[name]
    return isinstance(reported, int | float) and abs(reported - wanted) <= max(absolute, relative * wanted)
