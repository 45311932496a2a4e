"""A folder of JPEGs in the natural order of their names, or one JPEG; each is passed on as it is."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from pathlib import Path

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.imaging.raster import jpeg_size

log = logging.getLogger(__name__)

_JPEG_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif"})
_MOTION_JPEG = frozenset({".mjpg", ".mjpeg"})
"""JPEGs one after the other: a video, although it begins as a JPEG does."""
_JPEG_START = b"\xff\xd8\xff"
_DIGITS = re.compile(r"([0-9]+)")
_SETTLED = 5.0
"""Seconds after its last change; until then a broken file is one that is just being written."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of a file, and the state of the file then."""

    path: Path
    state: tuple[int, int, int]
    jpeg: bytes
    size: tuple[int, int]


def is_jpegs(path: Path) -> bool:
    """Whether it is a folder, or one JPEG, whatever its name.

    Raises:
        SourceError: it is not there, or cannot be read.
    """
    try:
        if path.is_dir() or path.suffix.lower() in _JPEG_SUFFIXES:
            path.stat()
            return True
        with path.open("rb") as file:
            return file.read(len(_JPEG_START)) == _JPEG_START and path.suffix.lower() not in _MOTION_JPEG
    except FileNotFoundError as error:
        raise SourceError(f"{path} is not there") from error
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error


class JpegReader:
    """Reads one file a frame, so that pictures may come and go meanwhile; broken ones are left out, and named once."""

    def __init__(self, path: Path) -> None:
        self.model = "JPEG folder" if path.is_dir() else "JPEG file"
        self._path = path
        self._names: list[Path] | None = None
        self._broken: dict[Path, str] = {}
        self._named: set[Path] = set()
        self._to_name: list[tuple[Path, str]] = []
        self._last: _Read | None = None

    def open(self) -> tuple[int, int]:
        """The size of the first picture.

        Raises:
            SourceError: there is none that can be read.
        """
        first = self.next()
        self._names = None
        if first is None:
            raise SourceError(f"{self._path} has no JPEG that can be read{self.why()}")
        return first.width, first.height

    def next(self) -> Frame | None:
        """The next picture; `None` once each was read.

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
        """What is wrong with the files that are there, as the end of a sentence."""
        if not self._broken:
            return ""
        path, why = next(iter(self._broken.items()))
        others = len(self._broken) - 1
        return f": {path.name}: {why}" + (f", and {others} more" if others else "")

    def close(self) -> None:
        """Nothing is held."""

    def _list(self) -> list[Path]:
        """What to read, the last one first."""
        names = _listed(self._path)
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
                jpeg = path.read_bytes()
                read = self._last = _Read(path, state, jpeg, jpeg_size(jpeg))
        except FileNotFoundError:
            return None  # gone since the folder was read
        except OSError as error:
            self._leave_out(path, error.strerror or str(error))
            return None
        except ValueError as error:
            unfinished = abs(time.time() - status.st_mtime) < _SETTLED
            self._leave_out(path, str(error), unfinished=unfinished)
            return None
        if self._broken:
            self._broken.pop(path, None)
            self._named.discard(path)
        return Frame(captured, *read.size, jpeg=read.jpeg)

    def _leave_out(self, path: Path, why: str, *, unfinished: bool = False) -> None:
        self._broken[path] = why
        if not unfinished and path not in self._named:
            self._named.add(path)
            self._to_name.append((path, why))

    def _name_broken(self) -> None:
        """Once a picture shows that not all are: else it is the failure that names them."""
        for path, why in self._to_name:
            log.warning("%s is left out: %s", path, why)
        self._to_name.clear()


def _listed(path: Path) -> list[Path]:
    """The JPEGs of a folder, `2.jpg` before `10.jpg`.

    Raises:
        SourceError: the folder cannot be read.
    """
    try:
        if not path.is_dir():
            return [path]
        found = [one for one in path.iterdir() if one.suffix.lower() in _JPEG_SUFFIXES and one.name[0] != "."]
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error
    return sorted(found, key=_natural)


def _natural(path: Path) -> list[int | str]:
    """Text and numbers in turn: they are compared with their like."""
    return [
        int(part) if index % 2 else part.casefold() for index, part in enumerate(_DIGITS.split(path.name))
    ]
