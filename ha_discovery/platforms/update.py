"""The version of a software, and whether there is a newer one."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal, TypeAlias

from ha_discovery.component import ReadingEntity
from ha_discovery.types import Count, Template, Topic, TopicFilter, WebUrl

UpdateDeviceClass: TypeAlias = Literal["firmware"]


class Update(ReadingEntity):
    """States are JSON objects with some of ``installed_version``, ``latest_version``, ``title``,
    ``release_summary``, ``release_url``, ``entity_picture``, ``in_progress`` and ``update_percentage``.

    With a `command_topic` there is an install button, which sends `payload_install`.
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
        yield from super().problems(shared)
        if self.payload_install is None and (self.command_topic or shared.get("command_topic")):
            yield "update with a command_topic needs a payload_install, otherwise installing fails"
