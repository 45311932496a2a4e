"""Writes the configuration file: checked beforehand, whole or not at all, and the old file is kept."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import tempfile
from pathlib import Path

from mqttcam.files import write_atomically
from mqttcam.settings import SettingsError, check_daemon, load_configuration
from mqttcam.settings.loading.loader import DEFAULT_FILES

SERVICE_USER = "mqttcam"
"""The user of the systemd service, if the system has it (systemd.exec(5), `DynamicUser=`)."""
_DYNAMIC_USERS = range(61184, 65520)
"""User ids that systemd gives to services while they run."""


def default_file() -> Path:
    """Return where to write: the system's configuration if this user may write it, else the current folder's."""
    here, system = DEFAULT_FILES
    return system if os.geteuid() == 0 or os.access(system.parent, os.W_OK | os.X_OK) else here


def why_not_writable(path: Path) -> str | None:
    """Return why the file cannot be written, in words; None if it can."""
    if path.is_dir():
        return f"{path} is a folder"
    folder = next(one for one in path.absolute().parents if one.exists())
    if not folder.is_dir():
        return f"{folder} is not a folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"this user cannot write to {folder}"
    return None


def check_text(text: str) -> None:
    """Check a configuration before it is written, without the environment.

    Raises:
        SettingsError: it is not valid.
    """
    with tempfile.TemporaryDirectory(prefix="mqttcam-init-") as folder:
        path = Path(folder) / "config.yaml"
        write_atomically(path, text.encode())
        configuration = load_configuration(path, {})
        if problems := check_daemon(configuration.settings, path):
            raise SettingsError(problems)


def write_configuration(path: Path, text: str) -> Path | None:
    """Write the file, readable by its owner only, and return where the old one is kept; None if there was none.

    The owner stays the same; a new file of root belongs to the user of the service, if there is one.

    Raises:
        OSError: the old file, if any, is still there unchanged.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    owner = _owner(path)
    kept = _keep(path) if path.exists() else None
    write_atomically(path, text.encode())
    if owner is not None and os.geteuid() == 0:
        with contextlib.suppress(OSError):
            os.chown(path, *owner)
    return kept


def _keep(path: Path) -> Path:
    """Give the present file a second name, which no other file has, and return it.

    Not `.bak` itself, which an edit on the page replaces.
    """
    for number in itertools.count(1):
        kept = path.with_name(f"{path.name}.bak.{number}")
        try:
            os.link(path, kept)
        except FileExistsError:
            continue
        except OSError:  # a file system without links
            shutil.copy2(path, kept)
        return kept
    raise AssertionError("the names have no end")


def _owner(path: Path) -> tuple[int, int] | None:
    """Return the user and group of the file to write; None for those of this process."""
    with contextlib.suppress(OSError):
        status = path.stat()
        return status.st_uid, status.st_gid
    if path == DEFAULT_FILES[1]:
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(SERVICE_USER)
            if user.pw_uid not in _DYNAMIC_USERS:
                return user.pw_uid, user.pw_gid
    return None
