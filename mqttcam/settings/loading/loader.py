"""Find, load and check the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from pydantic import ValidationError

from mqttcam.settings.document.config_file import read_file, similar_file
from mqttcam.settings.document.problems import (
    ENVIRONMENT,
    NoConfiguration,
    Problem,
    SettingsError,
    first_of,
)
from mqttcam.settings.document.tree import PREFIX, Key, Origin, TreeNode
from mqttcam.settings.loading.container_node import default_or_kept_node
from mqttcam.settings.loading.environment import configuring, overlay
from mqttcam.settings.loading.logins import half_logins
from mqttcam.settings.loading.model_input import ModelInput
from mqttcam.settings.loading.pydantic_errors import explained, find
from mqttcam.settings.nii_sender.variables import merged_over, translate
from mqttcam.settings.settings import Settings, default_state_dir

DEFAULT_FILES = (Path("config.yaml"), Path("/etc/mqttcam/config.yaml"))
_INSTEAD = "one of these, or -c FILE; `mqttcam init` writes a first file, `mqttcam demo` needs none"


def find_config(
    explicit: Path | None, environ: Mapping[str, str], files: Sequence[Path] = DEFAULT_FILES
) -> Path | None:
    """Return the configuration file to load, or None if there are only environment variables.

    In this order: `explicit` (whether it exists or not), `files` (`./config.yaml`,
    `/etc/mqttcam/config.yaml`), the environment.

    Raises:
        NoConfiguration: None of them exists.
    """
    if explicit is not None:
        return explicit
    for path in files:
        if _exists(path):
            return path
    if configuring(environ) or translate(environ).tree is not None:
        return None
    nowhere = ", ".join(f"no {path if path.is_absolute() else f'./{path}'}" for path in files)
    message = f"{nowhere}, no variable {PREFIX}… in the environment"
    similar = next(filter(None, map(similar_file, files)), None)
    hint = f" (did you mean -c {similar}?)" if similar else ""
    raise NoConfiguration([Problem("configuration", None, "", message + hint, _INSTEAD)])


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True  # such as in a folder that we may not enter: loading reports it
    return True


class Configuration(Struct, frozen=True):
    """A valid configuration that remembers where each value was written.

    Attributes:
        settings: the settings.
    """

    settings: Settings
    _path: Path | None
    _root: TreeNode

    __repr__ = object.__repr__  # what it remembers may be a secret

    def problem(self, path: Sequence[Key], message: str, allowed: str | None = None) -> Problem:
        """Return a problem of a value, with the line or the variable where it was written, if it was."""
        _, origin = find(self._root, path)
        if self._root.get(path[0]) is None and origin.variable is None:
            origin = Origin(ENVIRONMENT if self._path is None else str(self._path))
        return origin.problem(path, message, allowed)


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Return the settings from a file, if any, overridden by the environment.

    Raises:
        SettingsError: The configuration is not valid; the error has the problems found, `MAX_PROBLEMS` at most.
    """
    loaded, problems = _load(path, environ)
    if loaded is None:
        raise SettingsError(problems)
    return loaded.settings


def load_configuration(
    path: Path | None, environ: Mapping[str, str], text: str | None = None
) -> Configuration:
    """Return the configuration for a command: valid, and without a value that would be dropped silently.

    Args:
        text: what the file would contain; None reads it.

    Raises:
        SettingsError: as for `load`, or a login lacks one of its halves.
    """
    loaded, problems = _load(path, environ, text)
    if loaded is None:
        raise SettingsError(problems)
    if problems := [loaded.problem(*found) for found in half_logins(loaded.settings)]:
        raise SettingsError(problems)
    return loaded


def _load(
    path: Path | None, environ: Mapping[str, str], text: str | None = None
) -> tuple[Configuration | None, list[Problem]]:
    """Return a configuration or problems. A separate function, so that an error's traceback keeps no secret."""
    root, problems = read_file(path, text) if path is not None else (TreeNode({}, Origin()), [])
    translation = translate(environ)
    problems += translation.problems
    root, found = overlay(merged_over(root, translation), environ)
    problems += found
    model_input = ModelInput()
    model_input.reported |= {tuple(problem.key.split(".")) for problem in problems}
    data = model_input.section(Settings, root, ())
    problems += model_input.problems
    if isinstance(data, dict):
        state_dir = data.setdefault("state_dir", default_state_dir(environ))
        if isinstance(state_dir, Path):
            data.setdefault("node", default_or_kept_node(state_dir, environ))
    settings = None
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        problems += explained(error, root, model_input.reported)
    if problems or settings is None:
        problems.sort(key=lambda problem: (problem.file == ENVIRONMENT, problem.line or 0))
        return None, first_of(problems)
    return Configuration(settings, path, root), []


def check_daemon(settings: Settings, path: Path | None = None) -> list[Problem]:
    """Return what keeps settings that are valid in themselves from being of use to a daemon.

    `path` is shown as the file. A configuration without cameras is valid: only the node is shown.
    """
    file = "configuration" if path is None else str(path)
    mqtt = settings.mqtt
    tcp = any(camera.tcp is not None for camera in settings.cameras.values())
    if mqtt is not None or settings.web.enabled or settings.kafka is not None or tcp:
        return []
    allowed = (
        "`mqtt: {host: …}` (MQTTCAM__MQTT__HOST), `broker: {enabled: true}`, `web: {enabled: true}`, "
        "`kafka: {brokers: …, topic: …}` (SS_BROKERS and SS_TOPIC)"
    )
    return [Problem(file, None, "mqtt", "is missing, so nothing would be sent", allowed)]
