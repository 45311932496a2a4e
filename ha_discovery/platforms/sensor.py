"""A sensor: a number, a text, a time or one of several options."""

from typing import ClassVar, Literal, Self, TypeAlias

from pydantic import model_validator

from ..component import ReadOnlyEntity
from ..types import Choices, Count, DiagnosticCategory, Template
from ..units import (
    NON_NUMERIC,
    STATE_CLASS_UNITS,
    NumericDeviceClass,
    StateClass,
    check_state_class,
    check_unit,
)

SensorDeviceClass: TypeAlias = Literal[NumericDeviceClass, "date", "enum", "timestamp", "uptime"]


class Sensor(ReadOnlyEntity):
    """A measured value. The payload ``None`` makes it unknown.

    - `options`: all values of a sensor with device class ``enum``.
    - `expire_after`: the seconds without a message after which it is unavailable, as it is before the first
      message; 0 for never.
    - `force_update`: a message with the same value is an update, too.
    - `suggested_display_precision`: the number of decimal places.
    """

    platform: ClassVar = "sensor"

    entity_category: DiagnosticCategory | None = None
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
                raise ValueError("options is required for device_class 'enum'")
            return self
        if self.device_class != "enum":
            raise ValueError(f"options is only allowed with device_class 'enum', not {self.device_class!r}")
        if "None" in self.options:
            raise ValueError("options: 'None' is not allowed, as Home Assistant takes that state for unknown")
        return self

    @model_validator(mode="after")
    def _check_unit(self) -> Self:
        unit = self.unit_of_measurement
        if unit is not None and not unit.strip():
            raise ValueError("unit_of_measurement must not be blank; None if the value has no unit")
        if self.device_class in NON_NUMERIC:
            if unit is not None:
                raise ValueError(
                    f"unit_of_measurement is not allowed for device_class {self.device_class!r},"
                    " as its values are not numbers"
                )
        elif self.device_class is not None:
            check_unit(self.device_class, unit)
        return self

    @model_validator(mode="after")
    def _check_state_class(self) -> Self:
        if self.last_reset_value_template is not None and self.state_class != "total":
            raise ValueError(
                f"last_reset_value_template is only allowed with state_class 'total', not {self.state_class!r}"
            )
        if self.state_class is None:
            return self
        units = STATE_CLASS_UNITS.get(self.state_class)
        if units is not None and self.unit_of_measurement not in units:
            raise ValueError(
                f"unit_of_measurement must be {' or '.join(units)} for state_class {self.state_class!r}"
            )
        if self.device_class is not None:
            check_state_class(self.device_class, self.state_class)
        return self
