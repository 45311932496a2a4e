"""The entities of a camera that switches between day and night."""

from __future__ import annotations

from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.day_night import STATES, DayNight
from mqttcam.devices.entities.entity import Entity, option
from mqttcam.values import Choice, Number


def _of(device: CameraDevice) -> DayNight:
    assert device.day_night is not None, "only cameras with day and night have these entities"
    return device.day_night


_ENTITIES: tuple[Entity[CameraDevice], ...] = (
    Entity(
        key="day_night",
        platform="sensor",
        name="Day or night",
        kind=Choice(STATES),
        read=lambda device: _of(device).state,
        options=option(icon="mdi:theme-light-dark", device_class="enum"),
    ),
    Entity(
        key="day_night_event",
        platform="event",
        name="Day or night event",
        topic="event",
        options=option(icon="mdi:theme-light-dark", event_types=STATES),
    ),
    Entity(
        key="picture_brightness",
        platform="sensor",
        name="Picture brightness",
        kind=Number(0, 100, unit="%"),
        read=lambda device: _of(device).brightness,
        category="diagnostic",
        dead_band=(1.0, 0.1),
        options=option(
            icon="mdi:brightness-percent", state_class="measurement", suggested_display_precision=0
        ),
    ),
)


def day_night_entities(device: CameraDevice) -> tuple[Entity[CameraDevice], ...]:
    """Return the entities of day and night; empty if it is not configured."""
    return () if device.day_night is None else _ENTITIES
