"""What commands have set, kept across restarts.

One small JSON file. Beside each value stands what the configuration said when it was set: once the user edits that
line of the configuration, the edit wins.
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

from mqttcam.values import InvalidValue

log = logging.getLogger(__name__)

Normal = TypeVar("Normal")


class Store:
    """Values by device and key, written whole and atomically: a power cut leaves the old file or the new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data: dict[str, dict[str, dict[str, Any]]] = {}
        self._saving: asyncio.Task[None] | None = None
        self._dirty = False
        self._failed = False

    def load(self) -> None:
        """Read the file; one that makes no sense is set aside as `*.broken` and said, never fatal."""
        try:
            data = orjson.loads(self._path.read_bytes())
            if not isinstance(data, dict) or not all(isinstance(item, dict) for item in data.values()):
                raise ValueError("not an object of objects")
            self._data = data
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            log.warning("%s cannot be read (%s): starting from the configuration", self._path, error)
            if isinstance(error, ValueError):
                with contextlib.suppress(OSError):  # it is then overwritten at the first change
                    self._path.replace(self._path.with_suffix(".broken"))

    def recall(self, device: str, key: str, configured: object) -> Any:
        """The value that a command set; `None` where there is none or the configuration has changed since."""
        entry = self._data.get(device, {}).get(key)
        if not isinstance(entry, dict) or entry.get("configured") != _plain(configured):
            return None
        return entry.get("value")

    def recall_all(self, device: str) -> dict[str, Any]:
        """Every value of a device with what the configuration said then: key -> (value, configured)."""
        entries = self._data.get(device, {})
        return {
            key: (entry.get("value"), entry.get("configured"))
            for key, entry in entries.items()
            if isinstance(entry, dict)
        }

    def remember(self, device: str, key: str, value: object, configured: object) -> None:
        """Keep a value; `save` writes it."""
        entry = {"value": _plain(value), "configured": _plain(configured)}
        entries = self._data.setdefault(device, {})
        if entries.get(key) != entry:
            # In the order of the last change, in which they are set again: one may have an effect on another.
            entries.pop(key, None)
            entries[key] = entry
            self._dirty = True

    async def save(self) -> None:
        """Return once everything remembered so far is on disk; writes in turn, many changes in one.

        What could not be written is tried again by the next call.
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
                log.error("cannot keep settings in %s: %s", self._path, error)
            self._failed = True
        finally:
            self._saving = None


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _plain(value: object) -> object:
    """As it comes back from JSON, so that the two compare equal."""
    return orjson.loads(orjson.dumps(value))


def recalled(
    store: Store, device: str, key: str, coerce: Callable[[object], Normal], configured: object
) -> Normal | None:
    """What a command has set, in its normal form; `None` where there is nothing of use."""
    raw = store.recall(device, key, configured)
    if raw is None:
        return None
    try:
        return coerce(raw)
    except InvalidValue as error:
        log.warning("camera %s: %s as it was kept is not used: %s", device, key, error)
        return None
