"""The time line: events, photos and files of series in one list, and in numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from mqttcam.recordings.counting import Slot, Tags, TimelineType, event_types, has_photos
from mqttcam.recordings.indexed_files import IndexedFiles
from mqttcam.recordings.listed import EventQuery, ListedEvent
from mqttcam.recordings.photo import Photo
from mqttcam.recordings.series_files import (
    SeriesFile,
    list_series,
    picture_names,
    series_folders,
    stem_of,
    time_of,
)

T = TypeVar("T")

Entry = ListedEvent | Photo | SeriesFile


class Ask(Protocol):
    """Runs a call in the thread of the library, and returns what it returns."""

    def __call__(self, call: Callable[[], T]) -> Awaitable[T]: ...


class SeriesPictures(Struct, frozen=True):
    """The pictures of a series within a period.

    Attributes:
        count: how many.
        last: path of the newest one, relative to the folder of all recordings.
        last_ns: when that was taken, Unix nanoseconds.
    """

    camera: str
    series: str
    count: int
    last: str
    last_ns: int


class Period(Struct, frozen=True):
    """What began between two times.

    Attributes:
        begin_ns, end_ns: Unix nanoseconds; the end does not belong to it.
        counts: by type; types without any are left out. Series are counted by their pictures.
    """

    begin_ns: int
    end_ns: int
    counts: Mapping[TimelineType, int]
    series: tuple[SeriesPictures, ...]


class Timeline:
    """Answers queries on the event loop; the work is done in the thread of the library."""

    def __init__(self, folder: Path, files: IndexedFiles, ask: Ask) -> None:
        """Do nothing yet.

        Args:
            folder: of all recordings.
        """
        self._folder = folder
        self._files = files
        self._ask = ask

    async def entries(self, query: EventQuery, types: Sequence[TimelineType]) -> list[Entry]:
        """Return what there is of these types, newest first; the types of the query are ignored.

        Raises:
            LibraryUnavailable: the disk does not answer.
        """
        return await self._ask(lambda: self._entries(query, types))

    async def periods(
        self, query: EventQuery, types: Sequence[TimelineType], bounds: Sequence[int]
    ) -> list[Period]:
        """Return the periods between successive times in which something began, oldest first.

        Args:
            query: its camera, zone and label; the rest is ignored.
            bounds: Unix nanoseconds, in ascending order.

        Raises:
            LibraryUnavailable: the disk does not answer.
        """
        return await self._ask(lambda: self._periods(query, types, bounds))

    async def slots(self, query: EventQuery, types: Sequence[TimelineType], step_ns: int) -> list[Slot]:
        """Return what there is between the times of the query, in slots of `step_ns` for each camera and type.

        Raises:
            LibraryUnavailable: the disk does not answer.
        """
        return await self._ask(lambda: self._slots(query, types, step_ns))

    async def tags(self, camera: str | None) -> Tags:
        """Return the zones and labels that events have, of one camera or all.

        Raises:
            LibraryUnavailable: the disk does not answer.
        """
        return await self._ask(lambda: self._files.read(lambda index: index.tags(camera), Tags()))

    def _entries(self, query: EventQuery, types: Sequence[TimelineType]) -> list[Entry]:
        found: list[Entry] = []
        if kinds := event_types(types):
            found += self._files.find(replace(query, types=kinds))
        if has_photos(query, types):
            found += [one for one in self._files.files(query, ("photo",)) if isinstance(one, Photo)]
        if _has_series(query, types):
            found += list_series(self._folder, query)
        found.sort(key=position, reverse=True)
        return found[: query.limit]

    def _periods(
        self, query: EventQuery, types: Sequence[TimelineType], bounds: Sequence[int]
    ) -> list[Period]:
        series = self._series_between(query, bounds) if _has_series(query, types) else {}
        periods = []
        for number, (begin_ns, end_ns) in enumerate(pairwise(bounds)):
            within = replace(query, begin_ns=begin_ns, end_ns=end_ns, before=None)
            counts = self._counts(within, types)
            pictures = series.get(number, [])
            if pictures:
                counts["series"] = sum(one.count for one in pictures)
            if counts:
                periods.append(Period(begin_ns, end_ns, dict(counts), tuple(pictures)))
        return periods

    def _counts(self, query: EventQuery, types: Sequence[TimelineType]) -> Counter[TimelineType]:
        return self._files.read(lambda index: index.counts_between(query, types), Counter[TimelineType]())

    def _series_between(self, query: EventQuery, bounds: Sequence[int]) -> dict[int, list[SeriesPictures]]:
        """Return the pictures of series by the number of the period. Their names are in the order of their times."""
        found: dict[int, list[SeriesPictures]] = {}
        stems = [stem_of(bound) for bound in bounds]
        for camera, series, folder in series_folders(self._folder, query.camera):
            names = picture_names(folder)
            places = [bisect_left(names, stem) for stem in stems]
            for number, (first, end) in enumerate(pairwise(places)):
                if first < end:
                    last = names[end - 1]
                    path = f"{camera}/{folder.parent.name}/{series}/{last}"
                    one = SeriesPictures(camera, series, end - first, path, time_of(last) or 0)
                    found.setdefault(number, []).append(one)
        return found

    def _slots(self, query: EventQuery, types: Sequence[TimelineType], step_ns: int) -> list[Slot]:
        found = self._files.read(lambda index: index.slots(query, types, step_ns), list[Slot]())
        if not _has_series(query, types):
            return found
        begin_ns, end_ns = query.begin_ns or 0, query.end_ns or 0
        bounds = [*range(begin_ns, end_ns, step_ns), end_ns]
        for number, pictures in sorted(self._series_between(query, bounds).items()):
            for one in pictures:
                found.append(Slot(one.camera, "series", bounds[number], one.last_ns, one.count))
        return found


def position(entry: Entry) -> tuple[int, str]:
    """Return the position of an entry in the list, as in `EventQuery.before`."""
    return (entry.ts_ns if isinstance(entry, SeriesFile) else entry.begin_ns), entry.id


def _has_series(query: EventQuery, types: Sequence[TimelineType]) -> bool:
    return "series" in types and query.zone is None and query.label is None
