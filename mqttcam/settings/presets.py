"""Camera controls, and named sets of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from mqttcam.settings.section import Section, refuse


def _controls(controls: dict[str, object]) -> dict[str, object]:
    seen: dict[str, str] = {}
    for name, value in controls.items():
        if (other := seen.setdefault(name.casefold(), name)) != name:
            raise refuse(f"{other} and {name} are the same control", "each control once")
        if value is None:
            raise refuse(f"{name} has no value", "a number, a switch, a word or a list")
        if isinstance(value, dict):
            raise refuse(f"{name} is a section", "a number, a switch, a word or a list")
    return controls


Controls = Annotated[dict[str, object], AfterValidator(_controls)]
"""Values of controls by their own names."""


class PresetSettings(Section):
    """A named set of controls."""

    controls: Controls = Field(
        default_factory=dict, description="Any control of the camera by its own name, as in `controls`."
    )
