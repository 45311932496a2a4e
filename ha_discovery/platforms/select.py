"""A choice of options."""

from typing import ClassVar, Self

from pydantic import model_validator

from ..component import Entity
from ..types import Choices, Template, Topic, TopicFilter


class Select(Entity):
    """A choice of one of `options`. Other states are ignored; the state ``None`` makes it unknown."""

    platform: ClassVar = "select"
    required_topics = ("command_topic",)

    options: Choices
    command_topic: Topic | None = None
    state_topic: TopicFilter | None = None
    command_template: Template | None = None
    value_template: Template | None = None
    optimistic: bool = False
    retain: bool = False

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if reserved := [option for option in self.options if option.lower() == "none"]:
            raise ValueError(
                f"options: {reserved[0]!r} is not allowed, as Home Assistant takes that state for unknown"
            )
        return self
