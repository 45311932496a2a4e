"""Motion detection."""

from __future__ import annotations

from pydantic import Field

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
