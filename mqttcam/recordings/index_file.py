"""The index in its file, opened when it is needed, and made again when it is damaged.

Loads SQLite with the first recording.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mqttcam.recordings.worker import Steps

if TYPE_CHECKING:
    from mqttcam.recordings.index import Index

log = logging.getLogger(__name__)

T = TypeVar("T")


class IndexFile:
    """For one thread.

    Attributes:
        present: the index if it is open.
        is_in_memory: whether its file cannot be written.
        is_stale: whether it may differ from the recordings.
        problem: why it is in memory, in words.
    """

    def __init__(self, path: Path) -> None:
        """Open nothing yet."""
        self.present: Index | None = None
        self.is_in_memory = False
        self.is_stale = True
        self.problem: str | None = None
        self._path = path

    def exists(self) -> bool:
        """Return whether there is an index, open or not."""
        return self.present is not None or self._path.exists()

    def close(self) -> None:
        """Close the index."""
        if self.present is not None:
            self.present.close()
            self.present = None

    def run(self, steps: Steps[T]) -> Steps[T | None]:
        """Carry out the steps; if the index fails, make it again, and return None."""
        try:
            return (yield from steps)
        except _errors() as error:
            self._recover(error)
            return None

    def use(self, call: Callable[[Index], T]) -> T:
        """Return what a call with the index returns; it is called again with a new one if the index fails."""
        try:
            return call(self.open())
        except _errors() as error:
            self._recover(error)
        try:
            return call(self.open())
        except _errors() as error:
            self._use_memory(error)
            return call(self.open())

    def open(self) -> Index:
        """Return the index, which is opened if it is not."""
        if self.present is None:
            try:
                self.present = _open(None if self.is_in_memory else self._path)
            except _open_errors() as error:
                self._recover(error)
                self.present = self._open_new()
            self.is_stale |= not self.present.is_complete
        return self.present

    def _open_new(self) -> Index:
        """Return a new index, in memory if it cannot be written."""
        try:
            return _open(self._path)
        except _open_errors() as error:
            self._set_in_memory(error)
            return _open(None)

    def _recover(self, error: Exception) -> None:
        """Delete the index after an error; it is made again from the files."""
        if not self.is_in_memory:
            log.warning(
                "recordings: the index %s has failed and is made again from the files: %s",
                self._path,
                error,
            )
        self.close()
        self.is_stale = True
        from mqttcam.recordings.database import remove_database

        with contextlib.suppress(OSError):
            remove_database(self._path)

    def _use_memory(self, error: Exception) -> None:
        self._set_in_memory(error)
        self.close()
        self.is_stale = True
        self.present = _open(None)

    def _set_in_memory(self, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or str(error)
        self.problem = (
            f"the index of the recordings, {self._path}, cannot be written: {reason}; "
            "it is made again from the files at each start"
        )
        if not self.is_in_memory:
            log.error("%s", self.problem)
        self.is_in_memory = True

    def try_file_again(self) -> None:
        """Leave the index in memory for one in its file, if that can be written now."""
        try:
            index = _open(self._path)
        except _open_errors():
            return
        self.close()
        log.info("recordings: the index %s can be written again", self._path)
        self.present, self.is_in_memory, self.problem = index, False, None
        self.is_stale = True


def _open(path: Path | None) -> Index:
    from mqttcam.recordings.index import Index

    return Index(path)


def _errors() -> tuple[type[Exception], ...]:
    from mqttcam.recordings.index import INDEX_ERRORS

    return INDEX_ERRORS


def _open_errors() -> tuple[type[Exception], ...]:
    return (*_errors(), OSError)
