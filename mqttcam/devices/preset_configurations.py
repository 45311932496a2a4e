"""What presets configure in addition to controls: the size, and the streams of a camera module."""

from __future__ import annotations

import contextlib
import logging

from pydantic import ValidationError

from mqttcam.camera.camera import Camera
from mqttcam.camera.status import CameraUnavailable
from mqttcam.devices.store import Store
from mqttcam.settings import CameraSettings
from mqttcam.settings.presets import PresetSettings

log = logging.getLogger(__name__)

_ACTIVE, _PREFIX = "preset_configuration", "preset_configurations."


class PresetConfigurations:
    """The configurations of one camera's presets; the camera is opened again for another one if necessary.

    Attributes:
        active: the preset whose configuration the camera has; `None` if it has its own.
    """

    def __init__(self, camera: Camera, store: Store) -> None:
        """Read the saved state, and configure the camera, which is not open yet, accordingly."""
        self._camera = camera
        self._store = store
        self._presets = self._known(camera.settings)
        active = store.get(camera.id, _ACTIVE, str, None)
        self.active = active if active in self._presets else None
        camera.configure(self._settings(camera.settings))

    async def apply(self, name: str | None) -> None:
        """Configure the camera for a preset, or with its own settings for `None` or a preset that configures nothing.

        Raises:
            CameraUnavailable: it cannot be opened so; it has the earlier configuration again.
        """
        before = self.active
        self.active = name if name in self._presets else None
        if self._camera.configure(self._settings(self._camera.settings)):
            configuration = f"preset {self.active}" if self.active else "its own configuration"
            log.info("camera %s: opening it again with %s", self._camera.id, configuration)
            try:
                await self._camera.restart()
            except CameraUnavailable:
                self.active = before
                self._camera.configure(self._settings(self._camera.settings))
                with contextlib.suppress(CameraUnavailable):  # the supervisor goes on trying
                    await self._camera.restart()
                raise
        self._store.set(self._camera.id, _ACTIVE, self.active, None)

    def save(self, name: str) -> None:
        """Save the camera's current configuration as that of a preset."""
        configured = _plain(self._camera.settings.presets.get(name))
        if (preset := self._presets.get(self.active or "")) is None:
            self._presets.pop(name, None)
            self.active = None
        else:
            self._presets[name] = preset
            self.active = name
        self._store.set(self._camera.id, f"{_PREFIX}{name}", _plain(preset), configured)
        self._store.set(self._camera.id, _ACTIVE, self.active, None)

    def delete(self, name: str) -> None:
        """Delete the saved configuration of a preset; the camera keeps it until another preset is selected."""
        if self.active == name:
            return
        self._store.remove(self._camera.id, f"{_PREFIX}{name}")
        self._presets = self._known(self._camera.settings)

    def can_configure(self, settings: CameraSettings) -> bool:
        """Return whether the camera can stay open for other settings, with the present preset."""
        now, then = self._settings(self._camera.settings), self._settings(settings, self._known(settings))
        return now.opening == then.opening

    def configure(self, settings: CameraSettings) -> None:
        """Apply settings that `can_configure`."""
        self._presets = self._known(settings)
        if self.active not in self._presets:
            self.active = None
        self._camera.configure(self._settings(settings))

    def _settings(
        self, settings: CameraSettings, presets: dict[str, PresetSettings] | None = None
    ) -> CameraSettings:
        """Return the settings as the present preset changes them."""
        known = self._presets if presets is None else presets
        return settings.with_preset(known.get(self.active or ""))

    def _known(self, settings: CameraSettings) -> dict[str, PresetSettings]:
        """Return the presets that configure the camera; an edited one of the configuration takes precedence."""
        known = {name: preset for name, preset in settings.presets.items() if preset.configures}
        for key, (value, configured) in self._store.entries(self._camera.id).items():
            name = key.removeprefix(_PREFIX)
            if name == key or configured != _plain(settings.presets.get(name)):
                continue
            known.pop(name, None)
            if value is not None:
                with contextlib.suppress(ValidationError):  # of another version
                    known[name] = PresetSettings.model_validate(value)
        return known


def _plain(preset: PresetSettings | None) -> dict[str, object] | None:
    """Return the configuration of a preset as JSON-able data, or `None` if it has none."""
    if preset is None or not preset.configures:
        return None
    return preset.model_dump(mode="json", include={"size", "source"}, exclude_unset=True)
