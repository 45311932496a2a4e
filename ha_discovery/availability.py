"""The topics on which a device or an entity is reported available."""

from collections.abc import Sequence

from .base import Model
from .types import Template, TopicFilter


class Availability(Model):
    """A topic whose payload is `payload_available` or `payload_not_available`.

    `value_template` converts other payloads to one of the two.
    """

    topic: TopicFilter
    payload_available: str = "online"
    payload_not_available: str = "offline"
    value_template: Template | None = None


def check_availability_topics(availability: Sequence[Availability] | None) -> None:
    """Check that every topic is listed once: of several entries, Home Assistant keeps only the last.

    Raises:
        ValueError: a topic is listed twice.
    """
    topics = [entry.topic for entry in availability or ()]
    if twice := sorted({topic for topic in topics if topics.count(topic) > 1}):
        raise ValueError(f"availability: each topic is allowed only once, listed twice: {', '.join(twice)}")
