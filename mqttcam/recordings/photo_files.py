"""The files of photos: `<camera>/<UTC date>/<UTC time>-photo.jpg` or `.png`, with `.dng` and the sidecar beside it.

The picture gets its name last, so that a photo is whole or absent, whatever ends the daemon.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from pydantic import ValidationError

from mqttcam.files import forbid_links, read_regular, set_mode, shortage, sync_folder, write_new
from mqttcam.imaging.jpeg import read_header
from mqttcam.imaging.limits import LARGEST_MAX_PIXELS
from mqttcam.recordings.paths import PART, RecordingsFolder, stems
from mqttcam.recordings.photo import Photo, PhotoType
from mqttcam.recordings.recording import LARGEST_NS

log = logging.getLogger(__name__)

PHOTO_NAME = re.compile(r"([0-9]{6})-photo(-[0-9]+)?")
"""The name of a photo's files, without suffix."""
SUFFIXES: dict[PhotoType, str] = {"jpeg": ".jpg", "png": ".png"}
RAW, SIDECAR = ".dng", ".json"
_MAX_SIDECAR, _MAX_PICTURE = 1_000_000, 200_000_000


class PhotoFiles(Struct, frozen=True):
    """The paths of one photo's files, which need not exist.

    Attributes:
        root: the folder of all recordings.
        stem: as that of `Photo`.
    """

    root: Path
    stem: str

    def picture(self, kind: PhotoType) -> Path:
        return self._path(SUFFIXES[kind])

    @property
    def part(self) -> Path:
        """The picture while it is written."""
        return self._path(PART)

    @property
    def dng(self) -> Path:
        return self._path(RAW)

    @property
    def sidecar(self) -> Path:
        return self._path(SIDECAR)

    @property
    def type(self) -> PhotoType | None:
        """The type of the picture on disk; None if it is missing."""
        return next((kind for kind in SUFFIXES if os.path.lexists(self.picture(kind))), None)

    @property
    def all(self) -> tuple[Path, ...]:
        """Everything that may exist of the photo, in the order in which it is deleted.

        The sidecar is the last: by it, the rest of a photo is found if that is interrupted.
        """
        return (*map(self.picture, SUFFIXES), self.part, self.dng, self.sidecar)

    def _path(self, ending: str) -> Path:
        return self.root / (self.stem + ending)


def is_photo(stem: str) -> bool:
    """Return whether the files at `stem` are those of a photo, and not of a recording."""
    return PHOTO_NAME.fullmatch(stem.rpartition("/")[2]) is not None


def write_photo(
    folder: RecordingsFolder,
    draft: Photo,
    picture: bytes,
    dng: bytes | None,
    make_room: Callable[[int], object],
) -> Photo:
    """Write the files of a photo, and return it as its sidecar has it; `stem` and `bytes` are made here.

    Args:
        make_room: deletes recordings and photos to free that number of bytes, if it can.

    Raises:
        OSError: the disk refuses it; nothing is left of it.
    """
    folder.prepare()
    size = len(picture) + len(dng or b"")
    if shortage(folder.path, size):
        make_room(shortage(folder.path, size))
        if shortage(folder.path, size):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder.path))
    mode = folder.file_mode
    files, descriptor = _create(folder, draft, mode)
    try:
        with os.fdopen(descriptor, "wb") as part:  # locked until it has its name
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.write(picture)
            part.flush()
            os.fsync(part.fileno())
            if dng is not None:
                _replace(files.dng, dng, mode)
            photo = draft.model_copy(update={"stem": files.stem, "bytes": size, "raw": dng is not None})
            write_photo_sidecar(files, photo, mode)
            files.part.replace(files.picture(draft.type))
            sync_folder(files.part.parent)
    except BaseException:
        _delete(files)
        raise
    return photo


