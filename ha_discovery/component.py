"""The base classes of the components: the keys and rules that Home Assistant's platforms share."""

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
    check_entity_id,
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
"""The keys that a component inherits from the device payload if it does not set them (``schemas.SHARED_OPTIONS``)."""

_AVAILABILITY_TOPIC_KEYS = ("availability_template", "payload_available", "payload_not_available")


class Component(Model):
    """A component of a device. Each concrete subclass is a platform of Home Assistant.

    - `encoding`: the encoding of the messages that Home Assistant receives; ``""`` for bytes.
    - `group`: the unique ids of the entities that this entity groups.
    """

    always_sent_if_set = SHARED_OPTIONS  # they override the device payload
    platform: ClassVar[str]
    fixed: ClassVar[Mapping[str, str]] = {}
    """Keys that are always sent, with the same value."""
    required_topics: ClassVar[tuple[Literal["state_topic", "command_topic"], ...]] = ()
    """Topics that Home Assistant requires, in the component or in the device payload."""

    qos: QoS = 0
    encoding: Encoding = "utf-8"
    group: Sequence[str] | None = None

    @property
    @abstractmethod
    def identity(self) -> str:
        """The name by which Home Assistant identifies it among the components of its platform."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object for Home Assistant."""
        fixed = {self.short_names.get(key, key): value for key, value in self.fixed.items()}
        return {self.short_names["platform"]: self.platform, **fixed, **super().to_dict()}

    def problems(self, shared: Mapping[str, Any]) -> Iterator[str]:
        """Yield the reasons why it cannot work in a device payload with these `shared` options."""
        for key in self.required_topics:
            if getattr(self, key) is None and shared.get(key) is None:
                yield f"{key} is required for a {self.platform}, in the component or in the device payload"


class Entity(Component):
    """An entity: a component with a state, a name and an id in Home Assistant.

    - `name`: None for the device's name; if not set, Home Assistant chooses one, such as the device class.
    - `default_entity_id`: ``domain.name``, used only when Home Assistant creates the entity.
    - `json_attributes_topic`: the topic of JSON objects whose keys become attributes.
    - `availability`: an empty list makes the entity always available, whatever the device payload says.
    - `availability_topic`: with its payloads and template, the same as an `availability` with one entry.
    - `message_expiry_interval`: for the commands that Home Assistant sends, in seconds. This key and
      `visible_by_default` are new in Home Assistant 2026; older versions ignore them.
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
            raise ValueError(f"object_id was removed from Home Assistant; use default_entity_id={name!r}")
        return data

    @model_validator(mode="after")
    def _check_entity(self) -> Self:
        if self.default_entity_id is not None:
            check_entity_id(self.default_entity_id, self.platform)
        if self.json_attributes_template is not None and self.json_attributes_topic is None:
            raise ValueError("json_attributes_template is only allowed with json_attributes_topic")
        if self.availability_topic is not None:
            if self.availability is not None:
                raise ValueError("only one of availability and availability_topic is allowed")
        elif alone := [key for key in _AVAILABILITY_TOPIC_KEYS if key in self.model_fields_set]:
            raise ValueError(
                f"{', '.join(alone)}: only allowed with availability_topic; entries of availability have their own"
            )
        check_availability_topics(self.availability)
        return self

    @property
    def identity(self) -> str:
        """The unique id."""
        return self.unique_id

    def problems(self, shared: Mapping[str, Any]) -> Iterator[str]:
        """Yield the reasons why it cannot work in a device payload with these `shared` options."""
        yield from super().problems(shared)
        if self.availability_topic is not None and shared.get("availability") is not None:
            yield "availability_topic is not allowed, as the device payload has availability; use availability"


class ReadOnlyEntity(Entity):
    """An entity whose state comes from MQTT only; `state_topic` is required, here or in the device payload."""

    required_topics = ("state_topic",)

    state_topic: TopicFilter | None = None
    value_template: Template | None = None
