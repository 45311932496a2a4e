"""A folder of JPEGs in the natural order of their names, or one JPEG; each is passed on as it is."""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.imaging.raster import jpeg_size

log = logging.getLogger(__name__)

_SUFFIXES = {".jpg", ".jpeg", ".jpe", ".jfif"}
_DIGITS = re.compile(r"(\d+)")


class Jpegs:
    """Reads one file a frame, so that pictures may come and go meanwhile; broken ones are left out, and named once."""

    def __init__(self, path: Path) -> None:
        self.model = "JPEG folder" if path.is_dir() else "JPEG file"
        self._path = path
        self._names: list[Path] = []
        self._broken: set[Path] = set()

    def open(self) -> tuple[int, int]:
        """The size of the first picture.

        Raises:
            SourceError: there is none that can be read.
        """
        first = self.next()
        self._names.clear()
        if first is None:
            raise SourceError(f"{self._path} has no JPEG that can be read")
        return first.width, first.height

    def next(self) -> Frame | None:
        """The next picture; `None` once each was read."""
        if not self._names:
            self._names = _listed(self._path)
            self._names.reverse()
        while self._names:
            frame = self._read(self._names.pop())
            if frame is not None:
                return frame
        return None

    def close(self) -> None:
        """Nothing is held."""

    def _read(self, path: Path) -> Frame | None:
        try:
            data = path.read_bytes()
            width, height = jpeg_size(data)
        except FileNotFoundError:
            return None  # gone since the folder was read
        except (OSError, ValueError) as error:
            if path not in self._broken:
                self._broken.add(path)
                log.warning("%s is left out: %s", path, error)
            return None
        self._broken.discard(path)
        return Frame(time.time_ns(), width, height, jpeg=data)


def _listed(path: Path) -> list[Path]:
    """The JPEGs of a folder, `2.jpg` before `10.jpg`.

    Raises:
        SourceError: the folder cannot be read.
    """
    try:
        if not path.is_dir():
            return [path]
        found = [one for one in path.iterdir() if one.suffix.lower() in _SUFFIXES and not one.name.startswith(".")]
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error
    return sorted(found, key=lambda one: [int(part) if part.isdigit() else part for part in _DIGITS.split(one.name)])
