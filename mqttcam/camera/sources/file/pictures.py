"""A folder of pictures in the natural order of their names, or one picture. JPEGs are passed through unchanged."""

from __future__ import annotations

import re
import stat
import time
from pathlib import Path

from msgspec import Struct

from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.imaging.received import ReceivedPicture, read_picture
from mqttcam.imaging.signatures import format_of, is_picture

log = camera_logger(__name__)

_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif"})
_MOTION_JPEG = frozenset({".mjpg", ".mjpeg"})
"""Concatenated JPEGs: a video, although it starts as a JPEG does."""
_HEAD = 64
"""Bytes that tell what a file is."""
_DIGITS = re.compile(r"([0-9]+)")
_MAX_BYTES = 1 << 28
"""Of a file; others than regular files (pipes, devices) are not read either."""
_WRITTEN_AFTER = 5.0
"""Seconds after the last change of a file; until then, a broken file may still be being written."""


class _Read(Struct, frozen=True):
    """The contents of a file, and its state when it was read."""

    path: Path
    state: tuple[int, int, int]
    picture: ReceivedPicture


def is_pictures(path: Path) -> bool:
    """Return whether `path` is a folder, or one picture of any name; a GIF is played as a video.

    Raises:
        SourceError: it does not exist, or cannot be read.
    """
    try:
        suffix = path.suffix.lower()
        if path.is_dir() or (suffix in _SUFFIXES and suffix != ".gif"):
            path.stat()
            return True
        with path.open("rb") as file:
            head = file.read(_HEAD)
        return is_picture(head) and format_of(head) != "GIF" and suffix not in _MOTION_JPEG
    except FileNotFoundError as error:
        raise SourceError(f"{path} does not exist") from error
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error


class PictureReader:
    """Reads one file per frame, so that pictures may come and go; broken ones are skipped, and logged once."""

    def __init__(self, path: Path, max_pixels: int) -> None:
        self.model = "Picture folder" if path.is_dir() else "Picture file"
        self._path = path
        self._max_pixels = max_pixels
        self._names: list[Path] | None = None
        self._broken: dict[Path, str] = {}
        self._named: set[Path] = set()
        self._to_name: list[tuple[Path, str]] = []
        self._passed_over: list[Path] = []
        self._last: _Read | None = None

    def open(self) -> tuple[int, int]:
        """Return the size of the first picture.

        Raises:
            SourceError: no picture can be read.
        """
        first = self.next()
        self._names = None
        if first is None:
            raise SourceError(f"{self._path} has no readable picture{self.why()}")
        return first.width, first.height

    def next(self) -> Frame | None:
        """Return the next picture; `None` at the end.

        Raises:
            SourceError: the folder cannot be read.
        """
        if self._names is None:
            self._names = self._list()
        while self._names:
            frame = self._read(self._names.pop())
            if frame is not None:
                self._name_broken()
                return frame
        self._names = None
        return None

    def why(self) -> str:
        """Return what is wrong with the existing files, as the end of a sentence."""
        if not self._broken:
            return _passed_over_words(self._passed_over)
        path, why = next(iter(self._broken.items()))
        others = len(self._broken) - 1
        return f": {path.name}: {why}" + (f", and {others} more" if others else "")

    def close(self) -> None:
        """Do nothing: no file is kept open."""

    def _list(self) -> list[Path]:
        """Return the files to read, the last one first."""
        names, self._passed_over = _listed(self._path)
        if self._broken:
            there = set(names)
            self._broken = {path: why for path, why in self._broken.items() if path in there}
            self._named &= there
        return names[::-1]

    def _read(self, path: Path) -> Frame | None:
        captured = time.time_ns()
        try:
            status = path.stat()
            state = status.st_mtime_ns, status.st_size, status.st_ino
            read = self._last
            if read is None or read.state != state or read.path != path:
                if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_BYTES:
                    raise ValueError(f"it is not a regular file of at most {_MAX_BYTES} bytes")
                picture = read_picture(path.read_bytes(), self._max_pixels)
                read = self._last = _Read(path, state, picture)
        except FileNotFoundError:
            return None  # gone since the folder was read
        except OSError as error:
            self._skip(path, error.strerror or str(error))
            return None
        except ValueError as error:
            unfinished = abs(time.time() - status.st_mtime) < _WRITTEN_AFTER
            self._skip(path, str(error), unfinished=unfinished)
            return None
        if self._broken:
            self._broken.pop(path, None)
            self._named.discard(path)
        picture = read.picture
        return Frame(captured, picture.width, picture.height, picture.planes, picture.jpeg)

    def _skip(self, path: Path, why: str, *, unfinished: bool = False) -> None:
        self._broken[path] = why
        if not unfinished and path not in self._named:
            self._named.add(path)
            self._to_name.append((path, why))

    def _name_broken(self) -> None:
        """Log broken files, once a picture could be read: if none can, the failure names them."""
        for path, why in self._to_name:
            log.warning("%s is skipped: %s", path, why)
        self._to_name.clear()


def _listed(path: Path) -> tuple[list[Path], list[Path]]:
    """Return the pictures of a folder by their names, `2.jpg` before `10.jpg`, and what else is in it.

    Raises:
        SourceError: the folder cannot be read.
    """
    try:
        if not path.is_dir():
            return [path], []
        all_names = sorted((one for one in path.iterdir() if one.name[0] != "."), key=_natural)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error
    pictures = [one for one in all_names if one.suffix.lower() in _SUFFIXES]
    return pictures, [one for one in all_names if one.suffix.lower() not in _SUFFIXES]


def _passed_over_words(others: list[Path]) -> str:
    if not others:
        return ""
    suffixes = ", ".join(sorted(_SUFFIXES))
    return f": {others[0].name} and whatever else is in it does not end with {suffixes}"


def _natural(path: Path) -> list[int | str]:
    """Return text and numbers alternately, so that each is compared with its kind."""
    return [
        int(part) if index % 2 else part.casefold() for index, part in enumerate(_DIGITS.split(path.name))
    ]
