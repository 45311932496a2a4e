"""Components: what the platforms of Home Assistant have in common."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import model_validator

from .availability import Availability, check_availability_topics
from .base import Model
from .types import (
    AvailabilityMode,
    Count,
    Encoding,
    EntityCategory,
    Icon,
    NonEmpty,
    QoS,
    Template,
    TopicFilter,
    WebUrl,
    entity_id_problem,
)

SHARED_OPTIONS: Final = frozenset(
    {
        "availability",
        "availability_mode",
        "availability_template",
        "availability_topic",
        "command_topic",
        "encoding",
        "message_expiry_interval",
        "payload_available",
        "payload_not_available",
        "qos",
        "state_topic",
    }
)
"""What a component inherits from the device payload unless it has its own (``schemas.SHARED_OPTIONS``)."""

_OF_AVAILABILITY_TOPIC = ("availability_template", "payload_available", "payload_not_available")


class Component(Model):
    """One thing of a device. Each subclass is one platform of Home Assistant.

    `encoding` is that of the messages Home Assistant receives; ``""`` keeps them bytes.
    `group` lists the unique ids of the entities that this one groups.
    """

    kept = SHARED_OPTIONS  # what was set must stand against the device payload
    platform: ClassVar[str]
    fixed: ClassVar[Mapping[str, str]] = {}
    """Keys that always have the same value and always go out."""
    required_topics: ClassVar[tuple[Literal["state_topic", "command_topic"], ...]] = ()
    """Topics that Home Assistant insists on: the component's own or the device payload's."""

    qos: QoS = 0
    encoding: Encoding = "utf-8"
    group: Sequence[str] | None = None

    @property
    @abstractmethod
    def identity(self) -> str:
        """What Home Assistant knows it by, among the components of its platform."""

    def to_dict(self) -> dict[str, Any]:
        fixed = {self.short_names.get(key, key): value for key, value in self.fixed.items()}
        return {self.short_names["platform"]: self.platform, **fixed, **super().to_dict()}

    def problems(self, shared: Mapping[str, Any]) -> Iterator[str]:
        """What keeps this component from working in a device payload with these `shared` options."""
        for key in self.required_topics:
            if getattr(self, key) is None and shared.get(key) is None:
                yield f"{self.platform} needs a {key}, of its own or of the device payload"


class Entity(Component):
    """What every entity has.

    - `name`: unset = Home Assistant's own (the device class, or "MQTT Sensor"), ``None`` = the device's name.
    - `default_entity_id`: ``domain.name``; Home Assistant uses it once, when it creates the entity.
    - `json_attributes_topic`: a JSON object whose keys become attributes.
    - `availability_topic`, with its payloads and template, is short for an `availability` of one entry.
      An empty `availability` makes the entity always available, whatever the device payload says.
    - `message_expiry_interval` (seconds, of the commands that Home Assistant sends) and `visible_by_default`
      are new in 2026; older versions ignore them.
    """

    nullable = ("name",)

    unique_id: NonEmpty
    name: str | None = None
    default_entity_id: str | None = None
    entity_category: EntityCategory | None = None
    icon: Icon | None = None
    entity_picture: WebUrl | None = None
    enabled_by_default: bool = True
    visible_by_default: bool = True
    json_attributes_topic: TopicFilter | None = None
    json_attributes_template: Template | None = None
    availability: Sequence[Availability] | None = None
    availability_mode: AvailabilityMode = "latest"
    availability_topic: TopicFilter | None = None
    availability_template: Template | None = None
    payload_available: str = "online"
    payload_not_available: str = "offline"
    message_expiry_interval: Count | None = None

    @model_validator(mode="before")
    @classmethod
    def _refuse_object_id(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and "object_id" in data:
            name = f"{cls.platform}.{data['object_id']}"
            raise ValueError(f"object_id does not exist any more; use default_entity_id={name!r}")
        return data

    @model_validator(mode="after")
    def _check_entity(self) -> Self:
        if self.default_entity_id is not None and (
            problem := entity_id_problem(self.default_entity_id, self.platform)
        ):
            raise ValueError(f"default_entity_id: {problem}")
        if self.json_attributes_template is not None and self.json_attributes_topic is None:
            raise ValueError("json_attributes_template does nothing without json_attributes_topic")
        if self.availability_topic is not None:
            if self.availability is not None:
                raise ValueError("availability and availability_topic exclude each other")
        elif alone := [key for key in _OF_AVAILABILITY_TOPIC if key in self.model_fields_set]:
            raise ValueError(
                f"{', '.join(alone)}: belongs to availability_topic, which is not set"
                " (each entry of availability has its own)"
            )
        check_availability_topics(self.availability)
        return self

    @property
    def identity(self) -> str:
        return self.unique_id

    def problems(self, shared: Mapping[str, Any]) -> Iterator[str]:
        yield from super().problems(shared)
        if self.availability_topic is not None and shared.get("availability") is not None:
            yield "availability_topic excludes the availability that the device payload has; use availability"


class ReadingEntity(Entity):
    """An entity that Home Assistant only reads: `state_topic` is needed, here or in the device payload."""

    required_topics = ("state_topic",)

    state_topic: TopicFilter | None = None
    value_template: Template | None = None
