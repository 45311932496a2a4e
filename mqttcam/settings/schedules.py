"""Schedules and periods as text, and the location of the sun for them."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from mqttcam.schedule import BadSchedule, needs_location, parse, parse_period
from mqttcam.settings.section import Section, refuse

LOCATION_ALLOWED = "`location: {latitude: …, longitude: …}` of this machine, in degrees"


class LocationSettings(Section):
    """Where this machine is, for sunrise and sunset."""

    latitude: float = Field(ge=-90, le=90, description="Degrees; north is positive.")
    longitude: float = Field(ge=-180, le=180, description="Degrees; east is positive.")


def _schedule(text: str) -> str:
    try:
        return str(parse(text))
    except BadSchedule as error:
        raise _refused("schedule", error) from None


def _period(text: str) -> str:
    try:
        parse_period(text)
    except BadSchedule as error:
        raise _refused("period", error) from None
    return " ".join(text.lower().split())


def _refused(what: str, error: BadSchedule) -> PydanticCustomError:
    return refuse(f"is not a {what}" + (f" ({error.reason})" if error.reason else ""), error.allowed)


ScheduleText = Annotated[str, AfterValidator(_schedule)]
"""When something is due, such as `every 10 minutes`."""
PeriodText = Annotated[str, AfterValidator(_period)]
"""When something is active, such as `from 22:00 to 06:00`."""


def check_location(text: str | None, location: LocationSettings | None, *key: str) -> None:
    """Check that a schedule or period with sunrise or sunset has a location.

    Args:
        key: the path of its key, below the one that is validated.

    Raises:
        PydanticCustomError: it has none.
    """
    if location is None and text is not None and needs_location(text):
        raise refuse("depends on the sun, but there is no `location`", LOCATION_ALLOWED, key)
