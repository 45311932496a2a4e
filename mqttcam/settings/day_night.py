"""Day and night, by the light at a camera."""

from pydantic import Field, ValidationInfo, field_validator

from mqttcam.settings.field_types import Slug
from mqttcam.settings.section import Section, refuse

_BRIGHTEST = 200_000


class DayNightSettings(Section):
    """Day and night, by the illuminance in lux, or by the brightness of the picture in percent without one."""

    day: Slug | None = Field(None, description="The preset to select when day begins.")
    night: Slug | None = Field(None, description="The preset to select when night begins.")
    below: float = Field(5.0, ge=0, le=_BRIGHTEST, description="Less light than this is night.")
    above: float = Field(
        15.0,
        ge=0,
        le=_BRIGHTEST,
        validate_default=True,
        description="More light than this is day; in between, nothing changes.",
    )
    seconds: float = Field(
        30.0, alias="for", ge=0, le=86400, description="Seconds for which the light has to be below or above."
    )

    @field_validator("above")
    @classmethod
    def _more_than_below(cls, above: float, info: ValidationInfo) -> float:
        if "below" in info.data and above <= info.data["below"]:
            raise refuse(
                "is not more than `below`", "more than `below`, so that neither follows from the other"
            )
        return above
