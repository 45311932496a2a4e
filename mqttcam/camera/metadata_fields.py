"""The metadata of libcamera's frames that is shown as sensors."""

from __future__ import annotations

from collections.abc import Mapping

from mqttcam.camera.metadata_field import MetadataField
from mqttcam.values import Choice, Number

_AF_STATES = ("Idle", "Scanning", "Focused", "Failed")
"""libcamera's AfStateEnum, in its order."""

METADATA_FIELDS = (
    MetadataField(
        "ExposureTime", Number(0, 1e9, integer=True, unit="µs"), icon="mdi:camera-timer", dead_band=(0, 0.1)
    ),
    MetadataField("AnalogueGain", Number(0, 1000), 2, icon="mdi:brightness-percent", dead_band=(0, 0.1)),
    MetadataField(
        "DigitalGain", Number(0, 1000), 2, icon="mdi:brightness-percent", dead_band=(0, 0.1), noisy=True
    ),
    MetadataField("Lux", Number(0, 1e6, unit="lx"), 1, "illuminance", dead_band=(0.5, 0.1)),
    MetadataField(
        "ColourTemperature",
        Number(0, 1e6, integer=True, unit="K"),
        icon="mdi:thermometer",
        dead_band=(0, 0.1),
    ),
    MetadataField("SensorTemperature", Number(-273, 1000, unit="°C"), 1, "temperature", dead_band=(2.0, 0.0)),
    MetadataField(
        "LensPosition",
        Number(0, 1000, unit="dpt"),
        2,
        icon="mdi:camera-metering-spot",
        dead_band=(0.05, 0.05),
    ),
    MetadataField(
        "FocusFoM",
        Number(0, 1e9, integer=True),
        icon="mdi:image-filter-center-focus",
        label="focus quality",
        dead_band=(0, 0.2),
        noisy=True,
    ),
    MetadataField(
        "AfState", Choice(_AF_STATES), icon="mdi:image-filter-center-focus", label="autofocus state"
    ),
)


def fields_in(metadata: Mapping[str, object]) -> tuple[MetadataField, ...]:
    """Return the fields in a frame's metadata; which ones depends on the sensor and the lens."""
    return tuple(field for field in METADATA_FIELDS if field.name in metadata)
