"""A choice between options."""

from typing import ClassVar, Self

from pydantic import model_validator

from ha_discovery.component import Entity
from ha_discovery.types import Choices, Template, Topic, TopicFilter


class Select(Entity):
    """One of `options`. A state that is none of them is refused; the state ``None`` means unknown."""

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
                f"option {reserved[0]!r} could never be shown: as a state Home Assistant reads it as unknown"
            )
        return self
