"""Device triggers, which start automations and are not entities."""

from typing import ClassVar

from ..component import Component
from ..types import NonEmpty, Template, TopicFilter


class DeviceAutomation(Component):
    """A device trigger: it fires at each message on `topic`, or at those with a certain `payload`.

    `type` and `subtype`, such as ``button_short_press`` and ``button_1``, are shown to the user; together they
    are unique in the device. Home Assistant cannot delete a device whose trigger was removed and announced again;
    an `Event` has no such limit.
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
        """The type and subtype."""
        return f"{self.type} {self.subtype}"
