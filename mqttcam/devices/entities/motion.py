"""The entities of a camera with motion detection."""

from __future__ import annotations

from collections.abc import Iterator

from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.entity import Entity, option
from mqttcam.devices.motion import THRESHOLD, CameraMotion
from mqttcam.settings.cameras import default_name
from mqttcam.values import Switch


def _of(device: CameraDevice) -> CameraMotion:
    assert device.motion is not None, "only cameras with motion detection have these entities"
    return device.motion


_ENTITIES: tuple[Entity[CameraDevice], ...] = (
    Entity(
        key="motion",
        platform="binary_sensor",
        name="Motion",
        kind=Switch(),
        read=lambda device: _of(device).moving,
        options=option(device_class="motion"),
    ),
    Entity(key="last_motion", platform="image", name="Last motion", topic="motion_image"),
    Entity(
        key="motion_detection",
        platform="switch",
        name="Motion detection",
        kind=Switch(),
        read=lambda device: _of(device).enabled,
        write=lambda device, value: _of(device).set_enabled(value),
        category="config",
        options=option(icon="mdi:motion-sensor"),
    ),
    Entity(
        key="motion_threshold",
        platform="number",
        name="Motion threshold",
        kind=THRESHOLD,
        read=lambda device: _of(device).threshold,
        write=lambda device, value: _of(device).set_threshold(value),
        configured=lambda device: _of(device).configured_threshold,
        category="config",
        options=option(icon="mdi:tune-variant", step=0.1, mode="box"),
    ),
)
_ACTIVE: Entity[CameraDevice] = Entity(
    key="motion_active",
    platform="binary_sensor",
    name="Motion detection active",
    kind=Switch(),
    read=lambda device: _of(device).active,
    category="diagnostic",
    options=option(icon="mdi:clock-check-outline"),
)
"""Only for motion detection that has hours."""


def motion_entities(device: CameraDevice) -> tuple[Entity[CameraDevice], ...]:
    """Return the entities of motion detection; empty if it is not configured."""
    if device.motion is None:
        return ()
    zones = (entity for zone in device.motion.zones for entity in _zone_entities(zone))
    return (*_ENTITIES, *zones) if device.motion.active is None else (*_ENTITIES, _ACTIVE, *zones)


def _zone_entities(zone: str) -> Iterator[Entity[CameraDevice]]:
    name = default_name(zone)
    yield Entity(
        key=f"zone_{zone}_motion",
        platform="binary_sensor",
        name=f"{name} motion",
        kind=Switch(),
        read=lambda device: _of(device).moves_in(zone),
        options=option(device_class="motion"),
    )
    yield Entity(
        key=f"zone_{zone}",
        platform="switch",
        name=f"{name} zone",
        kind=Switch(),
        read=lambda device: _of(device).is_armed(zone),
        write=lambda device, value: _of(device).set_armed(zone, value),
        category="config",
        options=option(icon="mdi:vector-polygon"),
    )
