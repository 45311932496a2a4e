"""A place to send messages to."""

from typing import ClassVar

from ha_discovery.component import Entity
from ha_discovery.types import Template, Topic


class Notify(Entity):
    """Sends the message's text to `command_topic`."""

    platform: ClassVar = "notify"
    required_topics = ("command_topic",)

    command_topic: Topic | None = None
    command_template: Template | None = None
    retain: bool = False
