"""Lights, one class for each of Home Assistant's three schemas."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from ..component import Entity
from ..types import Choices, Count, Template, Topic, TopicFilter

ColorMode: TypeAlias = Literal[
    "onoff", "brightness", "color_temp", "hs", "xy", "rgb", "rgbw", "rgbww", "white"
]
OnCommandType: TypeAlias = Literal["first", "last", "brightness"]
Scale: TypeAlias = Annotated[int, Field(ge=1)]

COLORS: Final = ("hs", "xy", "rgb", "rgbw", "rgbww")
"""The modes that set a color; ``white`` requires one of them."""


class LightBase(Entity):
    """The keys that all three schemas have.

    - `effect_list`: the names of the effects.
    - `min_kelvin` and `max_kelvin`, or `min_mireds` and `max_mireds`: the range of the color temperature.
    - `color_temp_kelvin`: color temperatures are in kelvin, not in mireds.
    """

    platform: ClassVar = "light"
    required_topics = ("command_topic",)

    command_topic: Topic | None = None
    state_topic: TopicFilter | None = None
    effect_list: Choices | None = None
    color_temp_kelvin: bool = False
    min_kelvin: Count | None = None
    max_kelvin: Count | None = None
    min_mireds: Count | None = None
    max_mireds: Count | None = None
    optimistic: bool = False
    retain: bool = False

    @model_validator(mode="after")
    def _check_color_temperature(self) -> Self:
        for unit, low, high in (
            ("kelvin", self.min_kelvin, self.max_kelvin),
            ("mireds", self.min_mireds, self.max_mireds),
        ):
            if low is not None and high is not None and low >= high:
                raise ValueError(f"min_{unit} ({low}) must be below max_{unit} ({high})")
        if (self.max_mireds and self.min_kelvin) or (self.min_mireds and self.max_kelvin):
            raise ValueError(
                "only one of min_kelvin and max_mireds, and one of max_kelvin and min_mireds, is allowed"
            )
        return self


class Light(LightBase):
    """A light with a topic for each property (schema ``basic``, the default).

    The command topics define what the light supports. `on_command_type` is the order in which the light is turned
    on with a brightness or color: `payload_on` ``first``, `payload_on` ``last``, or ``brightness`` without it.
    """

    brightness_command_topic: Topic | None = None
    brightness_command_template: Template | None = None
    brightness_scale: Scale = 255
    brightness_state_topic: TopicFilter | None = None
    brightness_value_template: Template | None = None
    color_mode_state_topic: TopicFilter | None = None
    color_mode_value_template: Template | None = None
    color_temp_command_topic: Topic | None = None
    color_temp_command_template: Template | None = None
    color_temp_state_topic: TopicFilter | None = None
    color_temp_value_template: Template | None = None
    effect_command_topic: Topic | None = None
    effect_command_template: Template | None = None
    effect_state_topic: TopicFilter | None = None
    effect_value_template: Template | None = None
    hs_command_topic: Topic | None = None
    hs_command_template: Template | None = None
    hs_state_topic: TopicFilter | None = None
    hs_value_template: Template | None = None
    rgb_command_topic: Topic | None = None
    rgb_command_template: Template | None = None
    rgb_state_topic: TopicFilter | None = None
    rgb_value_template: Template | None = None
    rgbw_command_topic: Topic | None = None
    rgbw_command_template: Template | None = None
    rgbw_state_topic: TopicFilter | None = None
    rgbw_value_template: Template | None = None
    rgbww_command_topic: Topic | None = None
    rgbww_command_template: Template | None = None
    rgbww_state_topic: TopicFilter | None = None
    rgbww_value_template: Template | None = None
    white_command_topic: Topic | None = None
    white_scale: Scale = 255
    xy_command_topic: Topic | None = None
    xy_command_template: Template | None = None
    xy_state_topic: TopicFilter | None = None
    xy_value_template: Template | None = None
    state_value_template: Template | None = None
    on_command_type: OnCommandType = "last"
    payload_on: str = "ON"
    payload_off: str = "OFF"

    @model_validator(mode="after")
    def _check_white(self) -> Self:
        if self.white_command_topic is not None and not any(
            getattr(self, f"{color}_command_topic") for color in COLORS
        ):
            raise ValueError(
                "white_command_topic is only allowed with the command topic of a color,"
                f" one of {', '.join(f'{color}_command_topic' for color in COLORS)}"
            )
        return self


class LightJson(LightBase):
    """A light whose commands and states are JSON objects (schema ``json``).

    - `supported_color_modes`: what the light supports; if None, on and off, and `brightness` if that is true.
    - `flash_time_short`, `flash_time_long`: in seconds.
    """

    fixed: ClassVar = {"schema": "json"}

    brightness: bool = False
    brightness_scale: Scale = 255
    effect: bool = False
    flash: bool = True
    flash_time_long: Count = 10
    flash_time_short: Count = 2
    supported_color_modes: Sequence[ColorMode] | None = None
    transition: bool = True
    white_scale: Scale = 255

    @model_validator(mode="after")
    def _check_color_modes(self) -> Self:
        modes = self.supported_color_modes
        if modes is None:
            return self
        if not modes or len(set(modes)) != len(modes):
            raise ValueError("supported_color_modes must have at least one mode, and each only once")
        for alone in ("onoff", "brightness"):
            if alone in modes and len(modes) > 1:
                raise ValueError(f"supported_color_modes: {alone!r} is only allowed alone")
        if "white" in modes and not set(modes) & set(COLORS):
            raise ValueError(
                f"supported_color_modes: 'white' is only allowed with one of {', '.join(COLORS)}"
            )
        return self


class LightTemplate(LightBase):
    """A light with a template for each property (schema ``template``).

    Colors require all of `red_template`, `green_template` and `blue_template`.
    """

    fixed: ClassVar = {"schema": "template"}

    command_on_template: Template
    command_off_template: Template
    state_template: Template | None = None
    brightness_template: Template | None = None
    color_temp_template: Template | None = None
    effect_template: Template | None = None
    red_template: Template | None = None
    green_template: Template | None = None
    blue_template: Template | None = None

    @model_validator(mode="after")
    def _check_color(self) -> Self:
        given = [
            template is not None for template in (self.red_template, self.green_template, self.blue_template)
        ]
        if any(given) and not all(given):
            raise ValueError("red_template, green_template and blue_template are only allowed together")
        return self
