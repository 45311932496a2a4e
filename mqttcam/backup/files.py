"""What is in a backup: collected from the disk, and restored to it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import orjson
from msgspec import Struct
from pydantic import ValidationError

from mqttcam.backup.archive import CONFIG, README, SERIES, TUNING, BadArchive
from mqttcam.backup.restored import RESTORED, VALUES
from mqttcam.camera.tuning_files import InvalidTuningFile, TuningFiles, check_tuning
from mqttcam.files import forbid_links, make_private_folder, read_regular, write_atomically
from mqttcam.recordings.series_files import FOLDER, SIDECAR
from mqttcam.series.progress import Progress
from mqttcam.settings.editing.secrets import LEFT_OUT, without_secrets

_MAX_SIDECAR = 100_000
_ABOUT = f"""\
A backup of mqttcam. Restore it with `mqttcam restore FILE`, or on the page under "Set up".

config.yaml   the configuration. Its secrets (passwords, tokens, password hashes, keys, addresses of cameras) are left
              out: {LEFT_OUT} stands in their place. Files that it names, such as certificates, are not here.
values.json   what was set by commands, such as controls and switches
tuning/       tuning files of Raspberry Pi cameras
series/       how far each series is; not its pictures

Recordings and photos are not in it.
"""


class Folders(Struct, frozen=True):
    """Where the daemon keeps its files.

    Attributes:
        state: of the state.
        recordings: of all recordings.
    """

    state: Path
    recordings: Path


def collect(config: str | None, folders: Folders) -> dict[str, bytes]:
    """Return the files of a backup by their names.

    Args:
        config: the text of the configuration file; None without a file.

    Raises:
        CannotEdit: the configuration is not valid.
        OSError: a file cannot be read.
    """
    found = {README: _ABOUT.encode()}
    if config is not None:
        found[CONFIG] = without_secrets(config).encode()
    with contextlib.suppress(FileNotFoundError):
        found[VALUES] = read_regular(folders.state / VALUES)
    for file in TuningFiles(folders.state, shipped=()).files():
        found[f"{TUNING}{file.name}"] = read_regular(file.path)
    for sidecar in sorted(folders.recordings.glob(f"*/{FOLDER}/*/{SIDECAR}")):
        with contextlib.suppress(OSError):
            name, camera = sidecar.parent.name, sidecar.parents[2].name
            found[f"{SERIES}{camera}/{name}.json"] = read_regular(sidecar, _MAX_SIDECAR)
    return found


def check(contents: dict[str, bytes]) -> None:
    """Check everything but the configuration.

    Raises:
        BadArchive: a file is not what its name says.
    """
    for name, data in contents.items():
        try:
            if name.startswith(TUNING):
                check_tuning(data)
            elif name == VALUES:
                _check_values(data)
            elif name.startswith(SERIES):
                Progress.model_validate_json(data)
        except ValidationError as error:
            raise BadArchive(f"{name} is not the progress of a series: {error.errors()[0]['msg']}") from None
        except (InvalidTuningFile, ValueError) as error:
            raise BadArchive(f"{name} {error}") from None


def _check_values(data: bytes) -> None:
    try:
        found = orjson.loads(data)
    except ValueError as error:
        raise ValueError(f"is not valid JSON: {error}") from None
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise ValueError("is not an object with an object for each camera")


def restore(contents: dict[str, bytes], folders: Folders) -> None:
    """Write everything but the configuration, which `check` has accepted; the values take effect at the next start.

    Series that are on the disk already stay as they are.

    Raises:
        OSError, TooManyTuningFiles: a file cannot be written; those before it are.
    """
    make_private_folder(folders.state)
    tuning = TuningFiles(folders.state, shipped=())
    for name, data in contents.items():
        if name == VALUES:
            write_atomically(folders.state / RESTORED, data)
            _give(folders.state / RESTORED, folders.state, folders.state)
        elif name.startswith(TUNING):
            tuning.write(name.removeprefix(TUNING), data)
            _give(folders.state / name, folders.state, folders.state)
        elif name.startswith(SERIES):
            camera, series = name.removeprefix(SERIES).removesuffix(".json").split("/")
            _restore_series(folders, folders.recordings / camera / FOLDER / series / SIDECAR, data)


def _restore_series(folders: Folders, sidecar: Path, data: bytes) -> None:
    forbid_links(folders.recordings, sidecar)
    if sidecar.exists():
        return
    progress = Progress.model_validate_json(data)
    if progress.video is None or not (sidecar.parent / progress.video).is_file():
        progress.video, progress.frames = None, 0
    write_atomically(sidecar, progress.model_dump_json().encode())
    _give(sidecar, folders.recordings.parent, folders.state)


def _give(path: Path, below: Path, like: Path) -> None:
    """Give a file that root has made, and the folders between it and `below`, to the owner of another one."""
    if os.geteuid() != 0:
        return
    owner = like.stat()
    for one in (path, *path.parents):
        if one == below:
            return
        os.chown(one, owner.st_uid, owner.st_gid, follow_symlinks=False)
