"""The cameras of a backup put into a configuration file, by the rules for changes on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, field

from mqttcam.settings.document.key_schema import ROOT
from mqttcam.settings.document.problems import SettingsError
from mqttcam.settings.editing.camera_changes import RefusedChange, hidden, merged, shown
from mqttcam.settings.editing.camera_data import data_of, same
from mqttcam.settings.editing.secrets import LEFT_OUT, without_secrets
from mqttcam.settings.editing.yaml_edit import CAMERAS, CannotEdit, read_tree, with_camera
from mqttcam.settings.editing.yaml_text import scalar

CameraChange = Literal["added", "changed", "removed", "unchanged", "refused"]
Data = Mapping[str, object]
_MAX_PARSED = 2_000_000
"""Characters of texts to change for one backup, which is half a minute on a PC: each camera is a change of its own."""
_NO_ADDRESS = "its address, which a backup leaves out, is not in the present file: add the camera by hand"


class RestoredCamera(Struct, frozen=True):
    """What restoring a backup does with one camera.

    Attributes:
        keys: the keys that change, such as `size`.
        left_out: the paths of keys of the backup that are not restored, such as `source.password`.
        reason: why the camera stays as it is, in words; None unless it is refused.
    """

    id: str
    change: CameraChange
    keys: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    reason: str | None = None


class RestoredText(Struct, frozen=True):
    """The text of a configuration file with the cameras of a backup.

    Attributes:
        sections: the other sections in which the backup differs; they stay as they are.
    """

    text: str
    cameras: list[RestoredCamera]
    sections: list[str]


def with_cameras_of(
    present: str, backup: str, recordings: Path, check: Callable[[str], object]
) -> RestoredText:
    """Return the present text with the cameras of a backup, as far as the page may change them, and no others.

    Args:
        recordings: the folder of recordings.
        check: raises SettingsError if a text is not valid.

    Raises:
        CannotEdit: one of the texts is not valid, or too many cameras differ.
        SettingsError: the present text is not valid for another reason than a camera.
    """
    bare = _data(without_secrets(present))
    old, new = _cameras(_data(present)), _cameras(found := _data(backup))
    sections = [key for key in {**bare, **found} if not same(bare.get(key), found.get(key))]
    wanted, refused = _wanted(old, new, recordings)
    text = _checked(present, old, wanted, refused, check)
    cameras = [_describe(name, old.get(name), new.get(name), wanted, refused) for name in {**new, **old}]
    return RestoredText(text, cameras, [key for key in sections if key != CAMERAS])


def _data(text: str) -> dict[str, Any]:
    data = data_of(read_tree(text), ROOT)
    return data if isinstance(data, dict) else {}


def _cameras(data: Data) -> dict[str, dict[str, Any]]:
    """Return the sections of the cameras.

    Raises:
        CannotEdit: one of them is no section.
    """
    cameras = data.get(CAMERAS) or {}
    if not isinstance(cameras, dict) or not all(isinstance(one, dict) for one in cameras.values()):
        raise CannotEdit(f"`{CAMERAS}` is not a section with a section for each camera")
    return cameras


def _wanted(
    old: Mapping[str, Data], new: Mapping[str, Data], recordings: Path
) -> tuple[dict[str, Data | None], dict[str, str]]:
    """Return the sections that change, None for one that is removed, and why others may not change."""
    wanted: dict[str, Data | None] = dict.fromkeys(name for name in old if name not in new)
    refused: dict[str, str] = {}
    for name, section in new.items():
        try:
            changed = merged(_of_backup(section), old.get(name, {}), recordings)
        except RefusedChange as error:
            refused[name] = f"{error.key}: {error}" if error.key else str(error)
        else:
            if not same(changed, old.get(name)):
                wanted[name] = changed
    return wanted, refused


def _of_backup(section: Data) -> dict[str, Any]:
    """Return a section as the page would send it. An address that was left out is that of the present file."""
    result: dict[str, Any] = shown(section)
    source = section.get("source")
    if isinstance(source, Mapping) and "url" in source:
        address = str(source["url"])
        others = {key: value for key, value in result["source"].items() if key != "url"}
        result["source"] = others if LEFT_OUT in address else {**others, "url": address}
    return result


def _checked(
    present: str,
    old: Mapping[str, Data],
    wanted: dict[str, Data | None],
    refused: dict[str, str],
    check: Callable[[str], object],
) -> str:
    """Return the text with those changes that are valid; the others are refused.

    Raises:
        CannotEdit: so many cameras change that it would take too long.
        SettingsError: the text is not valid without them either.
    """
    parsed = 0
    while True:
        todo = {name: section for name, section in wanted.items() if name not in refused}
        parsed += _work(present, old, todo)
        if parsed > _MAX_PARSED:
            raise CannotEdit(f"{len(wanted)} of them differ, which is too many at once")
        text = present
        for name, section in todo.items():
            try:
                text = with_camera(text, name, section)
            except CannotEdit as error:
                refused[name] = f"cannot be changed here: {error}"
        try:
            check(text)
        except SettingsError as error:
            wrong = _wrong(error, todo.keys() - refused.keys())
            if not wrong:
                raise
            refused |= wrong
        else:
            return text


def _work(present: str, old: Mapping[str, Data], changes: Mapping[str, Data | None]) -> int:
    """Return about how many characters are parsed for these changes: each parses the text with those before it."""
    length, parsed = len(present), 0
    for name, section in changes.items():
        if name not in old:
            length += len(name) + len(scalar(section))
        parsed += length
    return parsed


def _wrong(error: SettingsError, changed: set[str]) -> dict[str, str]:
    """Return the changed cameras that are not valid, with the first problem of each."""
    found: dict[str, str] = {}
    for problem in error.problems:
        section, _, rest = problem.key.partition(".")
        name, _, key = rest.partition(".")
        if section == CAMERAS and name in changed:
            why = _NO_ADDRESS if key == "source.url" else f"{key}: {problem.message}".removeprefix(": ")
            found.setdefault(name, why)
    return found


def _describe(
    name: str,
    old: Data | None,
    new: Data | None,
    wanted: Mapping[str, Data | None],
    refused: Mapping[str, str],
) -> RestoredCamera:
    kept = hidden(old or {})
    left_out = [path for path in hidden(new or {}) if path not in kept]
    if name in refused:
        return RestoredCamera(name, "refused", left_out=left_out, reason=refused[name])
    if name not in wanted:
        return RestoredCamera(name, "unchanged", left_out=left_out)
    changed = wanted[name]
    if changed is None:
        return RestoredCamera(name, "removed")
    before = old or {}
    keys = [key for key in {**changed, **before} if not same(changed.get(key), before.get(key))]
    return RestoredCamera(name, "added" if old is None else "changed", keys, left_out)
