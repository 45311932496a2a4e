"""Tuning files of Raspberry Pi cameras: those that libcamera ships, and those that users add."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import orjson
from msgspec import Struct

from mqttcam.files import forbid_links, read_regular, write_atomically

MAX_BYTES = 2_000_000
"""Maximum size of a tuning file; libcamera's largest has 0.2 MB."""
MAX_FILES = 64
"""Maximum number of users' files, so that a program that repeats an upload cannot fill the disk."""
_FOLDER = "tuning"
_SHIPPED = (Path("/usr/local/share/libcamera/ipa/rpi"), Path("/usr/share/libcamera/ipa/rpi"))
"""libcamera's folders, with one for each kind of Pi: `vc4`, and `pisp` for the Pi 5."""
_PLATFORMS = {"bcm2835": "vc4", "pisp": "pisp"}
"""The folder for each `target` of a tuning file."""
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,95}\.json$"
"""Of the names of users' files."""
_NAME = re.compile(NAME_PATTERN)


class InvalidTuningFile(ValueError):
    """The content or name is not valid for a tuning file, as the message explains.

    Attributes:
        field: what is wrong, `name` or `file`.
    """

    def __init__(self, message: str, field: Literal["name", "file"] = "file") -> None:
        super().__init__(message)
        self.field = field


class TooManyTuningFiles(Exception):
    """There are already `MAX_FILES` files of users."""


class TuningFile(Struct, frozen=True):
    """A tuning file.

    Attributes:
        folder: `user`, or that of libcamera for a kind of Pi: `vc4`, `pisp`.
    """

    name: str
    folder: str
    path: Path

    @property
    def is_users(self) -> bool:
        """Whether a user added it, and may replace or delete it."""
        return self.folder == "user"


class TuningFiles:
    """The tuning files of this machine; its methods read and write the disk.

    Attributes:
        folder: the users' files; `None` if there can be none.
    """

    def __init__(self, state_dir: Path | None, shipped: Sequence[Path] = _SHIPPED) -> None:
        """`shipped`: libcamera's folders, in order of precedence."""
        self.folder = None if state_dir is None else state_dir / _FOLDER
        self._shipped = tuple(shipped)
        self._writing = threading.Lock()

    def files(self) -> list[TuningFile]:
        """Return all tuning files, users' files first, sorted by name within each folder.

        Raises:
            OSError: a folder cannot be read.
        """
        found = [] if self.folder is None else _in(self.folder, "user")
        known: set[tuple[str, str]] = set()
        for base in self._shipped:
            for platform in _PLATFORMS.values():
                new = [one for one in _in(base / platform, platform) if (platform, one.name) not in known]
                known |= {(platform, one.name) for one in new}
                found += new
        return found

    def find(self, name: str, platform: str | None = None) -> Path | None:
        """Return the absolute path of a tuning file by its name, or by its path if it has a `/`; `None` without it.

        A user's file takes precedence over one of libcamera's.

        Args:
            platform: the kind of Pi, `vc4` or `pisp`; any by default.
        """
        if "/" in name:
            path = Path(name).expanduser()
            return path.resolve() if path.is_file() else None
        named = [one for one in self.files() if one.name == name]
        mine = [one for one in named if one.is_users or platform in (None, one.folder)]
        return mine[0].path.absolute() if mine else None

    def names(self, platform: str) -> Sequence[str]:
        """Return the names that `find` knows for a kind of Pi."""
        return list(dict.fromkeys(one.name for one in self.files() if one.is_users or one.folder == platform))

    def write(self, name: str, data: bytes) -> bool:
        """Write a user's tuning file, replacing one of the same name; return whether it is new.

        Raises:
            InvalidTuningFile: the name is not safe, or the content is not a tuning file.
            TooManyTuningFiles: there are too many.
            OSError: it could not be written; the old file is still there.
        """
        path = self._users(name)
        check_tuning(data)
        with self._writing:
            is_new = not path.is_file()
            if is_new and sum(one.is_users for one in self.files()) >= MAX_FILES:
                raise TooManyTuningFiles
            forbid_links(path.parent, path)
            write_atomically(path, data)
        return is_new

    def delete(self, name: str) -> bool:
        """Delete a user's tuning file; return whether there was one.

        Raises:
            InvalidTuningFile: the name is not that of a tuning file.
            OSError: it could not be deleted.
        """
        try:
            self._users(name).unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def _users(self, name: str) -> Path:
        if not is_name(name):
            raise InvalidTuningFile(
                "is not a name for a tuning file: letters, digits, -, _ and ., ending with .json", "name"
            )
        if self.folder is None:
            raise FileNotFoundError("there is no state_dir")
        return self.folder / name


def is_name(name: str) -> bool:
    """Return whether a user's file may have this name: no path, and not hidden."""
    return _NAME.fullmatch(name) is not None


def check_tuning(data: bytes) -> str | None:
    """Check that this is a tuning file for a Raspberry Pi; return the kind of Pi that it is for, if it names it.

    Raises:
        InvalidTuningFile: it is not.
    """
    if len(data) > MAX_BYTES:
        raise InvalidTuningFile(f"has more than {MAX_BYTES} bytes")
    try:
        tuning = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidTuningFile(f"is not JSON: {error}") from None
    if not isinstance(tuning, dict):
        raise InvalidTuningFile("is not a JSON object")
    algorithms = tuning.get("algorithms")
    # Version 1 has the algorithms at the top, version 2 in a list (libcamera, src/ipa/rpi/controller/controller.cpp).
    named = algorithms if isinstance(algorithms, list) else [tuning]
    if not any(isinstance(one, dict) and any(key.startswith("rpi.") for key in one) for one in named):
        raise InvalidTuningFile("has no algorithms, such as rpi.black_level, rpi.agc and rpi.awb")
    target = tuning.get("target", "bcm2835")
    if not isinstance(target, str) or target not in _PLATFORMS:
        raise InvalidTuningFile(f"has an unknown target; known: {', '.join(_PLATFORMS)}")
    return _PLATFORMS[target]


def read_tuning(file: TuningFile) -> bytes:
    """Return the content of a tuning file.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    return read_regular(file.path)


def _in(folder: Path, name: str) -> list[TuningFile]:
    try:
        paths = sorted(path for path in folder.iterdir() if is_name(path.name))
    except (FileNotFoundError, NotADirectoryError):
        return []
    # A link in the users' folder could show them any file of this machine.
    return [
        TuningFile(path.name, name, path)
        for path in paths
        if path.is_file() and not (name == "user" and path.is_symlink())
    ]
