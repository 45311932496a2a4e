"""Finding, loading and checking the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from mqttcam.settings.document.config_file import read_file
from mqttcam.settings.document.key_schema import FILE_SUFFIX
from mqttcam.settings.document.problems import ENVIRONMENT, NoConfiguration, Problem, SettingsError
from mqttcam.settings.document.tree import PREFIX, Key, Origin, TreeNode
from mqttcam.settings.loading.environment import configures, overlay
from mqttcam.settings.loading.model_input import ModelInput
from mqttcam.settings.loading.pydantic_errors import explain
from mqttcam.settings.nii_sender import sender as reference
from mqttcam.settings.settings import Settings, default_state_dir

DEFAULT_FILES = (Path("config.yaml"), Path("/etc/mqttcam/config.yaml"))


def find_config(explicit: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The configuration file to load; None where the environment alone configures.

    In this order: `explicit` (there or not), `./config.yaml`, `/etc/mqttcam/config.yaml`, the environment.

    Raises:
        NoConfiguration: there is none of them.
    """
    if explicit is not None:
        return explicit
    for path in DEFAULT_FILES:
        if _is_there(path):
            return path
    if configures(environ) or reference.read(environ).tree is not None:
        return None
    here, system = DEFAULT_FILES
    message = f"no ./{here}, no {system}, no variable {PREFIX}… in the environment"
    raise NoConfiguration([Problem("configuration", None, "", message, "one of the three, or -c FILE")])


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True  # in a folder that we may not enter: loading it will say so


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings from a file (if any), with the environment over it.

    Raises:
        SettingsError: with every problem that could be found.
    """
    settings, problems = _load(path, environ)
    if settings is None:
        raise SettingsError(problems)
    return settings


def _load(path: Path | None, environ: Mapping[str, str]) -> tuple[Settings | None, list[Problem]]:
    """Settings or problems. A function of its own, so that an error's traceback keeps nothing it read."""
    root, problems = read_file(path) if path is not None else (TreeNode({}, Origin()), [])
    given = reference.read(environ)
    problems += given.problems
    root, found = overlay(reference.underlay(root, given), environ)
    problems += found
    filler = ModelInput()
    data = filler.section(Settings, root, ())
    problems += filler.problems
    if isinstance(data, dict):
        data.setdefault("state_dir", default_state_dir(environ))
    settings = None
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        problems += _explained(error, root, filler.settled)
    if problems:
        return None, sorted(problems, key=lambda problem: (problem.file == ENVIRONMENT, problem.line or 0))
    return settings, []


def _explained(error: ValidationError, root: TreeNode, settled: set[tuple[Key, ...]]) -> list[Problem]:
    """A problem for each key path; `settled` has those that have one already."""
    problems: dict[tuple[Key, ...], Problem] = {}
    for detail in error.errors(include_url=False, include_input=False):
        path, problem = explain(detail, root)
        if path not in settled and (*path[:-1], f"{path[-1]}{FILE_SUFFIX}") not in settled:
            problems.setdefault(path, problem)
    return list(problems.values())


def check_outputs(settings: Settings, path: Path | None = None) -> list[Problem]:
    """What is wrong for a daemon with settings that are right in themselves: nothing would get its pictures.

    `path` is shown as the file. A configuration without cameras is fine: the node alone is shown.
    """
    tcp = any(camera.tcp is not None for camera in settings.cameras.values())
    if settings.mqtt is not None or settings.web.enabled or settings.kafka is not None or tcp:
        return []
    allowed = (
        "`mqtt: {host: …}` (MQTTCAM__MQTT__HOST), `broker: {enabled: true}`, `web: {enabled: true}`, "
        "`kafka: {brokers: …, topic: …}` (SS_BROKERS and SS_TOPIC)"
    )
    file = "configuration" if path is None else str(path)
    return [Problem(file, None, "mqtt", "is missing, so nothing would be sent", allowed)]
