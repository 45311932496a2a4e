"""The controls and actions of an open source by key, in its capture thread."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from mqttcam.camera.control import Action, Control, find_control, plain_name
from mqttcam.camera.source import Source, SourceInfo
from mqttcam.values import InvalidValue, Value

log = logging.getLogger(__name__)


class SourceControls:
    """Sets values by key, on a source that knows its controls by name.

    Attributes:
        by_key: the controls that have a value; actions are not among them.
    """

    def __init__(self, source: Source, info: SourceInfo) -> None:
        self._source = source
        self._actions = info.actions
        self.by_key: dict[str, Control] = {control.key: control for control in info.controls}
        self._keys = {control.name: control.key for control in info.controls}

    def by_keys(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return values that are by name, by key; those of unknown names are left out."""
        return {self._keys[name]: value for name, value in values.items() if name in self._keys}

    def set(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Set controls by key, all of them or none; return the values that took effect.

        Raises:
            InvalidValue: there is no such control, or the device refuses the value; `field` is the key.
            SourceError: the device failed.
        """
        if unknown := values.keys() - self.by_key:
            raise InvalidValue(f"the camera has no control {min(unknown)}", sorted(self.by_key), min(unknown))
        return self._apply({self.by_key[key].name: value for key, value in values.items()})

    def act(self, action: Action) -> dict[str, Value]:
        """Perform an action; return the values that follow from it, by key.

        Raises:
            InvalidValue, SourceError: the device did not perform it.
        """
        return self._apply({action.control: action.value})

    def set_wanted(
        self, wanted: Iterable[tuple[str, object]], camera: str
    ) -> tuple[dict[str, Value], list[str]]:
        """Set values one by one, so that a bad one does not keep the others from being set.

        Args:
            wanted: values by any spelling of their controls' names.
            camera: the camera's id, for the log.

        Returns:
            The values by key that took effect, and in words what was refused.
        """
        values: dict[str, Value] = {}
        refused: list[str] = []
        for name, raw in wanted:
            control = find_control(self.by_key.values(), name)
            if control is None:
                refused.append(self._why_unknown(name))
                continue
            try:
                values.update(self.set({control.key: control.kind.coerce(raw)}))
            except InvalidValue as error:
                refused.append(f"{control.name}: {error.message}")
            except Exception as error:  # a camera without this value is better than none
                log.debug("camera %s: %s cannot be set", camera, control.name, exc_info=error)
                refused.append(f"{control.name}: {error}")
        return values, refused

    def _apply(self, values: Mapping[str, Value]) -> dict[str, Value]:
        try:
            applied = self._source.apply(values)
        except InvalidValue as error:
            error.field = self._keys.get(error.field or "", error.field)
            raise
        return self.by_keys(applied)

    def _why_unknown(self, name: str) -> str:
        plain = plain_name(name)
        for action in self._actions:
            if plain in (plain_name(action.control), plain_name(action.name)):
                return f"{name} is an action and has no value; use the command {action.key}"
        known = ", ".join(one.name for one in self.by_key.values() if not one.raw)
        return f"no control {name}" + (f"; this camera has {known}" if known else "; this camera has none")
