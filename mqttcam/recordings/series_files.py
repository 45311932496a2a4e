"""The files of series: their names, and lists of them.

A series is the folder `<camera>/series/<name>` in that of all recordings: pictures (`2026-11-29T193012.345Z.jpg`, in
UTC, with what was set for one of a set: `…Z-10000us.jpg`, `…Z-2dpt.jpg`), videos, each named by its first picture,
`series.json`, and `favourites.json`. A picture is `.jpg.part` until it is in the video and counted.
"""

from __future__ import annotations

import os
import re
import stat
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from mqttcam.recordings.listed import EventQuery
from mqttcam.recordings.recording import LARGEST_NS
from mqttcam.recordings.series_favourites import read_favourites, set_favourite
from mqttcam.text import is_id

FOLDER = "series"
"""Between the id of the camera and the name of the series."""
SIDECAR = "series.json"
PART = ".part"
PICTURE, VIDEO = ".jpg", ".mp4"
_ID = re.compile(r"(\d{12,14})-[pv][0-9a-f]{8}")
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{6}\.\d{3}Z)([a-z0-9.-]*)\.(jpg|mp4)")


class SeriesFile(Struct, frozen=True):
    """A picture or a video of a series.

    Attributes:
        path: relative to the folder of all recordings, with slashes.
        ts_ns: when the picture, or the first of the video, was taken, Unix nanoseconds.
        bytes: its size.
        keep: whether it is a favourite.
    """

    camera: str
    series: str
    kind: Literal["picture", "video"]
    path: str
    ts_ns: int
    bytes: int
    keep: bool = False

    @property
    def id(self) -> str:
        """Unique among all files; see `position_of`."""
        return _id_of(self.ts_ns, self.path)


def _id_of(ts_ns: int, path: str) -> str:
    kind = "v" if path.endswith(VIDEO) else "p"  # a video is above its first picture
    return f"{ts_ns // 10**6}-{kind}{zlib.crc32(path.encode()):08x}"


def position_of(file_id: str) -> tuple[int, str] | None:
    """Return the time and the id of a file of a series, as in `EventQuery.before`; None if it is no id of one."""
    match = _ID.fullmatch(file_id)
    if match is None or (ts_ns := int(match[1]) * 10**6) > LARGEST_NS:
        return None
    return ts_ns, file_id


