"""Motion detection."""

from typing import Annotated

from pydantic import AfterValidator, Field

from mqttcam.settings.field_types import Key
from mqttcam.settings.polygon import MAX_POLYGONS, Polygon
from mqttcam.settings.schedules import PeriodText
from mqttcam.settings.section import LazySection, Section, refuse

MIN_THRESHOLD, MAX_THRESHOLD = 0.1, 50.0
_MOST_ZONES = 20
"""Each has two entities."""
_MOTION = "_motion"
"""The end of the key of a zone's sensor: `zone_gate_motion` beside `zone_gate`."""


class ZoneSettings(Polygon):
    """A zone of motion detection: an area of the picture as it is shown, after rotation and mirroring."""

    threshold: float = Field(
        0.5, ge=MIN_THRESHOLD, le=100, description="Percentage of the zone that has to change."
    )


def _distinct_keys(zones: dict[str, ZoneSettings]) -> dict[str, ZoneSettings]:
    for name in zones:
        if (other := name.removesuffix(_MOTION)) != name and other in zones:
            raise refuse(f"the zone {name} would share a key with the sensor of {other}", f"no zone {name}")
    return zones


class MotionSettings(Section):
    """Motion detection of a camera."""

    enabled: bool = Field(
        True, description="false: off until it is turned on; the state set by a command survives a restart."
    )
    fps: float = Field(5.0, ge=0.1, le=30, description="Frames analysed per second.")
    threshold: float = Field(
        0.5,
        ge=MIN_THRESHOLD,
        le=MAX_THRESHOLD,
        description="Percentage of the picture, without its masks, that has to change; lower values detect smaller "
        "objects.",
    )
    clear_after: float = Field(
        10.0, ge=1, le=3600, description="Seconds without motion after which the motion ends."
    )
    active: PeriodText | None = Field(
        None,
        description="When motion is detected: `from 22:00 to 06:00`, `on mon-fri from 07:00 to 19:00`, "
        "`from sunset to sunrise`; default: always.",
    )
    pause: float = Field(
        0.0, ge=0, le=86400, description="Seconds after a motion event during which no other one begins."
    )
    zones: Annotated[
        dict[Key, Annotated[ZoneSettings, LazySection(ZoneSettings)]], AfterValidator(_distinct_keys)
    ] = Field(
        default_factory=dict,
        max_length=_MOST_ZONES,
        description="Areas with their own motion sensor and threshold, by names of lower-case letters, digits "
        "and `_`.",
    )
    masks: tuple[Annotated[Polygon, LazySection(Polygon)], ...] = Field(
        (), max_length=MAX_POLYGONS, description="Areas in which motion does not count; they stay visible."
    )
