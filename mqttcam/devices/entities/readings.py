"""What a camera measures, as entities. Everything about the readings comes from the source."""

from __future__ import annotations

from mqttcam.camera.metadata_field import MetadataField
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.controls import class_of
from mqttcam.devices.entities.entity import Entity, option
from mqttcam.values import Choice, Number


def reading_entity(reading: MetadataField) -> Entity[CameraDevice]:
    """Return the sensor of a reading."""
    options: dict[str, object] = {"icon": reading.icon} if reading.icon else {}
    if reading.device_class:
        options["device_class"] = reading.device_class
    if isinstance(reading.kind, Choice):
        options["device_class"] = "enum"
    else:
        options |= class_of(reading.kind) if isinstance(reading.kind, Number) else {}
        options |= {"state_class": "measurement", "suggested_display_precision": reading.digits}
    if reading.noisy:
        options["enabled_by_default"] = False
    return Entity(
        key=reading.key,
        platform="sensor",
        name=reading.title,
        object_id=reading.key,
        kind=reading.kind,
        read=lambda device: device.camera.readings.values.get(reading.key),
        category="diagnostic",
        dead_band=reading.dead_band,
        options=option(**options),
    )
