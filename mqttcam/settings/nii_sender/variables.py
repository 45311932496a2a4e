"""Translate the environment of NII's reference sender, so that its `.env` file runs unchanged.

`PICAMERA2_*` and `PICAMERA_*` describe the camera `camera`; `SS_*`, or `SSCFG_*` with a configuration server,
and `SCHEDULE` describe what is sent to Kafka. Secrets come from `/run/secrets/NAME`. The result is a tree, as
from a file, and goes through the same checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from mqttcam.settings.document.problems import ENVIRONMENT, Problem
from mqttcam.settings.document.secret_file import BadSecret, EmptySecret, read_secret
from mqttcam.settings.document.tree import Origin, TreeNode
from mqttcam.settings.nii_sender.translation import (
    CAMERA,
    NEW,
    OLD,
    SERVER,
    SINETSTREAM,
    Translation,
    VariableNote,
)

SECRETS = Path("/run/secrets")
REFERENCE_RATE, REFERENCE_QUALITY = 30, 90
"""The sender captures as fast as the camera can, and picamera2's JPEG quality is 90."""
_PREFIXES = (NEW, OLD, SINETSTREAM, SERVER)
_OTHERS = ("SCHEDULE", "LOG_LEVEL", "LOG_FORMAT", "HTTPS_PROXY")
_EXTERNAL_TOOL = ("EXT_SS_", "EXT_ARG_")
_SIGNS = ("SS_BROKERS", "SS_TOPIC")
"""One of these, or of the variables of a camera or a configuration server, shows that the sender is meant."""


def translate(environ: Mapping[str, str], secrets: Path = SECRETS) -> Translation:
    """Translate an environment; the result has no tree if it is not the reference sender's."""
    translation = Translation()
    variables, problems = read_variables(environ, secrets)
    unreadable = {problem.key for problem in problems}
    if not any(name in _SIGNS or name.startswith((NEW, OLD, SERVER)) for name in {*variables, *unreadable}):
        return translation
    from mqttcam.settings.nii_sender.camera import translate_camera
    from mqttcam.settings.nii_sender.kafka import translate_kafka

    translation.problems += problems
    translation.set_silently(f"cameras.{CAMERA}.source.type", "picamera2", Origin())
    camera = {name: text for name, text in variables.items() if name.startswith((NEW, OLD))}
    translate_camera(camera, translation)
    translate_kafka(variables, unreadable, translation)
    if level := variables.get("LOG_LEVEL"):
        translation.notes.append(VariableNote("LOG_LEVEL", "log.level", level.upper()))
    if log_format := variables.get("LOG_FORMAT"):
        _log_format(log_format, translation)
    for name in variables:
        if name.startswith(_EXTERNAL_TOOL):
            translation.ignore(
                name, "mqttcam runs no external tools; `health` and /metrics have its own figures"
            )
    translation.set_default(f"cameras.{CAMERA}.frame_rate", REFERENCE_RATE)
    if translation.has("kafka"):
        translation.set_default("kafka.quality", REFERENCE_QUALITY)
    translation.notes.sort(key=lambda note: note.variable)
    return translation


def _log_format(text: str, translation: Translation) -> None:
    if text.lower() in ("text", "json"):
        translation.set("LOG_FORMAT", "log.format", text, shown=text.lower())
    else:
        translation.ignore("LOG_FORMAT", "a log is text or JSON: `LOG_FORMAT=json`")


def read_variables(
    environ: Mapping[str, str], secrets: Path = SECRETS
) -> tuple[dict[str, str], list[Problem]]:
    """Return the reference sender's variables, sorted, without empty ones, and the unreadable secrets.

    A secret overrides a variable of the same name.
    """
    found = {name: value.strip() for name, value in environ.items() if _is_known(name)}
    problems = []
    try:
        files = [path for path in secrets.iterdir() if _is_known(path.name) and not path.is_dir()]
    except OSError:
        files = []  # there are no secrets, or we may not read them
    for path in files:
        try:
            found[path.name] = read_secret(path)
        except EmptySecret:
            found[path.name] = ""
        except BadSecret as error:
            problems.append(Problem(ENVIRONMENT, None, path.name, str(error), "a readable text file"))
            found.pop(path.name, None)
    return {name: found[name] for name in sorted(found) if found[name]}, problems


def _is_known(name: str) -> bool:
    return name.startswith((*_PREFIXES, *_EXTERNAL_TOOL)) or name in _OTHERS


def merged_over(root: TreeNode, translation: Translation) -> TreeNode:
    """Return the file's tree overridden by the translated one.

    If the file has cameras, a camera is only added if there are camera variables.
    """
    tree = translation.tree
    if tree is None:
        return root
    defaults = translation.defaults
    cameras = root.get("cameras")
    if cameras is not None and cameras.value and not _has_camera(translation):
        tree, defaults = _without_cameras(tree), _without_cameras(defaults)
    return _filled(_merged(root, tree), defaults)


def _without_cameras(tree: TreeNode) -> TreeNode:
    assert isinstance(tree.value, dict)
    return replace(tree, value={key: node for key, node in tree.value.items() if key != "cameras"})


def _has_camera(translation: Translation) -> bool:
    return any(note.variable.startswith((NEW, OLD)) for note in translation.notes)


def _filled(root: TreeNode, defaults: TreeNode) -> TreeNode:
    """Return the tree with what it lacks of the defaults."""
    if not isinstance(root.value, dict) or not isinstance(defaults.value, dict):
        return root
    keys = dict(root.value)
    for key, node in defaults.value.items():
        keys[key] = _filled(keys[key], node) if key in keys else node
    return replace(root, value=keys)


def _merged(under: TreeNode, over: TreeNode) -> TreeNode:
    if not isinstance(under.value, dict) or not isinstance(over.value, dict):
        return over
    keys = dict(under.value)
    for key, node in over.value.items():
        keys[key] = _merged(keys[key], node) if key in keys else node
    return replace(under, value=keys)
