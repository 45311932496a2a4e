"""The entities of a camera's series."""

from __future__ import annotations

from collections.abc import Iterator

from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.entity import Entity, option
from mqttcam.series.series import STATES
from mqttcam.settings.cameras import default_name
from mqttcam.values import Choice, Number, Switch, Text


def series_entities(device: CameraDevice) -> tuple[Entity[CameraDevice], ...]:
    """Return the entities of all series; empty without one."""
    return tuple(entity for name in device.series.names for entity in _entities_of(name))


def _entities_of(name: str) -> Iterator[Entity[CameraDevice]]:
    title = default_name(name)
    yield Entity(
        key=f"series_{name}",
        platform="sensor",
        name=f"{title} series status",
        object_id=f"{title} series",
        kind=Choice(STATES),
        read=lambda device: device.series.state(name),
        options=option(device_class="enum", icon="mdi:timelapse"),
    )
    yield Entity(
        key=f"series_{name}_on",
        platform="switch",
        name=f"{title} series",
        kind=Switch(),
        read=lambda device: device.series.state(name) == "running",
        write=lambda device, value: device.series.set_running(name, value),
        options=option(icon="mdi:timelapse"),
    )
    yield Entity(
        key=f"series_{name}_pictures",
        platform="sensor",
        name=f"{title} pictures",
        kind=Number(0, 1e18, integer=True),
        read=lambda device: device.series.pictures(name),
        options=option(icon="mdi:image-multiple", state_class="total_increasing"),
    )
    yield Entity(
        key=f"series_{name}_next",
        platform="sensor",
        name=f"{title} next picture",
        kind=Text(),
        read=lambda device: device.series.next(name),
        options=option(device_class="timestamp"),
    )
    yield Entity(
        key=f"series_{name}_last",
        platform="image",
        name=f"{title} last picture",
        topic="series_image",
        series=name,
    )
