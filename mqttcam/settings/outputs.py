"""The settings that all outputs of a camera share: whether it sends, which frames, and in what quality."""

import math
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema, field_validator

from mqttcam.settings.field_types import Host, Port
from mqttcam.settings.schedules import ScheduleText
from mqttcam.settings.section import Section, refuse

MIN_RATE, MAX_RATE = 0.00001, 240
_RATES = f"{MIN_RATE:.5f} to {MAX_RATE} frames per second, or max (every frame)"


def rate_of(raw: object, minimum: float, allowed: str) -> float | None:
    """Return a number of frames per second, which may be 0, or None for `max`.

    Raises:
        PydanticCustomError: It is neither, or between 0 and `minimum`, or over `MAX_RATE`.
    """
    if isinstance(raw, str) and raw.strip().lower() == "max":
        return None
    try:
        if isinstance(raw, bool) or not isinstance(raw, str | int | float):
            raise ValueError
        rate = float(raw)
    except (ValueError, OverflowError):
        raise refuse("is not a number", allowed) from None
    if not math.isfinite(rate) or not (rate == 0 or minimum <= rate <= MAX_RATE):
        raise refuse("is out of range", allowed)
    return rate or 0.0


def _rate(raw: object) -> float | Literal["max"]:
    rate = rate_of(raw, MIN_RATE, _RATES)
    if rate == 0:
        raise refuse("is not a rate", f"{_RATES}; `enabled: false` turns it off")
    return "max" if rate is None else rate


Rate = Annotated[
    float | Literal["max"],
    PlainValidator(_rate),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": MIN_RATE, "maximum": MAX_RATE}, {"const": "max"}]}
    ),
]


class OutputSettings(Section):
    """The settings that all outputs share."""

    enabled: bool = Field(True, description="false: off; the state set by the switch survives a restart.")
    fps: Rate = Field("max", description="Frames per second; max: every frame.")
    schedule: ScheduleText | None = Field(
        None,
        description="Instead of `fps`: 60, `every 10 minutes`, `at sunrise+15m`, `every minute from 07:00 to 19:00`.",
    )
    on_motion: bool = Field(False, description="true: only while there is motion; the camera needs `motion`.")
    quality: int | None = Field(
        None, ge=1, le=100, description="JPEG quality; default: that of the camera's images."
    )

    @property
    def rate(self) -> float:
        """Frames per second; infinity for every frame."""
        return math.inf if self.fps == "max" else self.fps

    @field_validator("schedule")
    @classmethod
    def _not_beside_fps(cls, schedule: str | None, info: ValidationInfo) -> str | None:
        if schedule is not None and info.data.get("fps", "max") != "max":
            raise refuse("is given together with fps", "one of them")
        return schedule


class TcpOutputSettings(OutputSettings):
    """Pictures to a TCP listener, such as the source `tcp` of another mqttcam."""

    host: Host = Field(description="Host name or IP address of the listener.")
    port: Port = Field(description="Port of the listener.")
