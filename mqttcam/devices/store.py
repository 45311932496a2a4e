"""Values that commands have set, kept in a JSON file across restarts.

Each value is stored with the configured value of that moment: once the user edits the configured value, the edit wins.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import orjson

from mqttcam.camera.control import plain_name
from mqttcam.durable_file import WRITE_TIMING, DurableFile, WriteTiming
from mqttcam.files import read_regular, write_atomically
from mqttcam.settings import CameraSettings
from mqttcam.values import InvalidValue

log = logging.getLogger(__name__)

Normal = TypeVar("Normal")
_Data = dict[str, dict[str, dict[str, Any]]]


class Store:
    """Values by device and key, in a file and a copy of it.

    Attributes:
        file: where they are written.
        lost: why the values of earlier runs are not known, in words; `None` if they are, or if there are none.
    """

    def __init__(
        self,
        path: Path,
        *,
        timing: WriteTiming = WRITE_TIMING,
        write: Callable[[Path, bytes], None] = write_atomically,
    ) -> None:
        self._paths = (path, path.with_suffix(".copy.json"))
        self._data: _Data = {}
        self.lost: str | None = None
        self.file = DurableFile(
            self._paths,
            lambda: orjson.dumps(self._data, option=orjson.OPT_INDENT_2),
            lost="a restart would bring back the earlier values",
            timing=timing,
            write=write,
        )

    @property
    def folder(self) -> Path:
        """The folder of the file, where other files of the state are."""
        return self._paths[0].parent

    def load(self) -> None:
        """Read the file, or its copy if it is missing or broken; a broken one is renamed to `*.broken`."""
        problems: list[str] = []
        for path in self._paths:
            try:
                self._data = _read(path)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                problems.append(f"{path}: {error.strerror or error}")
            except ValueError as error:
                problems.append(f"{path}: {error}")
                with contextlib.suppress(OSError):  # else it is overwritten at the first change
                    path.replace(path.with_suffix(".broken"))
            else:
                if path != self._paths[0]:
                    log.warning("using the stored values of %s: %s", path, problems or "no other file")
                    self.file.changed()
                return
        if problems:
            self.lost = f"the stored values cannot be read ({'; '.join(problems)})"
            log.error("%s: every camera stays off until it is switched on again", self.lost)

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
        """Remember a value together with the currently configured one; `save` writes both."""
        entry = {"value": _plain(value), "configured": _plain(configured)}
        entries = self._data.setdefault(device, {})
        if entries.get(key) != entry:
            # In the order of the last change, in which they are set again: one may have an effect on another.
            entries.pop(key, None)
            entries[key] = entry
            self.file.changed()

    def remove(self, device: str, key: str) -> None:
        """Forget a value; `save` writes that."""
        if self._data.get(device, {}).pop(key, None) is not None:
            self.file.changed()

    async def save(self) -> bool:
        """Return whether everything that was set so far is on disk; see `DurableFile.save`."""
        return await self.file.save()

    async def write_again(self) -> None:
        """Write all values to a state folder that was deleted; if there are none, nothing."""
        if self._data:
            self.file.changed()
            await self.file.save()


def _read(path: Path) -> _Data:
    """Raises OSError or ValueError: there is no such file, or it is broken."""
    data = orjson.loads(read_regular(path))
    if not isinstance(data, dict) or not all(isinstance(item, dict) for item in data.values()):
        raise ValueError("not an object of objects")
    return data


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
