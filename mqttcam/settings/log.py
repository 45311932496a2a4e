"""What is logged, and how."""

from typing import Annotated, Literal

from pydantic import Field

from mqttcam.settings.section import AnyCase, Section


class LogSettings(Section):
    """The log on standard error."""

    level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        AnyCase(warn="WARNING", critical="ERROR", fatal="ERROR", notset="DEBUG"),
    ] = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    format: Annotated[Literal["text", "json"], AnyCase()] = Field(
        "text", description="text: for people; json: one JSON object per line, for machines."
    )
