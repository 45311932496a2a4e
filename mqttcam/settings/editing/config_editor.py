"""Cameras in the configuration file: read, changed, added and removed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from mqttcam.settings.document.config_file import decoded
from mqttcam.settings.document.key_schema import ROOT
from mqttcam.settings.document.problems import Problem, SettingsError
from mqttcam.settings.document.tree import PREFIX
from mqttcam.settings.editing.camera_changes import RefusedChange, hidden, merged, shown
from mqttcam.settings.editing.camera_data import data_of
from mqttcam.settings.editing.config_file import read_bytes, replace_file, revision_of, why_not_writable
from mqttcam.settings.editing.restored_cameras import RestoredText, with_cameras_of
from mqttcam.settings.editing.yaml_edit import CAMERAS, CannotEdit, read_tree, with_camera
from mqttcam.settings.editing.yaml_text import entry
from mqttcam.settings.loading.environment import configuring
from mqttcam.settings.settings import Settings

Data = Mapping[str, object]
Read = Callable[[str | None], Settings]
"""Returns the settings as with this text of the file; None reads the file. Raises SettingsError."""
_BOM = "\ufeff"


class ReadOnly(Exception):
    """The file cannot be changed; the message says why."""


class Conflict(Exception):
    """The file has changed since the revision that the change was made for."""


class ShownCamera(Struct, frozen=True):
    """A camera of the configuration.

    Attributes:
        section: what is written in the file, without secrets; None if it is configured by variables alone.
        hidden: the paths of keys that are kept and not shown.
        variables: names of the environment variables that override the file.
    """

    id: str
    section: dict[str, object] | None
    hidden: list[str]
    variables: list[str]


class ConfigState(Struct, frozen=True):
    """The configuration file as it is.

    Attributes:
        path: None if the configuration comes from environment variables alone.
        revision: changes with each change of the file; empty without a file.
        read_only: why no change can be written, in words; None if it can.
    """

    path: Path | None
    revision: str
    read_only: str | None
    cameras: list[ShownCamera]


class Change(Struct, frozen=True):
    """A change that was written.

    Attributes:
        before: what the file was.
        revision: what the file is now.
    """

    before: bytes
    revision: str


class ConfigEditor:
    """Changes the cameras of the configuration file; its methods read and write the disk.

    Attributes:
        path: absolute; None if the configuration comes from environment variables alone.
    """

    def __init__(self, path: Path | None, read: Read, environ: Mapping[str, str]) -> None:
        self.path = None if path is None else path.absolute()
        self._read = read
        self._environ = environ
        self._lock = threading.Lock()

    def state(self) -> ConfigState:
        """Return the configuration file as it is.

        Raises:
            SettingsError: it cannot be read.
        """
        data, text = self._content()
        read_only = self._why_not()
        try:
            sections = self._sections(text)
        except CannotEdit as error:
            sections = {}
            read_only = f"{self.path} is not valid: {error}"
        names = dict.fromkeys([*sections, *self._configured()])
        return ConfigState(
            self.path,
            revision_of(data) if self.path is not None else "",
            read_only,
            [self._shown(name, sections.get(name)) for name in names],
        )

    def proposed(
        self, camera_id: str, new: Data | None, revision: str | None = None
    ) -> tuple[bytes, str, Settings]:
        """Return the file as it is, its text with a changed camera, and the settings from that; writes nothing.

        Args:
            new: the camera's section as `ShownCamera` has it; None removes the camera.
            revision: of the file for which the change was made; None for whatever it is.

        Raises:
            Conflict: the file is another one.
            RefusedChange: the change is not allowed, or not valid.
            SettingsError: the file itself is not valid.
        """
        data, text = self._content()
        if revision is not None and self.path is not None and revision_of(data) != revision:
            raise Conflict(f"{self.path} has changed meanwhile: load it again")
        settings = self._read(None)
        folder = settings.recordings.path or settings.state_dir / "recordings"
        try:
            old = self._sections(text).get(camera_id, {})
            section = None if new is None else merged(new, old, folder)
            if new is None and not old:
                by_variables = camera_id in settings.cameras
                why = (
                    "comes from environment variables alone"
                    if by_variables
                    else "is not in the configuration"
                )
                raise RefusedChange("", why)
            changed = with_camera(text, camera_id, section)
        except CannotEdit as error:
            raise RefusedChange("", f"cannot be changed here: {error}", "change it in an editor") from None
        return data, changed, self._validated(camera_id, changed)

    def change(self, camera_id: str, new: Data | None, revision: str) -> Change:
        """Change, add or remove a camera in the file.

        Raises:
            ReadOnly: the file cannot be replaced.
            Conflict, RefusedChange, SettingsError: as for `proposed`; the file is unchanged.
        """
        with self._lock:
            if (why := self._why_not()) is not None or self.path is None:
                raise ReadOnly(why)
            before, text, _ = self.proposed(camera_id, new, revision)
            return self._replace(before, text)

    def replace(self, text: str, revision: str) -> Change:
        """Replace the whole text.

        Raises:
            ReadOnly, Conflict, SettingsError: as for `change`.
        """
        with self._lock:
            if (why := self._why_not()) is not None or self.path is None:
                raise ReadOnly(why)
            before, _ = self._content()
            if revision_of(before) != revision:
                raise Conflict(f"{self.path} has changed meanwhile: load it again")
            self._read(text)
            return self._replace(before, text)

    def restored(self, backup: str) -> tuple[str, RestoredText]:
        """Return the revision of the file, and its text with the cameras of a backup; writes nothing.

        Raises:
            CannotEdit: the file or the backup is not valid.
            SettingsError: the file cannot be read, or is not valid.
        """
        data, text = self._content()
        settings = self._read(None)
        folder = settings.recordings.path or settings.state_dir / "recordings"
        found = with_cameras_of(text, backup, folder, self._read)
        return revision_of(data) if self.path is not None else "", found

    def undo(self, change: Change) -> None:
        """Put the file back as it was before a change, unless it has changed again.

        Raises:
            OSError: it cannot be written.
        """
        with self._lock:
            assert self.path is not None
            if revision_of(read_bytes(self.path)) == change.revision:
                replace_file(self.path, change.before)

    def text(self) -> str | None:
        """Return the text of the file; None without a file.

        Raises:
            SettingsError: it cannot be read.
        """
        return None if self.path is None else self._content()[1]

    def text_of(self, camera_id: str, section: Data) -> str:
        """Return a camera as text to paste under `cameras:`, with that key."""
        return "\n".join(entry(CAMERAS, {camera_id: section}, 0)) + "\n"

    def _replace(self, before: bytes, text: str) -> Change:
        assert self.path is not None
        data = text.encode()
        if before.startswith(_BOM.encode()):
            data = _BOM.encode() + data
        try:
            if read_bytes(self.path) != before:
                raise Conflict(f"{self.path} has changed meanwhile: load it again")
            replace_file(self.path, data)
        except OSError as error:
            raise ReadOnly(f"{self.path} cannot be written: {error.strerror or error}") from None
        return Change(before, revision_of(data))

    def _content(self) -> tuple[bytes, str]:
        """Return the bytes and the text of the file, without a byte order mark."""
        if self.path is None:
            return b"", ""
        try:
            data = read_bytes(self.path)
        except OSError as error:
            problem = Problem(str(self.path), None, "", f"cannot be read: {error.strerror or error}")
            raise SettingsError([problem]) from None
        return data, decoded(self.path, data)

    def _why_not(self) -> str | None:
        if self.path is not None:
            return why_not_writable(self.path)
        names = ", ".join(configuring(self._environ)[:5])
        return f"the configuration comes from environment variables ({names}…), which cannot be changed here"

    def _sections(self, text: str) -> dict[str, dict[str, object]]:
        data = data_of(read_tree(text), ROOT)
        cameras = data.get(CAMERAS) if isinstance(data, dict) else None
        found = cameras.items() if isinstance(cameras, dict) else ()
        return {name: section for name, section in found if isinstance(section, dict)}

    def _configured(self) -> list[str]:
        try:
            return list(self._read(None).cameras)
        except SettingsError:
            return []

    def _shown(self, name: str, section: Data | None) -> ShownCamera:
        prefix = f"{PREFIX}CAMERAS__{name.replace('-', '_')}".upper()
        variables = [
            variable
            for variable in configuring(self._environ)
            if variable.upper().replace("-", "_") == prefix
            or variable.upper().replace("-", "_").startswith(f"{prefix}__")
        ]
        if section is None:
            return ShownCamera(name, None, [], variables)
        return ShownCamera(name, shown(section), hidden(section), variables)

    def _validated(self, camera_id: str, text: str) -> Settings:
        """Return the settings from a changed text.

        Raises:
            RefusedChange: the camera is not valid.
            SettingsError: something else is not.
        """
        try:
            return self._read(text)
        except SettingsError as error:
            start = f"{CAMERAS}.{camera_id}"
            for problem in error.problems:
                if problem.key == start or problem.key.startswith((f"{start}.", CAMERAS)):
                    key = problem.key.removeprefix(start).removeprefix(".").removeprefix(CAMERAS)
                    raise RefusedChange(key, problem.message, problem.allowed) from None
            raise
