"""A receiver of notifications."""

from typing import ClassVar

from ..component import Entity
from ..types import Template, Topic


class Notify(Entity):
    """An entity that publishes the text of each notification to `command_topic`."""

    platform: ClassVar = "notify"
    required_topics = ("command_topic",)

    command_topic: Topic | None = None
    command_template: Template | None = None
    retain: bool = False
