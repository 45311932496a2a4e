"""What an entity is: one declaration, from which discovery, validation, state, the API and the web page follow."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct

from mqttcam.values import Value, ValueKind

log = logging.getLogger(__name__)

DeviceT = TypeVar("DeviceT")
Platform = Literal[
    "binary_sensor", "button", "camera", "event", "image", "number", "select", "sensor", "switch", "text"
]
Category = Literal["config", "diagnostic"]
LONGEST_STATE = 255
"""Home Assistant's limit for a state, in characters."""
Topic = Literal[
    "state", "status", "image", "snapshot", "motion_image", "detection_image", "series_image", "event"
]


class Entity(Struct, Generic[DeviceT], frozen=True, kw_only=True):
    """One entity of a device.

    Attributes:
        key: its name in the state, in `set` and in unique ids.
        platform: Home Assistant's platform.
        name: as users see it; `None` for the name of the device.
        object_id: the end of its default entity id, if that is not made of `name`: it stays when a name is improved.
        kind: the kind of its value; `None` without a value (pictures, buttons).
        read: returns its present value; `None` without a value.
        write: sets its value, which is in the kind's normal form; cannot fail. `None` if it is read-only or a control.
        configured: returns its configured value, which a reset returns to; `None` if it has none, or for a control.
        control: the key of the camera control that it sets; a patch sets all its controls at once.
        command: the command that it sends (buttons; a select whose option is the command's argument).
        arguments: the arguments of a button's command.
        topic: the topic of the device that it is read from: its value in the `state` (of the node, in `health`), its
            pictures, its events, or the node's own `status`.
        series: the series whose pictures it shows.
        read_from: the field of the node's `health` that Home Assistant reads instead of its value.
        label: the label whose pictures are on the topic, as in keys.
        available_by: the key of the state whose value is null while the entity is unavailable.
        dead_band: changes of at most this, absolute or relative to the last value, are not published over MQTT; see
            `SteadyValues`.
        options: more of Home Assistant's discovery keys, by their full names (`device_class`, `icon`).
    """

    key: str
    platform: Platform
    name: str | None
    object_id: str | None = None
    kind: ValueKind | None = None
    read: Callable[[DeviceT], Value] | None = None
    write: Callable[[DeviceT, Any], None] | None = None
    configured: Callable[[DeviceT], Value] | None = None
    control: str | None = None
    command: str | None = None
    arguments: tuple[tuple[str, object], ...] = ()
    topic: Topic = "state"
    category: Category | None = None
    series: str | None = None
    read_from: str | None = None
    label: str | None = None
    available_by: str | None = None
    dead_band: tuple[float, float] | None = None
    options: tuple[tuple[str, object], ...] = ()

    @property
    def settable(self) -> bool:
        """Whether `set` accepts it."""
        return self.write is not None or self.control is not None


def option(**options: object) -> tuple[tuple[str, object], ...]:
    """Return discovery keys, or the arguments of a command, as an `Entity` holds them."""
    return tuple(options.items())


def state_of(entities: tuple[Entity[DeviceT], ...], device: DeviceT) -> dict[str, object]:
    """Return every value of a device as in JSON; all keys are always present, with null if a value cannot be read."""
    return {entity.key: _value_of(entity, device) for entity in entities if entity.read and entity.kind}


def _value_of(entity: Entity[DeviceT], device: DeviceT) -> object:
    assert entity.read is not None
    assert entity.kind is not None
    try:
        return entity.kind.encode(entity.read(device))
    except Exception:
        log.debug("the value of %s cannot be read", entity.key, exc_info=True)
        return None
