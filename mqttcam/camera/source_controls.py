"""The controls and actions of an open source by key, in its capture thread."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from mqttcam.camera.control import Action, Control, named, plain_name
from mqttcam.camera.source import Source, SourceInfo
from mqttcam.values import InvalidValue, Value

log = logging.getLogger(__name__)


class SourceControls:
    """Sets values that are known by key with a source that knows them by name.

    Attributes:
        by_key: the controls that keep a value.
    """

    def __init__(self, source: Source, info: SourceInfo) -> None:
        self._source = source
        self._actions = info.actions
        self.by_key: dict[str, Control] = {control.key: control for control in info.controls}
        self._keys = {control.name: control.key for control in info.controls}

    def set(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Set controls by key, all of them or none; the values that took effect.

        Raises:
            InvalidValue: there is no such control, or the device does not take its value; `field` is the key.
            SourceError: the device failed.
        """
        if unknown := values.keys() - self.by_key:
            raise InvalidValue(f"the camera has no control {min(unknown)}", sorted(self.by_key), min(unknown))
        return self._apply({self.by_key[key].name: value for key, value in values.items()})

    def act(self, action: Action) -> dict[str, Value]:
        """Do something once; the values by key that follow from it.

        Raises:
            InvalidValue, SourceError: the device does not do it.
        """
        return self._apply({action.control: action.value})

    def set_wanted(
        self, wanted: Iterable[tuple[str, object]], camera: str
    ) -> tuple[dict[str, Value], list[str]]:
        """Set one by one, so that a bad value costs none of the others.

        Args:
            wanted: values by any spelling of their controls' names.
            camera: its name, for the log.

        Returns:
            The values by key that took effect, and in words what was refused.
        """
        values: dict[str, Value] = {}
        refused: list[str] = []
        for name, raw in wanted:
            control = named(self.by_key.values(), name)
            if control is None:
                refused.append(self._unknown(name))
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
        return {self._keys[name]: value for name, value in applied.items() if name in self._keys}

    def _unknown(self, name: str) -> str:
        plain = plain_name(name)
        for action in self._actions:
            if plain in (plain_name(action.control), plain_name(action.name)):
                return f"{name} is done once and keeps no value: it is the command {action.key}"
        known = ", ".join(one.name for one in self.by_key.values() if not one.raw)
        return f"no control {name}" + (f"; there are {known}" if known else " or any other")
