"""Comparing the index with the files: some are deleted or added by hand, and a power cut may take the last changes."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mqttcam.files import forbid_links
from mqttcam.recordings.paths import RecordingFiles
from mqttcam.recordings.photo_files import PHOTO_NAME, SUFFIXES, PhotoFiles, is_photo
from mqttcam.recordings.sidecar import (
    DATE,
    NAME,
    SIDECAR,
    VIDEO,
    delete_files,
    derived_id,
    exists,
    read_kept,
)
from mqttcam.recordings.worker import Steps
from mqttcam.text import ID_PATTERN

if TYPE_CHECKING:
    from mqttcam.recordings.index import Index

log = logging.getLogger(__name__)

_AT_ONCE = 20
"""Sidecars that are read in one step."""
_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
_CAMERA = re.compile(ID_PATTERN)


class Reconciliation:
    """Updates the index from the files, the newest folders first.

    Recordings in a folder that cannot be read stay in the index.

    Attributes:
        problem: why a folder or file cannot be read, in words.
        added, removed: recordings.
    """

    def __init__(self, folder: Path, index: Index) -> None:
        self.problem: str | None = None
        self.added = self.removed = 0
        self._folder = folder
        self._index = index
        self._unreadable: set[str] = set()

    def steps(self) -> Steps[None]:
        """Compare one folder after the other."""
        cameras = self._list("", _CAMERA)
        if cameras is None:
            return
        folders = []
        for camera in cameras:
            folders += [(date, camera) for date in self._list(camera, DATE) or ()]
            yield
        for date, camera in sorted(folders, reverse=True):
            yield from self._compare(f"{camera}/{date}")
        present = {f"{camera}/{date}" for date, camera in folders}
        for name in sorted(self._index.folders() - present):
            if name.partition("/")[0] not in self._unreadable:
                yield from self._compare(name)
        if self.added or self.removed:
            log.info(
                "recordings and photos: %d added and %d removed since the last comparison with the files",
                self.added,
                self.removed,
            )

    def _list(self, name: str, pattern: re.Pattern[str]) -> list[str] | None:
        """Return the names in a folder that match, without symbolic links; None if it cannot be read."""
        try:
            with os.scandir(self._folder / name) as entries:
                return [one.name for one in entries if pattern.fullmatch(one.name) and not one.is_symlink()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            self._fail(name, error)
            return None

    def _compare(self, name: str) -> Steps[None]:
        try:
            forbid_links(self._folder, self._folder / name)
            with os.scandir(self._folder / name) as entries:
                names = {entry.name: _changed_ns(entry) for entry in entries if _is_file(entry)}
        except OSError as error:
            if error.errno not in _NOT_THERE:
                self._fail(name, error)
                return
            names = {}
        found = {stem for file in names if (stem := _whole_stem(file))}
        known = self._index.sidecars(name)
        present = {f"{name}/{stem}": names.get(stem + SIDECAR, 0) for stem in found}
        gone = [stem for stem in known if stem not in present]
        if gone:
            with self._index.transaction():
                self._remove(gone)
        changed = sorted(stem for stem, changed_ns in present.items() if known.get(stem) != changed_ns)
        yield
        while changed:
            with self._index.transaction():
                for stem in changed[-_AT_ONCE:]:
                    self._read(stem, present[stem], is_new=stem not in known)
            del changed[-_AT_ONCE:]
            yield
        for file in names:
            stem = _stem(file, SIDECAR, NAME, PHOTO_NAME)
            if stem and stem not in found:
                self._delete_rest(f"{name}/{stem}")

    def _read(self, stem: str, sidecar_ns: int, *, is_new: bool) -> None:
        try:
            kept = read_kept(self._folder, stem)
        except FileNotFoundError:
            return
        except OSError as error:
            self._fail(stem, error)
            return
        if self._index.stem_of(kept.id) not in (None, stem):
            # A copy made by hand.
            kept = kept.model_copy(update={"id": derived_id(stem)})
        self._index.put(kept, sidecar_ns=sidecar_ns)
        self.added += is_new

    def _remove(self, stems: list[str] | dict[str, int]) -> None:
        for stem in stems:
            self._index.remove(stem)
        self.removed += len(stems)

    def _delete_rest(self, stem: str) -> None:
        """Delete the remains of a recording or photo that was deleted by hand, or by an interrupted deletion."""
        files = PhotoFiles(self._folder, stem) if is_photo(stem) else RecordingFiles(self._folder, stem)
        # In this order: what is finished meanwhile changes from one name to the other.
        if os.path.lexists(files.part) or exists(self._folder, stem):
            return
        with contextlib.suppress(OSError):
            delete_files(self._folder, stem)

    def _fail(self, name: str, error: OSError) -> None:
        self._unreadable.add(name.partition("/")[0])
        if self.problem is None:
            self.problem = f"{self._folder / name} cannot be read: {error.strerror}"


def _whole_stem(file: str) -> str | None:
    """Return the name of a video or photo without its suffix; None if it is another file."""
    if (stem := _stem(file, VIDEO, NAME)) is not None:
        return stem
    return next((stem for suffix in SUFFIXES.values() if (stem := _stem(file, suffix, PHOTO_NAME))), None)


def _stem(file: str, suffix: str, *names: re.Pattern[str]) -> str | None:
    """Return the name of a file without its suffix; None if it is another file."""
    stem = file.removesuffix(suffix)
    return stem if stem != file and any(name.fullmatch(stem) for name in names) else None


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Return whether it is a regular file; a named pipe would be read forever."""
    with contextlib.suppress(OSError):
        return entry.is_file(follow_symlinks=False)
    return False


def _changed_ns(entry: os.DirEntry[str]) -> int:
    """Return when a sidecar was changed; 0 for another file, and for one that was deleted meanwhile."""
    if entry.name.endswith(SIDECAR):
        with contextlib.suppress(OSError):
            return entry.stat().st_mtime_ns
    return 0
