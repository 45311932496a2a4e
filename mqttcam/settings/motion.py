"""Motion detection of one camera."""

from __future__ import annotations

from pydantic import Field

from mqttcam.settings.section import Section

MIN_THRESHOLD, MAX_THRESHOLD = 0.1, 50.0


class MotionSettings(Section):
    """How motion is looked for."""

    enabled: bool = Field(
        True, description="false: not before somebody turns it on; what a command sets later survives."
    )
    fps: float = Field(5.0, ge=0.1, le=30, description="Looks a second.")
    threshold: float = Field(
        0.5,
        ge=MIN_THRESHOLD,
        le=MAX_THRESHOLD,
        description="Percent of the picture that has to move; less sees smaller things.",
    )
    clear_after: float = Field(
        10.0, ge=1, le=3600, description="Seconds without motion after which it is over."
    )
