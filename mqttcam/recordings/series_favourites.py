"""The favourites of a series: the pictures and videos that are never deleted to make room.

Their names are in `favourites.json`, beside them.
"""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import orjson

from mqttcam.files import read_regular, sync_folder, write_new

FAVOURITES = "favourites.json"
# Not `.new`: another thread, which writes pictures, deletes such files when it opens a series.
_NEW = f".{FAVOURITES}.changed"
changing = threading.Lock()
"""Held while favourites change, and while other pictures are deleted."""


def read_favourites(folder: Path) -> frozenset[str]:
    """Return the names of the favourites in the folder of a series.

    Raises:
        OSError: the file cannot be read, or is not valid: what may be a favourite must not be deleted.
    """
    path = folder / FAVOURITES
    try:
        names = orjson.loads(read_regular(path, follow=False))
    except FileNotFoundError:
        return frozenset()
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise OSError(errno.EINVAL, "is not a list of names: correct or delete it", str(path))
    return frozenset(names)


def set_favourite(folder: Path, name: str, keep: bool, mode: int) -> bool:
    """Make a file a favourite, or undo that; return whether it is there. Names of files that are gone are left out.

    Raises:
        OSError: the old file is still there.
    """
    with changing:
        others = read_favourites(folder) - {name}
        names = sorted(one for one in others | ({name} if keep else set()) if os.path.lexists(folder / one))
        new = folder / _NEW
        write_new(new, orjson.dumps(names), mode)
        new.replace(folder / FAVOURITES)
        sync_folder(folder)
        return os.path.lexists(folder / name)
