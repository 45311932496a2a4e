"""The files of series: their names, and what is listed of them.

A series is the folder `<camera>/series/<name>` in that of all recordings: pictures (`2026-11-29T193012.345Z.jpg`, in
UTC, with what was set for one of a set: `…Z-10000us.jpg`, `…Z-2dpt.jpg`), videos, each named by its first picture, and
`series.json`. A picture is `.jpg.part` until it is in the video and counted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from mqttcam.text import is_id

FOLDER = "series"
"""Between the id of the camera and the name of the series."""
SIDECAR = "series.json"
PART = ".part"
PICTURE, VIDEO = ".jpg", ".mp4"
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{6}\.\d{3}Z)([a-z0-9.-]*)\.(jpg|mp4)")


@dataclass(frozen=True, slots=True)
class SeriesFile:
    """A picture or a video of a series.

    Attributes:
        path: relative to the folder of all recordings, with slashes.
        ts_ns: when the picture, or the first of the video, was due or taken, Unix nanoseconds.
        bytes: its size.
    """

    camera: str
    series: str
    kind: Literal["picture", "video"]
    path: str
    ts_ns: int
    bytes: int


def stem_of(ts_ns: int) -> str:
    """Return the name of a picture by its time in Unix nanoseconds, without suffix."""
    moment = datetime.fromtimestamp(ts_ns // 10**9, UTC)
    return f"{moment:%Y-%m-%dT%H%M%S}.{ts_ns // 10**6 % 1000:03d}Z"


def stem_in(name: str) -> str:
    """Return what the names of all pictures of one set begin with."""
    return name.partition("Z")[0] + "Z"


def series_folders(root: Path, camera: str | None = None) -> Iterator[tuple[str, str, Path]]:
    """Yield the camera, the name and the folder of each series that has files, also of those not configured any more.

    A folder that cannot be read is left out.
    """
    for camera_folder in _folders(root) if camera is None else [root / camera]:
        for folder in _folders(camera_folder / FOLDER):
            yield camera_folder.name, folder.name, folder


def list_series(root: Path, camera: str | None = None) -> list[SeriesFile]:
    """Return the pictures and videos of all series, or of those of one camera, the newest first.

    Files that are not complete are left out. This reads the disk, and may take a second for 100,000 pictures.
    """
    found: list[SeriesFile] = []
    for owner, name, folder in series_folders(root, camera):
        for entry, ts_ns in _files(folder):
            kind: Literal["picture", "video"] = "picture" if entry.name.endswith(PICTURE) else "video"
            path = f"{owner}/{FOLDER}/{name}/{entry.name}"
            found.append(SeriesFile(owner, name, kind, path, ts_ns, entry.stat().st_size))
    return sorted(found, key=lambda one: (one.ts_ns, one.path), reverse=True)


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
    """Return the bytes of all files in a folder; 0 if it is not there."""
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


def _files(folder: Path) -> Iterator[tuple[os.DirEntry[str], int]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if (ts_ns := time_of(entry.name)) is not None and entry.is_file(follow_symlinks=False):
                    yield entry, ts_ns
    except OSError:
        return
