"""Values that commands have set, kept in a JSON file across restarts.

Each value is stored with the configured value of that moment: once the user edits the configured value, the edit wins.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import orjson

from mqttcam.camera.control import plain_name
from mqttcam.settings import CameraSettings
from mqttcam.values import InvalidValue

log = logging.getLogger(__name__)

Normal = TypeVar("Normal")


class Store:
    """Values by device and key. The file is replaced atomically: a power cut leaves the old one or the new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data: dict[str, dict[str, dict[str, Any]]] = {}
        self._saving: asyncio.Task[None] | None = None
        self._dirty = False
        self._failed = False

    def load(self) -> None:
        """Read the file. One that is not valid is renamed to `*.broken` with a warning in the log."""
        try:
            data = orjson.loads(self._path.read_bytes())
            if not isinstance(data, dict) or not all(isinstance(item, dict) for item in data.values()):
                raise ValueError("not an object of objects")
            self._data = data
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            log.warning("%s cannot be read, values are those of the configuration: %s", self._path, error)
            if isinstance(error, ValueError):
                with contextlib.suppress(OSError):  # else it is overwritten at the first change
                    self._path.replace(self._path.with_suffix(".broken"))

    def get(
        self, device: str, key: str, coerce: Callable[[object], Normal], configured: object
    ) -> Normal | None:
        """Return the value that a command set, in its normal form.

        `None` if there is none, if it is invalid, or if the configured value is another one than when it was set.
        """
        entry = self._data.get(device, {}).get(key)
        if not isinstance(entry, dict) or entry.get("configured") != _plain(configured):
            return None
        value = entry.get("value")
        try:
            return None if value is None else coerce(value)
        except InvalidValue as error:
            log.warning("camera %s: the stored %s is ignored: %s", device, key, error)
            return None

    def entries(self, device: str) -> dict[str, tuple[object, object]]:
        """Return the value of every key of a device, and the configured value when it was set."""
        entries = self._data.get(device, {})
        return {
            key: (entry.get("value"), entry.get("configured"))
            for key, entry in entries.items()
            if isinstance(entry, dict)
        }

    def set(self, device: str, key: str, value: object, configured: object) -> None:
        """Keep a value and the configured value beside it; `save` writes them."""
        entry = {"value": _plain(value), "configured": _plain(configured)}
        entries = self._data.setdefault(device, {})
        if entries.get(key) != entry:
            # In the order of the last change, in which they are set again: one may have an effect on another.
            entries.pop(key, None)
            entries[key] = entry
            self._dirty = True

    async def save(self) -> None:
        """Return once everything that was set so far is on disk; concurrent calls share a write.

        A failure is logged once; the next call tries again.
        """
        self._dirty |= self._failed
        while self._dirty or self._saving is not None:
            if self._saving is None:
                self._dirty = False
                self._saving = asyncio.create_task(
                    self._write(orjson.dumps(self._data, option=orjson.OPT_INDENT_2))
                )
            await asyncio.shield(self._saving)

    async def _write(self, data: bytes) -> None:
        try:
            await asyncio.to_thread(write_atomically, self._path, data)
            self._failed = False
        except OSError as error:
            if not self._failed:
                log.error(
                    "values cannot be written to %s, trying again at the next change: %s", self._path, error
                )
            self._failed = True
        finally:
            self._saving = None


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file atomically, also with respect to a power cut.

    Raises:
        OSError: the old file is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _plain(value: object) -> object:
    """Return a value as it is read back from JSON, so that the two compare equal."""
    return orjson.loads(orjson.dumps(value))


def configured_control(settings: CameraSettings, key: str) -> object:
    """Return the configured value of a control, under any spelling of its name; `None` if it is not configured."""
    plain = plain_name(key)
    return next((value for name, value in settings.controls.items() if plain_name(name) == plain), None)


def stored_controls(store: Store, camera_id: str, settings: CameraSettings) -> dict[str, object]:
    """Return the controls that commands have set, by key, without those whose configured value has changed since."""
    controls: dict[str, object] = {}
    for entry, (value, configured) in store.entries(camera_id).items():
        section, _, key = entry.partition(".")
        if section == "controls" and configured == configured_control(settings, key):
            controls[key] = value
    return controls
