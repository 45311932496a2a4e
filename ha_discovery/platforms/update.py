"""The installed and the latest version of a piece of software."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal, TypeAlias

from ..component import ReadOnlyEntity
from ..types import Count, Template, Topic, TopicFilter, WebUrl

UpdateDeviceClass: TypeAlias = Literal["firmware"]


class Update(ReadOnlyEntity):
    """An update of firmware or software, with a button that sends `payload_install` if it has a `command_topic`.

    States are JSON objects with some of ``installed_version``, ``latest_version``, ``title``,
    ``release_summary``, ``release_url``, ``entity_picture``, ``in_progress`` and ``update_percentage``.
    """

    platform: ClassVar = "update"

    command_topic: Topic | None = None
    payload_install: str | None = None
    latest_version_topic: TopicFilter | None = None
    latest_version_template: Template | None = None
    title: str | None = None
    release_summary: str | None = None
    release_url: WebUrl | None = None
    display_precision: Count = 0
    device_class: UpdateDeviceClass | None = None
    retain: bool = False

    def problems(self, shared: Mapping[str, Any]) -> Iterator[str]:
        """Yield the reasons why it cannot work in a device payload with these `shared` options."""
        yield from super().problems(shared)
        if self.payload_install is None and (self.command_topic or shared.get("command_topic")):
            yield "payload_install is required for an update with a command_topic"
