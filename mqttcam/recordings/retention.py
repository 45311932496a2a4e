"""How long recordings are kept: deletes the oldest ones beyond the limits, and never a favourite."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from mqttcam.recordings.ages import is_plausible
from mqttcam.recordings.sidecar import delete_files, is_favourite, read_kept
from mqttcam.recordings.worker import Steps
from mqttcam.settings.recordings import CameraKeepSettings, KeepSettings

if TYPE_CHECKING:
    from mqttcam.recordings.index import Index

log = logging.getLogger(__name__)

_DAY_NS = 86400 * 10**9
_STEADY = 3600.0
"""Seconds for which the clock has to run without a jump before recordings are deleted by age."""
_STEP = 60.0
"""Seconds by which an even clock may differ from the monotonic one."""
_MAX_FAILURES = 10


class Clock(Struct, frozen=True):
    """Unix seconds, and monotonic seconds."""

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


class SteadyClock:
    """The time by which recordings age: unknown for an hour after the start and after each step of the clock.

    A clock that is wrong at the start, without a battery or with an empty one, is usually set by the network by then.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = clock.now() - clock.monotonic()
        self._since = clock.monotonic()

    @property
    def today(self) -> str:
        """The UTC date, as in the names of folders."""
        return datetime.fromtimestamp(self._clock.now(), UTC).strftime("%Y-%m-%d")

    def now_ns(self) -> int | None:
        """Return Unix nanoseconds; None while the time cannot be trusted. To be called every few minutes."""
        monotonic = self._clock.monotonic()
        offset = self._clock.now() - monotonic
        if abs(offset - self._offset) > _STEP:
            self._since = monotonic
        self._offset = offset
        now_ns = round(self._clock.now() * 1e9)
        is_steady = monotonic - self._since >= _STEADY
        return now_ns if is_steady and is_plausible(now_ns) else None


class _Limit(NamedTuple):
    """A limit that is exceeded, and the recordings that count."""

    text: str
    camera: str | None = None
    before_ns: int | None = None


_NO_LIMITS = CameraKeepSettings()


class Retention:
    """Deletes in steps of one recording.

    Attributes:
        problem: what cannot be kept to, in words.
        free: bytes free on the disk; None if unknown.
    """

    def __init__(
        self,
        folder: Path,
        keep: KeepSettings,
        camera_keep: Callable[[], Mapping[str, CameraKeepSettings]],
        clock: Clock,
        series_bytes: Callable[[], int] = lambda: 0,
    ) -> None:
        """Delete nothing yet.

        Args:
            camera_keep: returns the limits of each camera that has its own.
            series_bytes: returns the size of all series, which count, and are not deleted.
        """
        self.problem: str | None = None
        self.free: int | None = None
        self._folder = folder
        self._keep = keep
        self._camera_keep = camera_keep
        self._series_bytes = series_bytes
        self._clock = SteadyClock(clock)
        self._failed: dict[str, str] = {}

    def run(self, index: Index) -> Steps[int]:
        """Delete recordings that exceed the limits, and return their number."""
        deleted = 0
        self._failed.clear()
        now_ns = self._clock.now_ns()
        if now_ns is not None:
            index.set_ages(now_ns, now_ns + _DAY_NS)
        self.measure()
        yield
        while (found := self._next(index, now_ns)) is not None:
            deleted += self._delete(index, *found)
            yield
        self.problem = self._describe(index, deleted)
        return deleted

    def make_room(self, index: Index, size: int) -> Steps[bool]:
        """Delete the oldest recordings until `size` bytes fit beside those that stay free; return whether they do."""
        self._failed.clear()
        self.measure()
        while self._lacks(size) and (found := self._oldest(index)) is not None:
            self._delete(index, found, "the disk is full")
            yield
        return not self._lacks(size)

    def measure(self) -> None:
        """Measure the free space of the disk."""
        self.free = None
        for path in (self._folder, *self._folder.parents):
            try:
                disk = os.statvfs(path)
            except FileNotFoundError:
                continue
            except OSError:
                return
            self.free = disk.f_bavail * disk.f_frsize
            return

    def remove_empty_folder(self, stem: str) -> None:
        """Remove the folder of a deleted recording if it is empty; that of today stays, because one may begin there."""
        parent = (self._folder / stem).parent
        if parent.name < self._clock.today:
            with contextlib.suppress(OSError):
                parent.rmdir()

    def _lacks(self, size: int = 0) -> bool:
        return self.free is not None and self.free < self._keep.free + size

    def _next(self, index: Index, now_ns: int | None) -> tuple[str, str] | None:
        """Return the stem of the next recording to delete, and the limit in words."""
        for limit in self._exceeded(index, now_ns):
            if (stem := self._oldest(index, limit.camera, limit.before_ns)) is not None:
                return stem, limit.text
        return None

    def _exceeded(self, index: Index, now_ns: int | None) -> Iterator[_Limit]:
        """Return the limits that are exceeded; those of age as long as there may be recordings that are too old."""
        own = self._camera_keep()
        for camera in [camera for camera, count in index.counts.items() if count]:
            limits = own.get(camera, _NO_LIMITS)
            days = self._keep.days if limits.days is None else limits.days
            if now_ns is not None and days is not None:
                yield _Limit(f"it is older than {days:g} days", camera, now_ns - round(days * _DAY_NS))
            if limits.size is not None and index.bytes[camera] > limits.size:
                yield _Limit(f"the recordings of {camera} exceed {_text(limits.size)}", camera)
        if self._keep.size is not None and index.bytes.total() + self._series_bytes() > self._keep.size:
            yield _Limit(f"all recordings and series exceed {_text(self._keep.size)}")
        if self._lacks():
            yield _Limit(f"less than {_text(self._keep.free)} of the disk are free")

    def _oldest(self, index: Index, camera: str | None = None, before_ns: int | None = None) -> str | None:
        if len(self._failed) >= _MAX_FAILURES:
            return None
        return index.oldest(camera, before_ns=before_ns, without=self._failed)

    def _delete(self, index: Index, stem: str, reason: str) -> bool:
        """Delete a recording unless it is a favourite; return whether it was deleted."""
        if is_favourite(self._folder, stem):  # which a power cut has taken from the index
            with index.transaction():
                index.put(read_kept(self._folder, stem))
            return False
        try:
            delete_files(self._folder, stem)
        except OSError as error:
            self._failed[stem] = error.strerror or str(error)
            return False
        with index.transaction():
            index.remove(stem)
        log.info("recordings: %s deleted: %s", stem, reason)
        self.remove_empty_folder(stem)
        self.measure()
        return True

    def _describe(self, index: Index, deleted: int) -> str | None:
        """Return the problem that remains after `run`, in words. A small disk is no problem if nothing is recorded."""
        if self._failed:
            stem, reason = next(iter(self._failed.items()))
            return f"the files of {self._folder / stem} cannot be deleted: {reason}"
        series = self._series_bytes()
        size = index.bytes.total() + series
        if self._keep.size is not None and size > self._keep.size:
            take = "the favourites and series alone take" if series else "the favourites alone take"
            return (
                f"{take} {_text(size)} of the {_text(self._keep.size)} allowed for recordings: "
                "delete some, or raise recordings.keep.size"
            )
        if self._lacks() and (index.counts.total() or deleted or self.problem):
            # Without the present number, which would be another problem every time.
            return (
                f"less than recordings.keep.free ({_text(self._keep.free)}) of the disk of {self._folder} is free, "
                "and no recording is left to delete"
            )
        return None


def _text(size: int) -> str:
    """Return a number of bytes in words, as in the configuration."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} bytes"