def _create(folder: RecordingsFolder, draft: Photo, mode: int) -> tuple[PhotoFiles, int]:
    """Create and return the open `.part` file, under the first name that no other photo has.

    Raises:
        OSError: the disk refuses it.
    """
    for stem in stems(draft.camera, "photo", draft.begin_ns):
        files = PhotoFiles(folder.path, stem)
        folder.make_folder(files.part.parent)
        if any(map(os.path.lexists, files.all)):
            continue
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(files.part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            set_mode(descriptor, mode)
            return files, descriptor
    raise OSError(errno.EEXIST, "all names are taken", str(folder.path))  # `stems` has no end


def write_photo_sidecar(files: PhotoFiles, photo: Photo, mode: int) -> None:
    """Write the sidecar of a photo atomically.

    Raises:
        OSError: the old sidecar is still there.
    """
    _replace(files.sidecar, photo.model_dump_json().encode(), mode)


def _replace(path: Path, data: bytes, mode: int) -> None:
    new = path.with_name(f".{path.name}.new")
    write_new(new, data, mode)
    try:
        new.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


def read_photo(folder: Path, stem: str, derived_id: str) -> Photo:
    """Return the photo at `stem` from its sidecar, or from its name and picture if that is missing.

    Its place and the size of its files are as found, whatever the sidecar says.

    Args:
        derived_id: its id if the sidecar is lost.

    Raises:
        OSError: its picture cannot be read.
    """
    files = PhotoFiles(folder, stem)
    kind = files.type
    if kind is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(files.picture("jpeg")))
    size = files.picture(kind).stat(follow_symlinks=False).st_size
    if has_raw := os.path.lexists(files.dng):
        size += files.dng.stat(follow_symlinks=False).st_size
    try:
        found = Photo.model_validate_json(read_regular(files.sidecar, _MAX_SIDECAR, follow=False))
    except FileNotFoundError:
        found = _derive(files, kind, derived_id)
    except (OSError, ValidationError) as error:
        log.warning("photos: %s cannot be read, the photo is kept without it: %s", files.sidecar, error)
        found = _derive(files, kind, derived_id)
    place = {"stem": stem, "camera": stem.partition("/")[0], "bytes": size, "raw": has_raw, "type": kind}
    return found.model_copy(update=place)


def _derive(files: PhotoFiles, kind: PhotoType, photo_id: str) -> Photo:
    camera, date, name = files.stem.split("/")
    path = files.picture(kind)
    try:
        begin = datetime.strptime(f"{date} {name[:6]}", "%Y-%m-%d %H%M%S").replace(tzinfo=UTC).timestamp()
    except ValueError:  # such as 2026-02-31
        begin = path.stat().st_mtime
    width = height = 0
    if kind == "jpeg":
        with contextlib.suppress(ValueError, OSError):
            width, height = read_header(
                read_regular(path, _MAX_PICTURE, follow=False), LARGEST_MAX_PIXELS
            ).size
    begin_ns = min(max(0, round(begin * 1e9)), LARGEST_NS)
    return Photo(
        id=photo_id,
        camera=camera,
        stem=files.stem,
        begin_ns=begin_ns,
        bytes=0,
        type=kind,
        width=width,
        height=height,
    )


def delete_photo(folder: Path, stem: str) -> None:
    """Delete the files of a photo, the sidecar last.

    Raises:
        OSError: one of them cannot be deleted, or their folder is a symbolic link.
    """
    forbid_links(folder, (folder / stem).parent)
    for path in PhotoFiles(folder, stem).all:
        path.unlink(missing_ok=True)


def _delete(files: PhotoFiles) -> None:
    """Delete what was written of a photo, as far as the disk permits."""
    for path in files.all:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def delete_unfinished_photos(root: Path) -> None:
    """Delete what a killed daemon or a power cut has left of photos; photos being written are locked."""
    for path in _unfinished(root):
        try:
            forbid_links(root, path)
            with path.open("rb") as part:
                fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not os.path.samestat(os.fstat(part.fileno()), path.lstat()):
                    continue
                stem = str(path.relative_to(root)).removesuffix(PART)
                for left in path.parent.glob(f".{path.name.removesuffix(PART)}.*.new"):
                    left.unlink(missing_ok=True)
                _delete(PhotoFiles(root, stem))
        except (BlockingIOError, FileNotFoundError):  # it is being written, or whole since it was found
            continue
        except OSError as error:
            log.warning("photo %s stays unfinished: %s", path, error)
        else:
            log.info("photo %s: deleted because it is incomplete", stem)


def _unfinished(root: Path) -> Iterator[Path]:
    try:
        paths = [path for path in root.glob(f"*/*/*-photo*{PART}") if path.is_file()]
    except OSError:
        return
    yield from (path for path in paths if PHOTO_NAME.fullmatch(path.name.removesuffix(PART)))
