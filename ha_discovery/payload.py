"""The device payload: one retained message that announces a device with all of its components."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self, TypeAlias

from pydantic import InstanceOf, model_validator
from pydantic_core import to_json

from .abbreviations import KEYS
from .availability import Availability, check_availability_topics
from .base import Model
from .component import Component, Entity
from .device import Device, Origin
from .types import AvailabilityMode, Encoding, QoS, Topic, TopicFilter, check_id, check_topic

PREFIX: Final = "homeassistant"
"""Home Assistant's default discovery prefix."""

Platform: TypeAlias = Literal[
    "alarm_control_panel",
    "binary_sensor",
    "button",
    "camera",
    "climate",
    "cover",
    "date",
    "datetime",
    "device_automation",
    "device_tracker",
    "event",
    "fan",
    "humidifier",
    "image",
    "infrared",
    "lawn_mower",
    "light",
    "lock",
    "notify",
    "number",
    "scene",
    "select",
    "sensor",
    "siren",
    "switch",
    "tag",
    "text",
    "time",
    "update",
    "vacuum",
    "valve",
    "water_heater",
]
"""All platforms of MQTT discovery in Home Assistant 2026.11 (``const.SUPPORTED_COMPONENTS``)."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to publish. With an empty payload and `retain`, it deletes the topic's retained message."""

    topic: str
    payload: bytes
    retain: bool


def device_topic(object_id: str, *, node_id: str | None = None, prefix: str = PREFIX) -> str:
    """Return the topic of a device payload: ``<prefix>/device/[<node_id>/]<object_id>/config``.

    Raises:
        ValueError: an id has characters other than A-Z, a-z, 0-9, ``_`` and ``-``, or the prefix is not a topic.
    """
    ids = [check_id(part) for part in (node_id, object_id) if part is not None]
    return "/".join((check_topic(prefix), "device", *ids, "config"))


class Removal(Model):
    """The removal of a component: under the component's key, its platform and nothing else.

    A component that is merely left out stays in Home Assistant.
    """

    platform: Platform

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object for Home Assistant."""
        return {KEYS["platform"]: self.platform}


class DeviceDiscovery(Model):
    """A device, the program that announces it (`origin`), and its components, by key.

    The keys are free, but must not change: Home Assistant identifies a component by its key. The other options
    apply to each component that does not set them, such as a `state_topic` that all components share.
    """

    device: Device
    origin: Origin
    components: Mapping[str, InstanceOf[Component] | InstanceOf[Removal]]
    availability: Sequence[Availability] | None = None
    availability_mode: AvailabilityMode = "latest"
    state_topic: TopicFilter | None = None
    command_topic: Topic | None = None
    qos: QoS = 0
    encoding: Encoding = "utf-8"

    @model_validator(mode="after")
    def _check_components(self) -> Self:
        if problems := list(self._problems()):
            raise ValueError("; ".join(problems))
        check_availability_topics(self.availability)
        return self

    def _problems(self) -> Iterator[str]:
        if not self.components:
            yield "components: at least one is required"
        shared = {
            "availability": self.availability,
            "state_topic": self.state_topic,
            "command_topic": self.command_topic,
        }
        taken: dict[str, str] = {}
        for key, component in self.components.items():
            if isinstance(component, Removal):
                continue
            try:
                check_id(key)
            except ValueError as error:
                yield f"components: key {error}"
            for problem in component.problems(shared):
                yield f"components.{key}: {problem}"
            for name in _unique_names(component):
                if (other := taken.setdefault(name, key)) != key:
                    yield f"components.{key}: {name} must be unique in the device, and components.{other} has it"

    def payload(self) -> dict[str, Any]:
        """Return the payload as a JSON object, with Home Assistant's short names and without its defaults."""
        return self.to_dict()

    def payload_bytes(self) -> bytes:
        """Return the payload as compact JSON in UTF-8."""
        return to_json(self.payload())

    def topic(self, *, object_id: str, node_id: str | None = None, prefix: str = PREFIX) -> str:
        """Return the topic to publish it on, as `device_topic` does."""
        return device_topic(object_id, node_id=node_id, prefix=prefix)

    def message(self, topic: str) -> Message:
        """Return the retained message that announces the device on `topic`."""
        return Message(topic, self.payload_bytes(), retain=True)


def _unique_names(component: Component) -> Iterator[str]:
    """Yield the names that no other component of the device may have."""
    key = "unique_id" if isinstance(component, Entity) else "type and subtype"
    yield f"{key} {component.identity!r} of a {component.platform}"
    if isinstance(component, Entity) and component.default_entity_id is not None:
        yield f"default_entity_id {component.default_entity_id!r}"
