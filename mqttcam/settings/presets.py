"""Camera controls, and named sets of them that may configure the camera as well."""

from typing import Annotated

from pydantic import AfterValidator, Field

from mqttcam.settings.section import LazySection, Section, refuse
from mqttcam.settings.size import SizeSetting
from mqttcam.settings.sources.picamera2 import StreamSettings


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
    """A named set of controls, which may also change the camera's size and source."""

    controls: Controls = Field(
        default_factory=dict, description="Any control of the camera by its own name, as in `controls`."
    )
    size: SizeSetting | None = Field(
        None,
        description="Width x height in pixels instead of the camera's `size`; the camera is opened again for it.",
    )
    source: Annotated[StreamSettings, LazySection(StreamSettings)] | None = Field(
        None,
        description="Keys of a picamera2 `source`, from `buffers` to `raw`; the camera is opened again if needed.",
    )

    @property
    def configures(self) -> bool:
        """Whether it changes more than controls."""
        return self.size is not None or self.source is not None
