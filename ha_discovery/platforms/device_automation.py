"""Device triggers: messages that start automations, without an entity."""

from typing import ClassVar

from ha_discovery.component import Component
from ha_discovery.types import NonEmpty, Template, TopicFilter


class DeviceAutomation(Component):
    """A trigger: a message on `topic` that is `payload` (any message when it is not set).

    `type` and `subtype` name it for the user (``button_short_press``, ``button_1``); together they are
    unique in the device. An `Event` is the newer way to tell the same.
    """

    platform: ClassVar = "device_automation"
    fixed: ClassVar = {"automation_type": "trigger"}

    type: NonEmpty
    subtype: NonEmpty
    topic: TopicFilter
    payload: str | None = None
    value_template: Template | None = None

    @property
    def identity(self) -> str:
        return f"{self.type} {self.subtype}"
