"""A switch."""

from typing import ClassVar, Literal, TypeAlias

from ..component import Entity
from ..types import Template, Topic, TopicFilter

SwitchDeviceClass: TypeAlias = Literal["outlet", "switch"]


class Switch(Entity):
    """A switch. It sends `payload_on` and `payload_off`, which are also its states if `state_on` is None.

    Without a `state_topic`, Home Assistant assumes that every command succeeds (`optimistic`).
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
