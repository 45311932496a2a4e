"""The files of one recording: video, pictures and the sidecar that says what they are."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast

from pydantic import ValidationError

from mqttcam.files import read_regular, write_atomically
from mqttcam.recordings.recording import Reason, Recording

log = logging.getLogger(__name__)

VIDEO, UNFINISHED, SIDECAR = ".mp4", ".mp4.part", ".json"
PICTURES: dict[Literal["best", "start", "end"], str] = {
    "best": ".jpg",
    "start": "-start.jpg",
    "end": "-end.jpg",
}
"""The suffixes of the pictures of a recording, the one that shows most first."""
DATE = re.compile(r"\d{4}-\d\d-\d\d")
NAME = re.compile(r"(\d{6})-(motion|command|continuous)(-\d+)?")
"""The name of a recording's files, without suffix."""
_MAX_SIDECAR = 1_000_000


def derived_id(stem: str) -> str:
    """Return the id of a recording whose sidecar is lost: always the same for the same place."""
    return hashlib.sha256(stem.encode()).hexdigest()[:24]


def write_sidecar(folder: Path, recording: Recording) -> None:
    """Write the sidecar of a recording, atomically.

    Raises:
        OSError: the old sidecar is still there.
    """
    write_atomically(folder / f"{recording.stem}{SIDECAR}", recording.model_dump_json().encode())


def read_recording(folder: Path, stem: str) -> Recording:
    """Return what is known of the recording at `stem` by its sidecar, or else by its name and its video.

    Its place and the size of its files are as found, whatever the sidecar says. Events without an end, as those of a
    daemon that was killed, end with the recording.

    Raises:
        OSError: its video cannot be read.
    """
    size, pictures = _measure(folder, stem)
    camera = stem.partition("/")[0]
    try:
        found = Recording.model_validate_json(read_regular(folder / f"{stem}{SIDECAR}", _MAX_SIDECAR))
    except FileNotFoundError:
        found = _derive(folder, stem)
    except (OSError, ValidationError) as error:
        log.warning("recordings: %s%s cannot be read, the video is kept without it: %s", stem, SIDECAR, error)
        found = _derive(folder, stem)
    end_ns = found.begin_ns + round(found.seconds * 1e9)
    events = tuple(
        event
        if event.end_ns is not None
        else event.model_copy(update={"end_ns": max(end_ns, event.begin_ns)})
        for event in found.events
    )
    place = {"stem": stem, "camera": camera, "bytes": size, "pictures": pictures, "events": events}
    return found.model_copy(update=place)


def is_favourite(folder: Path, stem: str) -> bool:
    """Return whether the sidecar says that the recording is never deleted to make room."""
    try:
        data = read_regular(folder / f"{stem}{SIDECAR}", _MAX_SIDECAR)
        return Recording.model_validate_json(data).keep
    except (OSError, ValidationError):
        return False


def delete_files(folder: Path, stem: str) -> None:
    """Delete the files of a recording, the sidecar last: without it, a video would be a recording of its own again.

    Raises:
        OSError: the video or the sidecar cannot be deleted.
    """
    (folder / f"{stem}{VIDEO}").unlink(missing_ok=True)
    for suffix in PICTURES.values():
        with contextlib.suppress(OSError):
            (folder / f"{stem}{suffix}").unlink(missing_ok=True)
    (folder / f"{stem}{SIDECAR}").unlink(missing_ok=True)


def _measure(folder: Path, stem: str) -> tuple[int, tuple[str, ...]]:
    """Return the bytes of all files of a recording, and the pictures that it has.

    Raises:
        OSError: its video cannot be read.
    """
    size = (folder / f"{stem}{VIDEO}").stat().st_size
    pictures = []
    for kind, suffix in PICTURES.items():
        with contextlib.suppress(OSError):
            size += (folder / f"{stem}{suffix}").stat().st_size
            pictures.append(kind)
    with contextlib.suppress(OSError):
        size += (folder / f"{stem}{SIDECAR}").stat().st_size
    return size, tuple(pictures)


def _derive(folder: Path, stem: str) -> Recording:
    camera, date, name = stem.split("/")
    match = NAME.fullmatch(name)
    assert match is not None
    try:
        begin = datetime.strptime(f"{date} {match[1]}", "%Y-%m-%d %H%M%S").replace(tzinfo=UTC).timestamp()
    except ValueError:  # such as 2026-02-31
        begin = (folder / f"{stem}{VIDEO}").stat().st_mtime
    return Recording(
        id=derived_id(stem),
        camera=camera,
        stem=stem,
        reason=cast("Reason", match[2]),
        begin_ns=round(begin * 1e9),
        seconds=_duration(folder / f"{stem}{VIDEO}"),
        bytes=0,
    )


def _duration(path: Path) -> float:
    """Return the length of a video in seconds; 0 if it is unknown."""
    try:
        import av

        with av.open(str(path)) as container:
            return (container.duration or 0) / 1e6
    except Exception as error:  # noqa: BLE001 - PyAV has many, and may be missing
        log.warning("recordings: the length of %s is unknown: %s", path, error)
        return 0.0
