"""A button."""

from typing import ClassVar, Literal, TypeAlias

from ..component import Entity
from ..types import Template, Topic

ButtonDeviceClass: TypeAlias = Literal["identify", "restart", "update"]


class Button(Entity):
    """A button that sends `payload_press`."""

    platform: ClassVar = "button"
    required_topics = ("command_topic",)

    command_topic: Topic | None = None
    command_template: Template | None = None
    payload_press: str = "PRESS"
    device_class: ButtonDeviceClass | None = None
    retain: bool = False
