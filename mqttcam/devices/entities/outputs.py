"""The outputs of a camera as entities: a switch, its connection and its counters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.entity import Entity, option
from mqttcam.values import Number, Switch, Text, Value

_COUNTERS = (
    ("sent", "sent", "mdi:upload"),
    ("dropped", "dropped", "mdi:trash-can-outline"),
    ("errors", "errors", "mdi:alert"),
)


def output_entities(device: CameraDevice) -> Iterator[Entity[CameraDevice]]:
    """Yield the entities of every output of a camera."""
    for output in device.outputs:
        name = output.name
        yield Entity(
            key=name,
            platform="switch",
            name=output.title,
            kind=Switch(),
            read=_reader(name, "enabled"),
            write=_writer(name),
            category="config",
            options=option(icon="mdi:export"),
        )
        yield Entity(
            key=f"{name}_connected",
            platform="binary_sensor",
            name=f"{output.title} connected",
            kind=Switch(),
            read=_reader(name, "connected"),
            category="diagnostic",
            options=option(device_class="connectivity"),
        )
        for key, title, icon in _COUNTERS:
            yield Entity(
                key=f"{name}_{key}",
                platform="sensor",
                name=f"{output.title} {title}",
                kind=Number(0, 1e18, integer=True),
                read=_reader(name, key),
                category="diagnostic",
                options=option(icon=icon, state_class="total_increasing", enabled_by_default=False),
            )
        yield Entity(
            key=f"{name}_lag",
            platform="sensor",
            name=f"{output.title} lag",
            kind=Number(0, 1e9, unit="s"),
            read=_reader(name, "lag"),
            category="diagnostic",
            dead_band=(1.0, 0.1),
            options=option(
                device_class="duration",
                state_class="measurement",
                suggested_display_precision=1,
                enabled_by_default=False,
            ),
        )
        yield Entity(
            key=f"{name}_problem",
            platform="sensor",
            name=f"{output.title} problem",
            kind=Text(),
            read=_reader(name, "problem"),
            category="diagnostic",
            options=option(icon="mdi:alert-circle-outline"),
        )


def _reader(name: str, key: str) -> Callable[[CameraDevice], Value]:
    return lambda device: device.outputs.value(name, key)


def _writer(name: str) -> Callable[[CameraDevice, bool], None]:
    return lambda device, enabled: device.outputs.set_enabled(name, enabled)
