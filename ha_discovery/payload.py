"""The device payload: one retained message that announces a device with everything it has."""

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
"""The discovery prefix that Home Assistant listens to unless its user chose another one."""

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
    """What to publish. An empty payload with `retain` deletes the retained message of the topic."""

    topic: str
    payload: bytes
    retain: bool


def device_topic(object_id: str, *, node_id: str | None = None, prefix: str = PREFIX) -> str:
    """The topic of a device payload: ``<prefix>/device/[<node_id>/]<object_id>/config``.

    Raises ValueError for an id with other characters than A-Z, a-z, 0-9, ``_``, ``-``, or a wrong prefix.
    """
    ids = [check_id(part) for part in (node_id, object_id) if part is not None]
    return "/".join((check_topic(prefix), "device", *ids, "config"))


class Removal(Model):
    """Takes a component out of its device: in its place it sends its platform and nothing else.

    Merely leaving a component out changes nothing in Home Assistant.
    """

    platform: Platform

    def to_dict(self) -> dict[str, Any]:
        return {KEYS["platform"]: self.platform}


class DeviceDiscovery(Model):
    """A device, the program that announces it, and its components under keys of your own.

    The options below `components` hold for every component that does not set its own, so that a `state_topic`
    that all share is written only once.
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
            yield "components: a device needs at least one"
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
                yield f"components: {error}"
            for problem in component.problems(shared):
                yield f"components.{key}: {problem}"
            for name in _names(component):
                if (other := taken.setdefault(name, key)) != key:
                    yield f"components.{key}: {name} is announced by {other} already"

    def payload(self) -> dict[str, Any]:
        """The payload as a JSON object, with Home Assistant's short names and without its defaults."""
        return self.to_dict()

    def payload_bytes(self) -> bytes:
        """The payload as compact JSON in UTF-8."""
        return to_json(self.payload())

    def topic(self, *, object_id: str, node_id: str | None = None, prefix: str = PREFIX) -> str:
        """The topic to publish it on, see `device_topic`."""
        return device_topic(object_id, node_id=node_id, prefix=prefix)

    def message(self, topic: str) -> Message:
        """The retained message that announces the device on `topic`."""
        return Message(topic, self.payload_bytes(), retain=True)


def _names(component: Component) -> Iterator[str]:
    """What no two components of a device may have in common."""
    yield f"{component.platform} {component.identity}"
    if isinstance(component, Entity) and component.default_entity_id is not None:
        yield f"default_entity_id {component.default_entity_id}"
