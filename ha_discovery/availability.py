"""Which topics say whether a device or an entity can be used."""

from collections.abc import Sequence

from .base import Model
from .types import Template, TopicFilter


class Availability(Model):
    """One topic that says whether the device or entity can be used.

    `value_template` turns its payload into `payload_available` or `payload_not_available`.
    """

    topic: TopicFilter
    payload_available: str = "online"
    payload_not_available: str = "offline"
    value_template: Template | None = None


def check_availability_topics(availability: Sequence[Availability] | None) -> None:
    """Each topic counts once: Home Assistant keeps only the last entry of a topic.

    Raises ValueError.
    """
    topics = [entry.topic for entry in availability or ()]
    if twice := sorted({topic for topic in topics if topics.count(topic) > 1}):
        raise ValueError(f"availability lists a topic twice: {', '.join(twice)}")
