"""What libcamera says of its frames that people like to see."""

from __future__ import annotations

from collections.abc import Mapping

from mqttcam.camera.reading import Reading
from mqttcam.values import Choice, Number

_AF_STATES = ("Idle", "Scanning", "Focused", "Failed")
"""libcamera's AfStateEnum, in its order."""

READINGS = (
    Reading("ExposureTime", Number(0, 1e9, integer=True, unit="µs"), icon="mdi:camera-timer"),
    Reading("AnalogueGain", Number(0, 1000), 2, icon="mdi:brightness-percent"),
    Reading("DigitalGain", Number(0, 1000), 2, icon="mdi:brightness-percent"),
    Reading("Lux", Number(0, 1e6, unit="lx"), 1, "illuminance"),
    Reading("ColourTemperature", Number(0, 1e6, integer=True, unit="K"), icon="mdi:thermometer"),
    Reading("SensorTemperature", Number(-273, 1000, unit="°C"), 1, "temperature"),
    Reading("LensPosition", Number(0, 1000, unit="dpt"), 2, icon="mdi:camera-metering-spot"),
    Reading(
        "FocusFoM", Number(0, 1e9, integer=True), icon="mdi:image-filter-center-focus", label="focus quality"
    ),
    Reading("AfState", Choice(_AF_STATES), icon="mdi:image-filter-center-focus", label="autofocus state"),
)


def readings_in(metadata: Mapping[str, object]) -> tuple[Reading, ...]:
    """Those that a camera reports: which ones depends on its sensor and its lens."""
    return tuple(reading for reading in READINGS if reading.name in metadata)
