"""What restoring a backup would change, apart from the configuration."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import orjson
from msgspec import Struct

from mqttcam.backup.archive import SERIES, TUNING
from mqttcam.backup.files import Folders
from mqttcam.backup.restored import VALUES
from mqttcam.camera.tuning_files import TuningFiles
from mqttcam.files import read_regular
from mqttcam.recordings.series_files import FOLDER, SIDECAR


class Differences(Struct, frozen=True):
    """What is different in a backup.

    Attributes:
        values: the ids of the cameras and the node for which commands have set other values.
        tuning: the names of tuning files, and what happens to those here.
        series: camera and name of the series that are not on the disk, such as `front/garden`.
    """

    values: list[str]
    tuning: dict[str, Literal["added", "replaced"]]
    series: list[str]

    @property
    def takes_effect_later(self) -> bool:
        """Whether a part of it takes effect at the next start only."""
        return bool(self.values or self.tuning)


def compare(contents: Mapping[str, bytes], folders: Folders) -> Differences:
    """Return what is different in a backup that `check` has accepted. Reads the disk."""
    here = {file.name: file.path for file in TuningFiles(folders.state, shipped=()).files()}
    tuning: dict[str, Literal["added", "replaced"]] = {}
    for path, data in contents.items():
        if path.startswith(TUNING) and (name := path.removeprefix(TUNING)) not in here:
            tuning[name] = "added"
        elif path.startswith(TUNING) and _read(here[name]) != data:
            tuning[name] = "replaced"
    series = [path.removeprefix(SERIES).removesuffix(".json") for path in contents if path.startswith(SERIES)]
    return Differences(_values(contents, folders), tuning, [one for one in series if _is_new(one, folders)])


def _values(contents: Mapping[str, bytes], folders: Folders) -> list[str]:
    if VALUES not in contents:
        return []
    restored, present = orjson.loads(contents[VALUES]), None
    with contextlib.suppress(ValueError):
        present = orjson.loads(_read(folders.state / VALUES) or b"{}")
    if not isinstance(present, dict):  # broken: the next start does not use it either
        present = {}
    return [one for one in {**restored, **present} if restored.get(one) != present.get(one)]


def _is_new(series: str, folders: Folders) -> bool:
    camera, _, name = series.partition("/")
    return not (folders.recordings / camera / FOLDER / name / SIDECAR).exists()


def _read(path: Path) -> bytes | None:
    try:
        return read_regular(path)
    except OSError:
        return None
