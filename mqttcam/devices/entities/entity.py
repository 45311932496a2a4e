"""What an entity is: one declaration, from which discovery, validation, state, commands and the web page follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from mqttcam.values import Value, ValueKind

Device = TypeVar("Device")
Platform = Literal[
    "binary_sensor", "button", "camera", "event", "image", "number", "select", "sensor", "switch", "text"
]
Category = Literal["config", "diagnostic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity(Generic[Device]):
    """One entity of a device.

    Attributes:
        key: its name in state, in `set` and in unique ids.
        platform: Home Assistant's.
        name: for people; `None` is the device's own name.
        kind: the type of its value; `None` where it has none (pictures, buttons).
        read: its value now; `None` for what has no value.
        write: takes a value in its normal form; cannot fail. `None` for what can only be read.
        control: the camera control that it is; written through the camera, all controls of a patch at once.
        command: the command that it gives (buttons; a select whose choice is a command's argument).
        arguments: what a button's command is given.
        picture: the topic, below the camera's, that its pictures are on (camera and image).
        options: more of Home Assistant's discovery keys, by their full names (`device_class`, `icon`, …).
    """

    key: str
    platform: Platform
    name: str | None
    kind: ValueKind | None = None
    read: Callable[[Device], Value] | None = None
    write: Callable[[Device, Any], None] | None = None
    control: str | None = None
    command: str | None = None
    arguments: tuple[tuple[str, object], ...] = ()
    picture: str | None = None
    category: Category | None = None
    options: tuple[tuple[str, object], ...] = ()

    @property
    def settable(self) -> bool:
        """Whether `set` takes it."""
        return self.write is not None or self.control is not None


def option(**options: object) -> tuple[tuple[str, object], ...]:
    """Discovery keys, or a command's arguments, as an `Entity` holds them."""
    return tuple(options.items())


def state_of(entities: tuple[Entity[Device], ...], device: Device) -> dict[str, object]:
    """Every value of a device as it stands in JSON; every key always there."""
    return {
        entity.key: entity.kind.encode(entity.read(device))
        for entity in entities
        if entity.read is not None and entity.kind is not None
    }
