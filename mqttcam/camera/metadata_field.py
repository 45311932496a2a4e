"""Fields of a frame's metadata that are shown as sensors."""

from __future__ import annotations

import math
from collections.abc import Mapping

from msgspec import Struct

from mqttcam.camera.control_words import key_of, title_of
from mqttcam.values import Choice, Value, ValueKind


class MetadataField(Struct, frozen=True):
    """One field of `Frame.metadata`.

    Attributes:
        name: libcamera's name, as in the metadata.
        digits: decimal places to round to; smaller changes are not reported.
        device_class: Home Assistant's, if it has one for this.
        icon: an `mdi:` name, unless the device class has one.
        dead_band: the noise that it has in a still picture, absolute and relative.
        noisy: whether it is for experts, because it changes all the time.
        label: its name for people, if that is not libcamera's name.
    """

    name: str
    kind: ValueKind
    digits: int = 0
    device_class: str | None = None
    icon: str | None = None
    label: str | None = None
    dead_band: tuple[float, float] | None = None
    noisy: bool = False

    @property
    def key(self) -> str:
        """The name in topics and JSON. `ExposureTime` is `measured_exposure_time`: `exposure_time` is the control."""
        return "measured_" + (self.label.replace(" ", "_") if self.label else key_of(self.name))

    @property
    def title(self) -> str:
        """The name for people."""
        title = title_of(self.label or self.name)
        return f"Measured {title[:1].lower()}{title[1:]}"

    def value(self, metadata: Mapping[str, object]) -> Value:
        """Return its value in a frame; `None` if the frame has none. An enum's number is an index into the options."""
        raw = metadata.get(self.name)
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
            return None
        if isinstance(self.kind, Choice):
            return (
                self.kind.options[raw] if isinstance(raw, int) and 0 <= raw < len(self.kind.options) else None
            )
        return round(raw, self.digits) if self.digits else round(raw)
