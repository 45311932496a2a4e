"""Backups in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from mqttcam.backup.archive import CONFIG, MAX_BYTES, BadArchive, pack, unpack
from mqttcam.backup.files import Folders, check, collect, restore
from mqttcam.camera.tuning_files import TooManyTuningFiles
from mqttcam.cli.outcome import CommandFailed, UsageError
from mqttcam.files import read_regular, write_atomically
from mqttcam.settings import NoConfiguration, Settings, SettingsError, find_config, load_configuration
from mqttcam.settings.document.config_file import read_text
from mqttcam.settings.editing.config_file import BACKUP_SUFFIX, replace_file, why_not_writable
from mqttcam.settings.editing.secrets import LEFT_OUT, with_secrets
from mqttcam.settings.editing.yaml_edit import CannotEdit
from mqttcam.settings.loading.environment import configuring

_NEW = Path("config.yaml")
_PLACEHOLDER = "is a placeholder"


def folders_of(settings: Settings) -> Folders:
    """Return where the daemon with these settings keeps its files."""
    return Folders(settings.state_dir, settings.recordings.path or settings.state_dir / "recordings")


def make_backup(path: Path | None, settings: Settings) -> bytes:
    """Return a backup as an archive.

    Raises:
        CommandFailed: a file cannot be read.
    """
    try:
        text = None if path is None else read_text(path)
        return pack(collect(text, folders_of(settings)))
    except CannotEdit as error:
        raise CommandFailed(f"{path}: {error}") from None
    except OSError as error:
        raise CommandFailed(f"cannot read {error.filename}: {error.strerror or error}") from None


def restore_backup(archive: Path, config: Path | None, environ: Mapping[str, str]) -> Iterator[str]:
    """Restore a backup, and yield what was done, in words; nothing is written unless all of it is valid.

    Args:
        config: the configuration file; None for the usual one.

    Raises:
        UsageError: the archive cannot be used.
        SettingsError: the configuration would not be valid.
        CommandFailed: a file cannot be written.
    """
    try:
        contents = unpack(read_regular(archive, MAX_BYTES))
        check(contents)
    except OSError as error:
        raise UsageError(f"cannot read {archive}: {error.strerror or error}") from None
    except BadArchive as error:
        raise UsageError(f"{archive}: {error}") from None
    path = _path(config, environ)
    text, missing = _text(contents, path)
    settings = _settings(text, path, environ, missing)
    try:
        if path is not None and text is not None:
            yield _write_config(path, text)
        restore(contents, folders_of(settings))
    except TooManyTuningFiles:
        raise CommandFailed(
            "there are too many tuning files in the state folder: delete some first"
        ) from None
    except OSError as error:
        raise CommandFailed(f"cannot write {error.filename}: {error.strerror or error}") from None
    yield f"{settings.state_dir}: values, tuning files and series restored; they take effect at the next start"
    for key in missing:
        yield f"{path}: {key} is missing: replace {LEFT_OUT} by it before the next start"


def _path(config: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the configuration file, which may have to be made; None if there are only environment variables."""
    try:
        return find_config(config, environ)
    except NoConfiguration:
        return _NEW


def _text(contents: Mapping[str, bytes], path: Path | None) -> tuple[str | None, list[str]]:
    """Return the text of the configuration with the secrets of the present one, and the keys that lack theirs.

    Raises:
        UsageError: the text in the archive is not valid.
        SettingsError: the present file cannot be read.
    """
    if path is None or CONFIG not in contents:
        return None, []
    present = read_text(path) if path.exists() else ""
    try:
        return with_secrets(contents[CONFIG].decode(), present)
    except (CannotEdit, UnicodeDecodeError) as error:
        raise UsageError(f"the configuration cannot be restored: {error}") from None


def _settings(
    text: str | None, path: Path | None, environ: Mapping[str, str], missing: list[str]
) -> Settings:
    """Return the restored settings; without the secrets that are missing, as far as that is possible.

    Raises:
        SettingsError: there is another problem than missing secrets.
    """
    try:
        return load_configuration(path, environ, text).settings
    except SettingsError as error:
        others = [one for one in error.problems if not one.message.startswith(_PLACEHOLDER)]
        if others or not missing:
            raise
    known = {name: environ[name] for name in configuring(environ)} | {
        name: value
        for name, value in environ.items()
        if name in ("STATE_DIRECTORY", "XDG_STATE_HOME", "HOME")
    }
    return _without_missing(text or "", path, known, missing)


def _without_missing(
    text: str, path: Path | None, environ: Mapping[str, str], missing: list[str]
) -> Settings:
    """Return the settings of those sections that need no missing secret: the folders are among them."""
    from mqttcam.settings.editing.yaml_edit import read_tree
    from mqttcam.settings.editing.yaml_text import entry

    kept = {"state_dir", "recordings", "node"} - {key.partition(".")[0] for key in missing}
    tree = read_tree(text)
    lines = [
        line for key in kept if (node := tree.get(key)) is not None for line in entry(key, node.plain(), 0)
    ]
    return load_configuration(path, environ, "\n".join([*lines, "web: {enabled: true}"])).settings


def _write_config(path: Path, text: str) -> str:
    """Write the configuration file, and return what was done.

    Raises:
        CommandFailed: it cannot be replaced.
        OSError: it could not be written.
    """
    if not path.exists():
        write_atomically(path, text.encode())
        return f"{path}: written"
    if why := why_not_writable(path.absolute()):
        raise CommandFailed(why)
    replace_file(path, text.encode())
    return f"{path}: restored; the file before is {path.name}{BACKUP_SUFFIX}"
