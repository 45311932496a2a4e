"""Named sets of control values: those of the configuration, and those that a command has saved."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping

from mqttcam.camera.camera import Camera
from mqttcam.camera.control import find_control
from mqttcam.camera.status import CameraUnavailable
from mqttcam.devices.errors import Code, CommandError
from mqttcam.devices.preset_configurations import PresetConfigurations
from mqttcam.devices.store import Store, configured_control
from mqttcam.settings import CameraSettings
from mqttcam.text import is_id, shown
from mqttcam.values import InvalidValue, Value

MAX_SAVED = 32
"""Presets of one camera; more cannot be saved, so that a program that repeats a command cannot fill the disk."""
_PREFIX, _SELECTED = "presets.", "preset"


class Presets:
    """The presets of one camera.

    Attributes:
        selected: the preset that was applied last; `None` once a command has changed a control of a preset since.
    """

    def __init__(
        self,
        camera: Camera,
        store: Store,
        set_controls: Callable[[Mapping[str, Value]], Awaitable[Mapping[str, Value]]],
        changed: Callable[[], None],
    ) -> None:
        """Read what was saved.

        Args:
            set_controls: as `CameraDevice.set_controls`.
            changed: called when `selected` or `names` has changed.
        """
        self._camera = camera
        self._store = store
        self._set_controls = set_controls
        self._notify = changed
        self._configurations = PresetConfigurations(camera, store)
        self._configured = _controls(camera.settings)
        self._presets = {**self._configured, **self._saved()}
        selected = store.get(camera.id, _SELECTED, str, None)
        self.selected = selected if selected in self._presets else None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all presets: first those of the configuration."""
        return tuple(self._presets)

    async def apply(self, name: str) -> dict[str, Value]:
        """Configure the camera as a preset does, set its controls, and return the values that took effect.

        Raises:
            CommandError, InvalidValue, SourceError, CameraUnavailable: it was not applied.
        """
        self._require(name)
        before = self._configurations.active
        # First, because the limits of controls may be others then.
        await self._configurations.apply(name)
        applied: dict[str, Value] = {}
        try:
            # One after the other, because a control may turn another one's automatic mode on or off.
            for values in filter(None, self.values(name)):
                applied |= await self._set_controls(values)
        except Exception:
            with contextlib.suppress(CameraUnavailable):
                await self._configurations.apply(before)
            raise
        self._set_selected(name)
        return applied

    def values(self, name: str) -> tuple[dict[str, Value], dict[str, Value]]:
        """Return what a preset changes, by key: controls to reset first, and controls to set then.

        A control that only another preset sets gets its configured value, or the camera's default.

        Raises:
            CommandError: there is no such preset, or the camera's controls are not known yet.
            InvalidValue: the camera has no such control, or it does not take the value; `field` is the control.
        """
        self._require(name)
        chosen = self._coerced(self._presets[name])
        reset: dict[str, Value] = {}
        for control_key in self._keys_of_all() - chosen.keys():
            control = self._camera.controls[control_key]
            configured = configured_control(self._camera.settings, control_key)
            value = control.default if configured is None else control.kind.coerce(configured)
            if value is not None and value != self._camera.values.get(control_key):
                reset[control_key] = value
        return reset, chosen

    def _require(self, name: str) -> None:
        """Raise CommandError if there is no such preset, or if the camera's controls are not known yet."""
        if name not in self._presets:
            raise CommandError(Code.INVALID_VALUE, f"no preset {shown(name)}", "name", list(self.names))
        if self._camera.info is None:
            message = "the camera has not been opened yet, so its controls are not known"
            raise CommandError(Code.UNAVAILABLE, message)

    def controls_set(self, keys: Iterable[str]) -> None:
        """Note that a command has set controls."""
        if self.selected is not None and not self._keys_of_all().isdisjoint(keys):
            self._set_selected(None)

    def save(self, name: str) -> None:
        """Save the values that the camera's controls have been set to, by the configuration and by commands.

        Raises:
            CommandError: there are too many.
        """
        if name not in self._presets and len(self._presets) >= MAX_SAVED:
            message = f"there are {MAX_SAVED} presets, the maximum"
            raise CommandError(Code.TOO_LARGE, message, "name", list(self.names))
        controls = self._camera.wanted_controls
        self._presets[name] = controls
        self._configurations.save(name)
        self._store.set(self._camera.id, f"{_PREFIX}{name}", controls, self._configured.get(name))
        self._set_selected(name)

    @property
    def deletable(self) -> tuple[str, ...]:
        """The names of the presets that a command has saved."""
        return tuple(self._saved())

    def delete(self, name: str) -> None:
        """Delete a saved preset; one of the same name in the configuration is in effect again. Controls stay.

        Raises:
            CommandError: there is no such saved preset.
        """
        if name not in self.deletable:
            message = f"{shown(name)} is not a saved preset"
            raise CommandError(Code.INVALID_VALUE, message, "name", list(self.deletable))
        self._store.remove(self._camera.id, f"{_PREFIX}{name}")
        self._configurations.delete(name)
        self._presets = {**self._configured, **self._saved()}
        if self.selected == name:
            self._set_selected(None)
        self._notify()

    def can_configure(self, settings: CameraSettings) -> bool:
        """Return whether the camera can stay open for other settings, as the present preset changes them."""
        return self._configurations.can_configure(settings)

    def configure(self, settings: CameraSettings) -> None:
        """Apply settings that `can_configure`."""
        self._configurations.configure(settings)
        self._configured = _controls(settings)
        self._presets = {**self._configured, **self._saved()}
        if self.selected not in self._presets:
            self.selected = None
        self._notify()

    def _set_selected(self, name: str | None) -> None:
        self.selected = name
        self._store.set(self._camera.id, _SELECTED, name, None)
        self._notify()

    def _saved(self) -> dict[str, dict[str, object]]:
        """Return the saved presets; an edited preset of the configuration takes precedence."""
        return {
            name: dict(value)
            for key, (value, configured) in self._store.entries(self._camera.id).items()
            if key.startswith(_PREFIX) and isinstance(value, dict)
            if is_id(name := key.removeprefix(_PREFIX)) and configured == self._configured.get(name)
        }

    def _coerced(self, controls: Mapping[str, object]) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for name, raw in controls.items():
            control = find_control(self._camera.controls.values(), name)
            if control is None:
                raise InvalidValue(
                    f"the camera has no control {shown(name)}", sorted(self._camera.controls), name
                )
            try:
                values[control.key] = control.kind.coerce(raw)
            except InvalidValue as error:
                error.field = control.key
                raise
        return values

    def _keys_of_all(self) -> set[str]:
        """Return the keys of the controls that any preset sets."""
        known = self._camera.controls.values()
        names = {name for preset in self._presets.values() for name in preset}
        return {control.key for name in names if (control := find_control(known, name)) is not None}


def _controls(settings: CameraSettings) -> dict[str, dict[str, object]]:
    """Return the controls of the configured presets by their names."""
    return {name: dict(preset.controls) for name, preset in settings.presets.items()}
