"""A sensor of two states."""

from typing import ClassVar, Literal, Self, TypeAlias

from pydantic import model_validator

from ha_discovery.component import ReadingEntity
from ha_discovery.types import Count, ReadingCategory

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


class BinarySensor(ReadingEntity):
    """On or off; the payload ``None`` means unknown, any other payload is ignored.

    - `expire_after`: seconds without a message until it is unavailable; 0 = never.
      With it, the sensor is unavailable until the first message.
    - `off_delay`: seconds after which an "on" turns off by itself.
    - `force_update`: a message with the same value counts as an update, too.
    """

    platform: ClassVar = "binary_sensor"

    entity_category: ReadingCategory | None = None
    device_class: BinarySensorDeviceClass | None = None
    payload_on: str = "ON"
    payload_off: str = "OFF"
    expire_after: Count | None = None
    off_delay: Count | None = None
    force_update: bool = False

    @model_validator(mode="after")
    def _check_payloads(self) -> Self:
        if self.payload_on == self.payload_off:
            raise ValueError(
                f"payload_on and payload_off are both {self.payload_on!r}: it could never be off"
            )
        return self
