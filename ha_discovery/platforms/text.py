"""A text that the user can set."""

from typing import Annotated, ClassVar, Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from ..component import Entity
from ..types import Count, Pattern, Template, Topic, TopicFilter

TextMode: TypeAlias = Literal["text", "password"]

MAX_LENGTH: Final = 255
"""The largest number of characters in a state of Home Assistant."""


class Text(Entity):
    """A text of `min` to `max` characters that matches the regular expression `pattern`."""

    platform: ClassVar = "text"
    required_topics = ("command_topic",)

    command_topic: Topic | None = None
    state_topic: TopicFilter | None = None
    command_template: Template | None = None
    value_template: Template | None = None
    min: Count = 0
    max: Annotated[int, Field(ge=0, le=MAX_LENGTH)] = MAX_LENGTH
    mode: TextMode = "text"
    pattern: Pattern | None = None
    optimistic: bool = False
    retain: bool = False

    @model_validator(mode="after")
    def _check_length(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min ({self.min}) must not be larger than max ({self.max})")
        return self
