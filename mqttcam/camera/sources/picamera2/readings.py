"""What a camera reports of its frames, for sensors: never set, always measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mqttcam.values import Choice, Kind, Number, Value

_AF_STATES = ("Idle", "Scanning", "Focused", "Failed")
"""libcamera's AfStateEnum, in its order."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of `Frame.metadata` that people like to see.

    Attributes:
        name: libcamera's own.
        digits: behind the point, to round it to.
        device_class: Home Assistant's, where it has one for this.
    """

    name: str
    kind: Kind
    digits: int = 0
    device_class: str | None = None
    icon: str | None = None

    def value(self, metadata: Mapping[str, object]) -> Value:
        """Its value in a frame; `None` where the frame has none."""
        raw = metadata.get(self.name)
        if isinstance(self.kind, Choice):
            known = isinstance(raw, int) and 0 <= raw < len(self.kind.options)
            return self.kind.options[raw] if known and isinstance(raw, int) else None
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            return None
        return round(raw, self.digits) if self.digits else round(raw)


READINGS = (
    Reading("ExposureTime", Number(0, 1e9, integer=True, unit="µs"), icon="mdi:camera-timer"),
    Reading("AnalogueGain", Number(0, 1000), 2, icon="mdi:brightness-percent"),
    Reading("DigitalGain", Number(0, 1000), 2, icon="mdi:brightness-percent"),
    Reading("Lux", Number(0, 1e6, unit="lx"), 1, "illuminance"),
    Reading("ColourTemperature", Number(0, 1e6, integer=True, unit="K"), icon="mdi:thermometer"),
    Reading("SensorTemperature", Number(-273, 1000, unit="°C"), 1, "temperature"),
    Reading("LensPosition", Number(0, 1000, unit="dpt"), 2, icon="mdi:camera-metering-spot"),
    Reading("FocusFoM", Number(0, 1e9, integer=True), icon="mdi:image-filter-center-focus"),
    Reading("AfState", Choice(_AF_STATES), icon="mdi:image-filter-center-focus"),
)


def readings_in(metadata: Mapping[str, object]) -> tuple[Reading, ...]:
    """Those that a camera reports: which ones depends on its sensor and its lens."""
    return tuple(reading for reading in READINGS if reading.name in metadata)
