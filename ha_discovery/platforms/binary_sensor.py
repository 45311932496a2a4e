"""A binary sensor: on or off."""

from typing import ClassVar, Literal, Self, TypeAlias

from pydantic import model_validator

from ..component import ReadOnlyEntity
from ..types import Count, DiagnosticCategory

BinarySensorDeviceClass: TypeAlias = Literal[
    "battery",
    "battery_charging",
    "carbon_monoxide",
    "cold",
    "connectivity",
    "door",
    "garage_door",
    "gas",
    "glass_break",
    "heat",
    "light",
    "lock",
    "moisture",
    "motion",
    "moving",
    "occupancy",
    "opening",
    "plug",
    "power",
    "presence",
    "problem",
    "running",
    "safety",
    "smoke",
    "sound",
    "tamper",
    "update",
    "vibration",
    "window",
]


class BinarySensor(ReadOnlyEntity):
    """A sensor that is on or off. The payload ``None`` makes it unknown; other payloads are ignored.

    - `expire_after`: the seconds without a message after which it is unavailable, as it is before the first
      message; 0 for never.
    - `off_delay`: the seconds after which it turns off by itself.
    - `force_update`: a message with the same value is an update, too.
    """

    platform: ClassVar = "binary_sensor"

    entity_category: DiagnosticCategory | None = None
    device_class: BinarySensorDeviceClass | None = None
    payload_on: str = "ON"
    payload_off: str = "OFF"
    expire_after: Count | None = None
    off_delay: Count | None = None
    force_update: bool = False

    @model_validator(mode="after")
    def _check_payloads(self) -> Self:
        if self.payload_on == self.payload_off:
            raise ValueError(f"payload_on and payload_off must differ, both are {self.payload_on!r}")
        return self
