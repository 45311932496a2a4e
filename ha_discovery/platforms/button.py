"""A button to press."""

from typing import ClassVar, Literal, TypeAlias

from ha_discovery.component import Entity
from ha_discovery.types import Template, Topic

ButtonDeviceClass: TypeAlias = Literal["identify", "restart", "update"]


class Button(Entity):
    """Sends `payload_press`."""

    platform: ClassVar = "button"
    required_topics = ("command_topic",)

    command_topic: Topic | None = None
    command_template: Template | None = None
    payload_press: str = "PRESS"
    device_class: ButtonDeviceClass | None = None
    retain: bool = False
