"""The zones and masks of a camera's motion detection, from the configuration or set by command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mqttcam.devices.store import Store
from mqttcam.settings import MotionSettings, SettingsError
from mqttcam.settings.loading.json_section import section_from_json
from mqttcam.settings.motion import ZoneSettings
from mqttcam.settings.polygon import Polygon
from mqttcam.values import InvalidValue

_KEY = "motion_areas"


class MotionAreas(NamedTuple):
    """Zones by name, and masks."""

    zones: Mapping[str, ZoneSettings]
    masks: tuple[Polygon, ...]


class StoredAreas:
    """The zones and masks in effect.

    Attributes:
        present: these.
    """

    def __init__(self, camera_id: str, settings: MotionSettings, store: Store) -> None:
        """Read the areas set in an earlier run; areas edited in the configuration take precedence."""
        self._camera_id = camera_id
        self._store = store
        self._configured = MotionAreas(settings.zones, settings.masks)
        stored = store.get(camera_id, _KEY, areas_from, as_json(self._configured))
        self.present = self._configured if stored is None else stored

    @property
    def are_set(self) -> bool:
        """Whether they differ from those of the configuration."""
        return self.present != self._configured

    def set(self, areas: MotionAreas | None) -> None:
        """Replace the areas; `None` restores those of the configuration."""
        self.present = self._configured if areas is None else areas
        stored = as_json(self.present) if self.are_set else None
        self._store.set(self._camera_id, _KEY, stored, as_json(self._configured))


def areas_from(data: object) -> MotionAreas:
    """Return zones and masks from JSON: `{"zones": {…}, "masks": […]}` as in the configuration.

    Raises:
        InvalidValue: they are not valid; `field` is the path of the key at fault.
    """
    try:
        settings = section_from_json(MotionSettings, data)
    except SettingsError as error:
        first = error.problems[0]
        message = f"{first.key} {first.message}" if first.key else first.message
        raise InvalidValue(message, first.allowed, first.key or None) from None
    return MotionAreas(settings.zones, settings.masks)


def as_json(areas: MotionAreas) -> dict[str, object]:
    """Return zones and masks as JSON."""
    return {
        "zones": {name: zone.model_dump(mode="json") for name, zone in areas.zones.items()},
        "masks": [mask.model_dump(mode="json") for mask in areas.masks],
    }
