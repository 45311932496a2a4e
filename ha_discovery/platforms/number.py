"""A number that the user sets."""

from typing import Annotated, ClassVar, Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from ha_discovery.component import SHARED_OPTIONS, Entity
from ha_discovery.types import Template, Topic, TopicFilter
from ha_discovery.units import NumericDeviceClass, unit_problem

NumberDeviceClass: TypeAlias = NumericDeviceClass
NumberMode: TypeAlias = Literal["auto", "box", "slider"]

MIN_STEP: Final = 0.001
"""The smallest step of Home Assistant's MQTT numbers."""


class Number(Entity):
    """A number from `min` to `max` in steps of `step`; `payload_reset` as a state makes it unknown.

    Home Assistant refuses states and commands out of the range, and sends whole numbers as ``5``.
    """

    platform: ClassVar = "number"
    required_topics = ("command_topic",)
    # Home Assistant's documentation (min 1) and its code (min 0) disagree about the defaults
    kept = SHARED_OPTIONS | {"min", "max"}

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
                f"step ({self.step:g}) is larger than the range from {self.min:g} to {self.max:g}"
            )
        return self

    @model_validator(mode="after")
    def _check_unit(self) -> Self:
        if self.device_class is not None and (
            problem := unit_problem(self.device_class, self.unit_of_measurement)
        ):
            raise ValueError(problem)
        return self
