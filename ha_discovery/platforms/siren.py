"""A siren or chime."""

from typing import ClassVar

from ..component import Entity
from ..types import Choices, Template, Topic, TopicFilter


class Siren(Entity):
    """A siren. Commands are JSON objects with ``state`` and, if supported, ``tone``, ``duration``, ``volume_level``.

    - `command_off_template`: the template of the command that turns it off; `command_template` if None.
    """

    platform: ClassVar = "siren"
    required_topics = ("command_topic",)

    command_topic: Topic | None = None
    state_topic: TopicFilter | None = None
    command_template: Template | None = None
    command_off_template: Template | None = None
    state_value_template: Template | None = None
    payload_on: str = "ON"
    payload_off: str = "OFF"
    state_on: str | None = None
    state_off: str | None = None
    available_tones: Choices | None = None
    support_duration: bool = True
    support_volume_set: bool = True
    optimistic: bool = False
    retain: bool = False
