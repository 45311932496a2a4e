"""A switch: on or off."""

from typing import ClassVar, Literal, TypeAlias

from ha_discovery.component import Entity
from ha_discovery.types import Template, Topic, TopicFilter

SwitchDeviceClass: TypeAlias = Literal["outlet", "switch"]


class Switch(Entity):
    """Sends `payload_on` or `payload_off`; reads them back, or `state_on` and `state_off` if those are set.

    Without a `state_topic` Home Assistant assumes that every command works (optimistic).
    """

    platform: ClassVar = "switch"
    required_topics = ("command_topic",)

    command_topic: Topic | None = None
    state_topic: TopicFilter | None = None
    command_template: Template | None = None
    value_template: Template | None = None
    payload_on: str = "ON"
    payload_off: str = "OFF"
    state_on: str | None = None
    state_off: str | None = None
    device_class: SwitchDeviceClass | None = None
    optimistic: bool = False
    retain: bool = False
