"""The files of one recording or photo: video, pictures and the sidecar that says what they are."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from mqttcam.files import forbid_links, read_regular, sync_folder
from mqttcam.recordings import open_file
from mqttcam.recordings.paths import RecordingFiles, RecordingsFolder
from mqttcam.recordings.photo import Photo
from mqttcam.recordings.photo_files import PhotoFiles, delete_photo, is_photo, read_photo, write_photo_sidecar
from mqttcam.recordings.recording import LARGEST_NS, LONGEST, Reason, Recording

log = logging.getLogger(__name__)

VIDEO, SIDECAR = ".mp4", ".json"
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NAME = re.compile(r"([0-9]{6})-(motion|detection|command|continuous)(-[0-9]+)?")
"""The name of a recording's files, without suffix."""
_MAX_SIDECAR = 1_000_000


def derived_id(stem: str) -> str:
    """Return the id of a recording whose sidecar is lost: always the same for the same place."""
    return hashlib.sha256(stem.encode()).hexdigest()[:24]


Kept = Recording | Photo
"""What has a sidecar, and is kept until it is too old or too much."""


def write_sidecar(folder: Path, kept: Kept) -> None:
    """Write the sidecar of a recording or photo, atomically, also with respect to a power cut.

    Raises:
        OSError: the old sidecar is still there.
    """
    mode = RecordingsFolder(folder).file_mode
    if isinstance(kept, Photo):
        write_photo_sidecar(PhotoFiles(folder, kept.stem), kept, mode)
    else:
        open_file.write_sidecar(RecordingFiles(folder, kept.stem), kept, mode)
    sync_folder((folder / kept.stem).parent)


def read_kept(folder: Path, stem: str) -> Kept:
    """Return the recording or photo at `stem`; see `read_recording` and `read_photo`.

    Raises:
        OSError: its video or picture cannot be read.
    """
    if is_photo(stem):
        return read_photo(folder, stem, derived_id(stem))
    return read_recording(folder, stem)


def exists(folder: Path, stem: str) -> bool:
    """Return whether there is a whole recording or photo at `stem`."""
    if is_photo(stem):
        return PhotoFiles(folder, stem).type is not None
    return RecordingFiles(folder, stem).video.exists()


def read_recording(folder: Path, stem: str) -> Recording:
    """Return the recording at `stem` from its sidecar, or else from its name and its video.

    Its place and the size of its files are as found, whatever the sidecar says.

    Raises:
        OSError: its video cannot be read.
    """
    files = RecordingFiles(folder, stem)
    size = files.video.stat().st_size
    for path in (files.sidecar, *map(files.picture, files.pictures)):
        with contextlib.suppress(OSError):
            size += path.stat().st_size
    try:
        found = Recording.model_validate_json(read_regular(files.sidecar, _MAX_SIDECAR, follow=False))
    except FileNotFoundError:
        found = _derive(files)
    except (OSError, ValidationError) as error:
        log.warning("recordings: %s cannot be read, the video is kept without it: %s", files.sidecar, error)
        found = _derive(files)
    seconds = found.seconds or _duration(files.video)  # 0 where a full disk did not take the last sidecar
    place = {
        "seconds": seconds,
        "stem": stem,
        "camera": stem.partition("/")[0],
        "bytes": size,
        "pictures": files.pictures,
    }
    return found.model_copy(update=place)


def is_favourite(folder: Path, stem: str) -> bool:
    """Return whether the recording or photo is a favourite according to its sidecar."""
    model = Photo if is_photo(stem) else Recording
    try:
        return model.model_validate_json(
            read_regular(folder / (stem + SIDECAR), _MAX_SIDECAR, follow=False)
        ).keep
    except (OSError, ValidationError):
        return False


def delete_files(folder: Path, stem: str) -> None:
    """Delete the files of a recording or photo, the sidecar last: without it, a video would be a recording again.

    Raises:
        OSError: the video, the photo or the sidecar cannot be deleted, or their folder is a symbolic link.
    """
    if is_photo(stem):
        delete_photo(folder, stem)
        return
    files = RecordingFiles(folder, stem)
    forbid_links(folder, files.video.parent)
    files.video.unlink(missing_ok=True)
    for kind in files.pictures:
        with contextlib.suppress(OSError):
            files.picture(kind).unlink(missing_ok=True)
    files.sidecar.unlink(missing_ok=True)


def _derive(files: RecordingFiles) -> Recording:
    camera, date, name = files.stem.split("/")
    match = NAME.fullmatch(name)
    assert match is not None
    try:
        begin = datetime.strptime(f"{date} {match[1]}", "%Y-%m-%d %H%M%S").replace(tzinfo=UTC).timestamp()
    except ValueError:  # such as 2026-02-31
        begin = files.video.stat().st_mtime
    return Recording(
        id=derived_id(files.stem),
        camera=camera,
        stem=files.stem,
        reason=cast("Reason", match[2]),
        begin_ns=min(max(0, round(begin * 1e9)), LARGEST_NS),
        seconds=_duration(files.video),
        bytes=0,
    )


def _duration(path: Path) -> float:
    """Return the length of a video in seconds; 0 if it is unknown."""
    try:
        import av

        with av.open(str(path)) as container:
            return min(max(0.0, (container.duration or 0) / 1e6), LONGEST)
    except Exception as error:  # noqa: BLE001 - PyAV has many, and may be missing
        log.warning("recordings: the length of %s is unknown: %s", path, error)
        return 0.0
