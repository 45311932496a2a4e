"""A number that the user can set."""

from typing import Annotated, ClassVar, Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from ..component import SHARED_OPTIONS, Entity
from ..types import Template, Topic, TopicFilter
from ..units import NumericDeviceClass, check_unit

NumberDeviceClass: TypeAlias = NumericDeviceClass
NumberMode: TypeAlias = Literal["auto", "box", "slider"]

MIN_STEP: Final = 0.001
"""The smallest step that Home Assistant allows for MQTT numbers."""


class Number(Entity):
    """A number from `min` to `max` in steps of `step`.

    - `payload_reset`: the state that makes it unknown.

    Home Assistant logs an error for states out of the range, and sends whole numbers without a decimal point.
    """

    platform: ClassVar = "number"
    required_topics = ("command_topic",)
    # Home Assistant's documentation and its code disagree about the default of min: 1 or 0.
    always_sent_if_set = SHARED_OPTIONS | {"min", "max"}

    command_topic: Topic | None = None
    state_topic: TopicFilter | None = None
    command_template: Template | None = None
    value_template: Template | None = None
    min: float = 0
    max: float = 100
    step: Annotated[float, Field(ge=MIN_STEP)] = 1
    mode: NumberMode = "auto"
    device_class: NumberDeviceClass | None = None
    unit_of_measurement: str | None = None
    payload_reset: str = "None"
    optimistic: bool = False
    retain: bool = False

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.min >= self.max:
            raise ValueError(f"min ({self.min:g}) must be below max ({self.max:g})")
        if self.step > self.max - self.min:
            raise ValueError(
                f"step ({self.step:g}) must not be larger than the range from min ({self.min:g}) to max ({self.max:g})"
            )
        return self

    @model_validator(mode="after")
    def _check_unit(self) -> Self:
        if self.device_class is not None:
            check_unit(self.device_class, self.unit_of_measurement)
        return self