def stem_of(ts_ns: int) -> str:
    """Return the name of a picture by its time in Unix nanoseconds, without suffix."""
    moment = datetime.fromtimestamp(ts_ns // 10**9, UTC)
    return f"{moment:%Y-%m-%dT%H%M%S}.{ts_ns // 10**6 % 1000:03d}Z"


def stem_in(name: str) -> str:
    """Return the common prefix of the names of all pictures of a set."""
    return name.partition("Z")[0] + "Z"


def series_folders(root: Path, camera: str | None = None) -> Iterator[tuple[str, str, Path]]:
    """Yield the camera, the name and the folder of each series that has files, also of those not configured any more.

    A folder that cannot be read is left out.
    """
    for camera_folder in _folders(root) if camera is None else [root / camera]:
        for folder in _folders(camera_folder / FOLDER):
            yield camera_folder.name, folder.name, folder


def list_series(root: Path, query: EventQuery) -> list[SeriesFile]:
    """Return pictures and videos of series, newest first; the types of the query are ignored.

    Files that are not complete are left out. All names are read, which may take a tenth of a second for 100,000.
    """
    newest_first = sorted(_candidates(root, query), reverse=True)
    found = (_series_file(root, path, ts_ns) for ts_ns, _, path in newest_first)
    files = list(islice((one for one in found if one is not None), query.limit))
    folders = {(root / one.path).parent for one in files}
    favourites = {folder / name for folder in folders for name in _shown_favourites(folder)}
    return [replace(one, keep=root / one.path in favourites) for one in files]


def picture_names(folder: Path) -> list[str]:
    """Return the names of the pictures of a series, oldest first."""
    return sorted(name for name in _names(folder) if name.endswith(PICTURE) and _NAME.fullmatch(name))


def find_series_file(root: Path, file_id: str) -> SeriesFile | None:
    """Return the file of a series with this id; None if there is none."""
    if (found := position_of(file_id)) is None:
        return None
    query = EventQuery(begin_ns=found[0], end_ns=found[0], limit=1000)
    return next((one for one in list_series(root, query) if one.id == file_id), None)


def keep_series_file(root: Path, file_id: str, keep: bool) -> SeriesFile | None:
    """Make a picture or video of a series a favourite, or undo that; return it, or None if it does not exist.

    Raises:
        OSError: the disk does not take it.
    """
    if (found := find_series_file(root, file_id)) is None:
        return None
    file = root / found.path
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except FileNotFoundError:  # deleted meanwhile
        return None
    return replace(found, keep=keep) if set_favourite(file.parent, file.name, keep, mode) else None


def delete_series_file(root: Path, path: str) -> bool:
    """Delete a picture or video of a series, and return whether there was one.

    Raises:
        OSError: it cannot be deleted.
    """
    file = root / path
    if not is_series_file(path) or any(parent.is_symlink() for parent in list(file.parents)[:3]):
        return False
    try:
        file.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _shown_favourites(folder: Path) -> frozenset[str]:
    """Return the favourites in a folder, none if they are not known."""
    try:
        return read_favourites(folder)
    except OSError:
        return frozenset()


def _candidates(root: Path, query: EventQuery) -> Iterator[tuple[int, str, str]]:
    """Yield the time, id and path of each file that matches the query."""
    begin, end = query.begin_ns or 0, query.end_ns
    for camera, series, folder in series_folders(root, query.camera):
        for name in _names(folder):
            ts_ns = time_of(name)
            if ts_ns is None or ts_ns < begin or (end is not None and ts_ns > end):
                continue
            path = f"{camera}/{FOLDER}/{series}/{name}"
            position = ts_ns, _id_of(ts_ns, path)
            if query.before is None or position < query.before:
                yield *position, path


def _series_file(root: Path, path: str, ts_ns: int) -> SeriesFile | None:
    camera, _, series, name = path.split("/")
    try:
        status = (root / path).lstat()
    except OSError:  # deleted meanwhile
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    kind: Literal["picture", "video"] = "picture" if name.endswith(PICTURE) else "video"
    return SeriesFile(camera, series, kind, path, ts_ns, status.st_size)


def is_series_file(path: str) -> bool:
    """Return whether a path, relative to the folder of all recordings, is that of a picture or video of a series."""
    parts = path.split("/")
    return (len(parts) == 4 and is_id(parts[0]) and parts[1] == FOLDER and is_id(parts[2])) and time_of(
        parts[3]
    ) is not None


def time_of(name: str) -> int | None:
    """Return the time in the name of a picture or video, Unix nanoseconds; None if it is another file."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        moment = datetime.strptime(match[1][:-1], "%Y-%m-%dT%H%M%S.%f").replace(tzinfo=UTC)
    except ValueError:  # such as 2026-02-31
        return None
    return round(moment.timestamp() * 1000) * 10**6


def size_of_folder(folder: Path) -> int:
    """Return the total size of all files in a folder in bytes, or 0 if it does not exist."""
    try:
        with os.scandir(folder) as entries:
            return sum(entry.stat(follow_symlinks=False).st_size for entry in entries if entry.is_file())
    except OSError:
        return 0


def _folders(parent: Path) -> list[Path]:
    try:
        with os.scandir(parent) as entries:
            names = sorted(
                one.name for one in entries if is_id(one.name) and one.is_dir(follow_symlinks=False)
            )
    except OSError:
        return []
    return [parent / name for name in names]


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - without an object for each of 100,000 files
    except OSError:
        return []
