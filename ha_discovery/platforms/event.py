"""An event entity, such as a doorbell."""

from typing import ClassVar, Literal, Self, TypeAlias

from pydantic import model_validator

from ..component import ReadOnlyEntity
from ..types import Choices

EventDeviceClass: TypeAlias = Literal["button", "doorbell", "motion"]


class Event(ReadOnlyEntity):
    """An entity that shows the last event.

    Messages are JSON objects with an ``event_type``, one of `event_types`; their other keys become attributes.
    Home Assistant ignores retained messages that it receives when it subscribes.
    """

    platform: ClassVar = "event"

    event_types: Choices
    device_class: EventDeviceClass | None = None

    @model_validator(mode="after")
    def _check_doorbell(self) -> Self:
        if self.device_class == "doorbell" and "ring" not in self.event_types:
            raise ValueError("event_types must have 'ring' for device_class 'doorbell'")
        return self
