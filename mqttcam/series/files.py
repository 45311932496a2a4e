"""The files of one series on the disk."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
from collections import deque
from collections.abc import Iterable
from itertools import groupby
from typing import Protocol

from mqttcam.files import RESERVE, read_regular, shortage, sync_folder, write_new
from mqttcam.recordings.paths import RecordingsFolder
from mqttcam.recordings.series_favourites import changing, read_favourites
from mqttcam.recordings.series_files import (
    FOLDER,
    PART,
    PICTURE,
    SIDECAR,
    VIDEO,
    stem_in,
    stem_of,
    time_of,
)
from mqttcam.series.progress import Progress, read_progress
from mqttcam.series.video import NEW, SeriesVideo
from mqttcam.settings.recordings import KeepSettings
from mqttcam.settings.series import SeriesSettings
from mqttcam.video.encoder import VideoUnavailable

log = logging.getLogger(__name__)

_ROOM = 50_000_000
"""Bytes to make room for at a time."""
_LARGEST_PICTURE = 256 * 1024 * 1024
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class QuotaReached(Exception):
    """A limit of the disk space of a series is reached; the message names the limit."""


class SeriesLibrary(Protocol):
    """What a series needs from the library of recordings, whose folder contains it; usable from any thread."""

    @property
    def keep(self) -> KeepSettings:
        """The limits of recordings."""

    @property
    def series_bytes(self) -> int:
        """The size of all series."""

    @property
    def series_changes(self) -> int:
        """Grows with each file of a series that is deleted by others, and each change of its favourites."""

    def set_series_bytes(self, camera: str, name: str, size: int) -> None:
        """Note the size of a series."""

    def make_room(self, size: int) -> object:
        """Delete recordings until `size` bytes fit in addition to those that must stay free, if possible."""


class SeriesFiles:
    """Every method may block as long as the disk does; they are called in one thread.

    A crash at any moment leaves nothing torn: a picture is written beside its name first (`.part`), added to the video,
    counted, and then given its name; `open` completes what was begun.

    Attributes:
        progress: None until `open` has succeeded, and after a failure.
        bytes: the size of all files.
        video_problem: why there is no video, in words.
    """

    def __init__(
        self,
        root: RecordingsFolder,
        camera_id: str,
        name: str,
        settings: SeriesSettings,
        library: SeriesLibrary,
    ) -> None:
        """Do not access the disk yet."""
        self.folder = root.path / camera_id / FOLDER / name
        self.progress: Progress | None = None
        self.bytes = 0
        self.video_problem: str | None = None
        self._root = root
        self._settings = settings
        self._key = camera_id, name
        self._library = library
        self._video = None if settings.video is None else SeriesVideo(settings.video)
        self._mode = 0o600
        self._changes = 0
        self._refused = 0
        """The size of the last picture, if there was no room for it."""
        self._kept: deque[tuple[str, int]] = deque()
        """Names and sizes of the pictures but the favourites, the oldest first; only if there is a limit."""

    def open(self, started: float | None, now: float) -> Progress:
        """Repair what a crash has left, and return the progress of the series.

        Args:
            started: when it was started; None to continue the one that is there.
            now: the time, for one that is not.

        Raises:
            OSError: the disk is full, gone or refuses it.
            QuotaReached: there is no room yet for a picture such as the last one, which found none.
        """
        progress = self._opened(started, now)
        if self._refused:
            self._check_space(self._refused)
        return progress

    def _opened(self, started: float | None, now: float) -> Progress:
        changes = self._library.series_changes
        is_known = self.progress is not None and changes == self._changes
        if self.progress is not None and is_known and started in (None, self.progress.started):
            return self.progress
        self.progress, self._changes = None, changes
        self._root.prepare()
        self._root.make_folder(self.folder)
        self._mode = self._root.file_mode
        parts = self._scan()
        known = read_progress(self.folder / SIDECAR)
        progress = known or self._derive(now if started is None else started)
        if self._video is not None:
            self._video.open(None if progress.video is None else self.folder / progress.video)
        progress = self._commit(progress, parts)
        if started is not None and started != progress.started:
            progress = Progress(started=started)
            if self._video is not None:
                self._video.open(None)
        if progress != known:
            self._write(progress)
        self.progress = progress
        return progress

    def add(self, ts_ns: int, shot: str, jpeg: bytes, stem: str | None = None) -> str:
        """Write a picture, and return its name; it counts once `commit` has been called for its set.

        Args:
            ts_ns: when it was captured, Unix nanoseconds.
            shot: the end of its name.
            stem: that of its set, if it is not the first; see `stem_in`.

        Raises:
            OSError: there is no space, or the disk refuses it.
            QuotaReached: the series has all that it may have.
        """
        self._refused = len(jpeg)
        try:
            self._check_space(len(jpeg))
            self._refused = 0
            name = f"{stem or self._free_stem(ts_ns, shot)}{shot}{PICTURE}"
            part = self.folder / (name + PART)
            new = part.with_name(part.name + NEW)
            write_new(new, jpeg, self._mode)
            new.replace(part)
            sync_folder(self.folder)
        except BaseException:
            self.progress = None
            raise
        self.bytes += len(jpeg)
        return name

    def commit(self, names: Iterable[str]) -> Progress:
        """Count a set of pictures, which `add` has written, and add one of them to the video.

        Raises:
            OSError: the disk refuses it; `open` tries again.
        """
        assert self.progress is not None, "opened"
        progress, self.progress = self.progress, None
        self.progress = self._commit(progress, names)
        return self.progress

    def reset(self) -> None:
        """Let the next `open` complete an unfinished set."""
        self.progress = None

    def end_group(self) -> None:
        """Free the memory of the video encoder."""
        if self._video is not None:
            self._video.end_group()

    def describe(self, error: Exception) -> str:
        """Return a description of a failure."""
        if not isinstance(error, OSError):
            return str(error)
        if error.errno in _FULL:
            return f"the disk of {self._root.path} is full"
        return f"{error.filename or self.folder}: {error.strerror or error}"

    def _free_stem(self, ts_ns: int, shot: str) -> str:
        """Return a stem that no other set has; after the clock was set back, one may already exist."""
        while True:
            stem = stem_of(ts_ns)
            names = [f"{stem}{shot}{end}" for end in (PICTURE, PICTURE + PART, VIDEO)]
            last = self.progress and self.progress.last
            if stem != last and not any((self.folder / name).exists() for name in names):
                return stem
            ts_ns += 10**6

    def _check_space(self, size: int) -> None:
        """Make room, or raise an error if too little space is left.

        Raises:
            OSError: there is no space, and none can be made.
            QuotaReached: the series has all that it may have.
        """
        self._root.prepare()
        limit = self._settings.keep.size
        if limit is not None and self.bytes + size > limit and not self._kept:
            raise QuotaReached("its videos and favourites take all the space that its keep.size allows")
        limit = self._library.keep.size
        if limit is not None and self._library.series_bytes + size > limit:
            raise QuotaReached("all series take the space that recordings.keep.size allows")
        if self._lacks(size):
            self._library.make_room(size + _ROOM)
            if self._lacks(size):
                raise OSError(errno.ENOSPC, "the disk is full", str(self._root.path))

    def _lacks(self, size: int) -> bool:
        disk = os.statvfs(self.folder)
        below = disk.f_bavail * disk.f_frsize - size < self._library.keep.free
        return below or shortage(self.folder, size, RESERVE) > 0

    def _scan(self) -> list[str]:
        """Delete what was not written completely, and return the names of the pictures that are to be counted."""
        parts: list[str] = []
        kept: list[tuple[str, int]] = []
        is_limited = self._settings.keep.size is not None
        favourites = read_favourites(self.folder) if is_limited else frozenset()
        self.bytes = 0
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(NEW):
                    with contextlib.suppress(OSError):
                        (self.folder / entry.name).unlink()
                    continue
                try:
                    size = entry.stat(follow_symlinks=False).st_size
                except FileNotFoundError:  # deleted or renamed meanwhile
                    continue
                self.bytes += size
                if entry.name.endswith(PICTURE + PART):
                    parts.append(entry.name.removesuffix(PART))
                elif entry.name.endswith(PICTURE) and time_of(entry.name) is not None:
                    kept.append((entry.name, size))
        self._kept = deque(sorted(one for one in kept if one[0] not in favourites) if is_limited else ())
        return sorted(parts)

    def _derive(self, started: float) -> Progress:
        """Return the progress of a series whose `series.json` is lost, from its files."""
        names = sorted(
            path.name for path in self.folder.iterdir() if (time_of(path.name) or 0) >= int(started) * 10**9
        )
        pictures = [name for name in names if name.endswith(PICTURE)]
        videos = [name for name in names if name.endswith(VIDEO)]
        found = Progress(started=started, pictures=len(pictures))
        if pictures:
            found.last = stem_in(pictures[-1])
        if videos and self._video is not None:
            self._video.open(self.folder / videos[-1])
            found.video, found.frames = videos[-1], self._video.frames
            found.pictures = max(found.pictures, found.frames)
        return found

    def _commit(self, progress: Progress, names: Iterable[str]) -> Progress:
        for key, group in groupby(names, stem_in):
            pictures = list(group)
            if key != progress.last:
                progress = self._add_to_video(progress, pictures).model_copy(update={"last": key})
                progress.pictures += len(pictures)
                self._write(progress)
            self._complete(pictures)
        self._delete_oldest()
        self._library.set_series_bytes(*self._key, self.bytes)
        return progress

    def _add_to_video(self, progress: Progress, pictures: list[str]) -> Progress:
        """Add the middle picture of a set, unless it was added just before a crash."""
        video = self._video
        if video is None:
            return progress
        picture = pictures[len(pictures) // 2]
        path = (self.folder / picture).with_suffix(VIDEO)
        was_added = video.path is not None and video.frames > progress.frames
        if not was_added and path.exists():
            video.open(path)
            was_added = video.path is not None
        if not was_added:
            before = 0 if video.path is None else video.size
            try:
                video.add(read_regular(self.folder / (picture + PART), _LARGEST_PICTURE), path, self._mode)
            except (ValueError, VideoUnavailable) as error:
                self._set_video_problem(str(error))
                return progress
            self.bytes += video.size - (0 if video.path == path else before)
        self._set_video_problem(None)
        assert video.path is not None
        return progress.model_copy(update={"video": video.path.name, "frames": video.frames})

    def _complete(self, pictures: list[str]) -> None:
        """Rename counted pictures to their final names, or delete them if only the video is kept."""
        drop = self._settings.pictures == "drop" and self.video_problem is None
        for name in pictures:
            part = self.folder / (name + PART)
            size = part.stat().st_size
            if drop:
                part.unlink()
                self.bytes -= size
            else:
                part.replace(self.folder / name)
                if self._settings.keep.size is not None:
                    self._kept.append((name, size))
        sync_folder(self.folder)

    def _delete_oldest(self) -> None:
        """Delete the oldest pictures beyond the limit, except those that have become favourites since `open`."""
        limit = self._settings.keep.size
        if limit is None or self.bytes <= limit:
            return
        with changing:
            favourites = read_favourites(self.folder)
            while self.bytes > limit and self._kept:
                name, size = self._kept.popleft()
                if name not in favourites:
                    (self.folder / name).unlink(missing_ok=True)
                    self.bytes -= size

    def _write(self, progress: Progress) -> None:
        path = self.folder / SIDECAR
        new = path.with_name(path.name + NEW)
        write_new(new, progress.model_dump_json().encode(), self._mode)
        new.replace(path)
        sync_folder(self.folder)

    def _set_video_problem(self, problem: str | None) -> None:
        if problem is not None and problem != self.video_problem:
            log.warning("%s: a picture is not in the video: %s", self.folder, problem)
        self.video_problem = problem
