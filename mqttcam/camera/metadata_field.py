"""What a camera measures of its frames, for sensors: never set, always seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mqttcam.camera.control import key_of, title_of
from mqttcam.values import Choice, Value, ValueKind


@dataclass(frozen=True, slots=True)
class MetadataField:
    """One value of `Frame.metadata` that people like to see.

    Attributes:
        name: libcamera's own, as it stands in the metadata.
        digits: behind the point, to round it to: what changes less is no news.
        device_class: Home Assistant's, where it has one for this.
        icon: an `mdi:` name, where no device class brings one.
        label: what people call it, where that is not libcamera's name.
    """

    name: str
    kind: ValueKind
    digits: int = 0
    device_class: str | None = None
    icon: str | None = None
    label: str | None = None

    @property
    def key(self) -> str:
        """The name in topics and JSON. `ExposureTime` is `measured_exposure_time`: `exposure_time` is the control."""
        return "measured_" + (self.label.replace(" ", "_") if self.label else key_of(self.name))

    @property
    def title(self) -> str:
        """The name for people."""
        return title_of(self.key)

    def value(self, metadata: Mapping[str, object]) -> Value:
        """Its value in a frame; `None` where the frame has none. A name's number is its place among the options."""
        raw = metadata.get(self.name)
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
            return None
        if isinstance(self.kind, Choice):
            return (
                self.kind.options[raw] if isinstance(raw, int) and 0 <= raw < len(self.kind.options) else None
            )
        return round(raw, self.digits) if self.digits else round(raw)
