"""What is set for each picture of a set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

from mqttcam.settings.series import SeriesSettings

EXPOSURE, LENS = "ExposureTime", "LensPosition"
"""libcamera's names, both of the controls and in the metadata of frames."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of a set.

    Attributes:
        name: the end of its name; empty if nothing is set for it.
        values: what is set for it, by libcamera's names: microseconds, dioptres.
    """

    name: str = ""
    values: Mapping[str, float] = field(default_factory=dict)


class ShotFailed(Exception):
    """The camera does not do what is to be set, as the message explains."""


def shots_of(settings: SeriesSettings) -> list[Shot]:
    """Return the pictures of a set, in the order to take them: all exposures at one focus, then the next focus."""
    focus = [(f"-{value:g}dpt", {LENS: value}) for value in settings.focus] or [("", {})]
    exposures = [(f"-{value}us", {EXPOSURE: float(value)}) for value in settings.exposures] or [("", {})]
    return [
        Shot(focus_name + exposure_name, {**lens, **exposure})
        for (focus_name, lens), (exposure_name, exposure) in product(focus, exposures)
    ]
