"""The metadata of libcamera's frames that is shown as sensors."""

from __future__ import annotations

from collections.abc import Mapping

from mqttcam.camera.metadata_field import MetadataField
from mqttcam.values import Choice, Number

_AF_STATES = ("Idle", "Scanning", "Focused", "Failed")
"""libcamera's AfStateEnum, in its order."""

METADATA_FIELDS = (
    MetadataField("ExposureTime", Number(0, 1e9, integer=True, unit="µs"), icon="mdi:camera-timer"),
    MetadataField("AnalogueGain", Number(0, 1000), 2, icon="mdi:brightness-percent"),
    MetadataField("DigitalGain", Number(0, 1000), 2, icon="mdi:brightness-percent"),
    MetadataField("Lux", Number(0, 1e6, unit="lx"), 1, "illuminance"),
    MetadataField("ColourTemperature", Number(0, 1e6, integer=True, unit="K"), icon="mdi:thermometer"),
    MetadataField("SensorTemperature", Number(-273, 1000, unit="°C"), 1, "temperature"),
    MetadataField("LensPosition", Number(0, 1000, unit="dpt"), 2, icon="mdi:camera-metering-spot"),
    MetadataField(
        "FocusFoM", Number(0, 1e9, integer=True), icon="mdi:image-filter-center-focus", label="focus quality"
    ),
    MetadataField(
        "AfState", Choice(_AF_STATES), icon="mdi:image-filter-center-focus", label="autofocus state"
    ),
)


def fields_in(metadata: Mapping[str, object]) -> tuple[MetadataField, ...]:
    """Return the fields in a frame's metadata; which ones depends on the sensor and the lens."""
    return tuple(field for field in METADATA_FIELDS if field.name in metadata)
