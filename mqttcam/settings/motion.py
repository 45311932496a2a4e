"""Motion detection."""

from __future__ import annotations

from pydantic import Field

from mqttcam.settings.schedules import PeriodText
from mqttcam.settings.section import Section

MIN_THRESHOLD, MAX_THRESHOLD = 0.1, 50.0


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
        description="Percentage of the picture that has to change; lower values detect smaller objects.",
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
        0.0, ge=0, le=86400, description="Seconds after a motion event in which no other one begins."
    )
