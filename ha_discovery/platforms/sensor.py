"""A sensor: a number, a text, a time or one of several options."""

from typing import ClassVar, Literal, Self, TypeAlias

from pydantic import model_validator

from ha_discovery.component import ReadingEntity
from ha_discovery.types import Choices, Count, ReadingCategory, Template
from ha_discovery.units import (
    NON_NUMERIC,
    STATE_CLASS_UNITS,
    NumericDeviceClass,
    StateClass,
    state_class_problem,
    unit_problem,
)

SensorDeviceClass: TypeAlias = Literal[NumericDeviceClass, "date", "enum", "timestamp", "uptime"]


class Sensor(ReadingEntity):
    """A value that Home Assistant reads; the payload ``None`` means unknown.

    - `options`: all values of a sensor with device class ``enum``.
    - `expire_after`: seconds without a message until it is unavailable; 0 = never.
      With it, the sensor is unavailable until the first message.
    - `force_update`: a message with the same value counts as an update, too.
    - `suggested_display_precision`: digits after the point.
    """

    platform: ClassVar = "sensor"

    entity_category: ReadingCategory | None = None
    device_class: SensorDeviceClass | None = None
    state_class: StateClass | None = None
    unit_of_measurement: str | None = None
    options: Choices | None = None
    expire_after: Count | None = None
    force_update: bool = False
    last_reset_value_template: Template | None = None
    suggested_display_precision: Count | None = None

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if self.options is None:
            if self.device_class == "enum":
                raise ValueError("device_class 'enum' needs options: the values that the sensor can have")
            return self
        if self.device_class != "enum":
            raise ValueError(f"options need device_class 'enum', not {self.device_class!r}")
        if "None" in self.options:
            raise ValueError(
                "option 'None' could never be shown: as a state Home Assistant reads it as unknown"
            )
        return self

    @model_validator(mode="after")
    def _check_unit(self) -> Self:
        unit = self.unit_of_measurement
        if unit is not None and not unit.strip():
            raise ValueError("unit_of_measurement is blank; leave it out")
        if self.device_class in NON_NUMERIC:
            if unit is not None:
                raise ValueError(
                    f"device_class {self.device_class!r} has no numeric values and takes no unit"
                )
        elif self.device_class is not None and (problem := unit_problem(self.device_class, unit)):
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _check_state_class(self) -> Self:
        if self.last_reset_value_template is not None and self.state_class != "total":
            raise ValueError(f"last_reset_value_template needs state_class 'total', not {self.state_class!r}")
        if self.state_class is None:
            return self
        units = STATE_CLASS_UNITS.get(self.state_class)
        if units is not None and self.unit_of_measurement not in units:
            raise ValueError(
                f"state_class {self.state_class!r} needs a unit_of_measurement of {', '.join(units)}"
            )
        if self.device_class is not None and (
            problem := state_class_problem(self.device_class, self.state_class)
        ):
            raise ValueError(problem)
        return self
