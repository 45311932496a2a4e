"""Something that happens."""

from typing import ClassVar, Literal, Self, TypeAlias

from pydantic import model_validator

from ha_discovery.component import ReadingEntity
from ha_discovery.types import Choices

EventDeviceClass: TypeAlias = Literal["button", "doorbell", "motion"]


class Event(ReadingEntity):
    """Messages are JSON objects with an ``event_type`` out of `event_types`; other keys become attributes.

    Home Assistant ignores retained messages that it gets at its start.
    """

    platform: ClassVar = "event"

    event_types: Choices
    device_class: EventDeviceClass | None = None

    @model_validator(mode="after")
    def _check_doorbell(self) -> Self:
        if self.device_class == "doorbell" and "ring" not in self.event_types:
            raise ValueError("device_class 'doorbell' needs 'ring' among the event_types")
        return self
