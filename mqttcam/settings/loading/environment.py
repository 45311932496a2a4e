"""Environment variables that override the file: `MQTTCAM__MQTT__HOST` is `mqtt.host`.

Rules:
    - Two underscores between levels; any case. The environment overrides the file. An empty variable is ignored.
    - A value is text for the model to convert; a section, a mapping or a list is YAML (or JSON) on one line.
      A variable for a whole section replaces the file's section; variables for its keys override both.
    - A camera's id keeps its single `_` and `-`; `_` also matches `-` if the file has only such an id.
    - `LOG_LEVEL` is `log.level` unless `MQTTCAM__LOG__LEVEL` is set; it overrides the file as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from mqttcam.settings.document.key_schema import FILE_SUFFIX, ROOT, KeyKind, KeySchema, child_schema
from mqttcam.settings.document.nearest import nearest_variable
from mqttcam.settings.document.problems import MAX_PROBLEMS, Problem
from mqttcam.settings.document.tree import PREFIX, Key, Origin, TreeNode, dotted, variable_name
from mqttcam.settings.settings import Settings

LOG_LEVEL = "LOG_LEVEL"
REFERENCE_PREFIXES = ("PICAMERA2_", "PICAMERA_", "SS_", "SSCFG_")
_SECTIONS = tuple(f"{PREFIX[:-1]}{name}_".upper() for name in Settings.model_fields)
REFERENCE_NAMES = frozenset({"SCHEDULE"})
"""Names of the reference sender's variables, which configure mqttcam as well."""


def configuring(environ: Mapping[str, str]) -> list[str]:
    """Return the names of the variables that configure mqttcam, sorted (`LOG_LEVEL` alone does not)."""
    return sorted(name for name, value in environ.items() if value and _configures(name))


def _configures(name: str) -> bool:
    upper = name.upper()
    return _is_ours(name) or upper.startswith(REFERENCE_PREFIXES) or upper in REFERENCE_NAMES


def overlay(root: TreeNode, environ: Mapping[str, str]) -> tuple[TreeNode, list[Problem]]:
    """Return the tree overridden by the environment, and the problems of the variables' names and syntax."""
    problems: list[Problem] = []
    seen: dict[tuple[Key, ...], str] = {}
    for name in sorted(filter(_is_ours, environ), key=lambda name: (name.count("__"), name)):
        value = environ[name]
        if not value:
            continue
        origin = Origin(variable=name)
        written = name[len(PREFIX) - 1 :].removeprefix("_").split("__")
        path, schema = _resolve(root, written)
        if _has_surrogates(value):
            problems.append(origin.problem((), "is not UTF-8", "UTF-8"))
        elif schema is None or not name.upper().startswith(PREFIX):
            near = (
                nearest_variable([part.lower() for part in written])
                if len(problems) <= MAX_PROBLEMS
                else None
            )
            problems.append(
                origin.problem((), f"unknown variable (did you mean {near}?)" if near else "unknown variable")
            )
        elif (other := seen.setdefault(tuple(path), name)) != name:
            problems.append(
                origin.problem((), f"{other} is the same variable in a different case", "one of them")
            )
        else:
            node, found = _node(value, schema, origin)
            problems += found
            root = _put(root, path, node, ())
    if level := environ.get(LOG_LEVEL):
        root = _log_level(root, level)
    return root, problems


def _is_ours(name: str) -> bool:
    """Return whether a name has our prefix, perhaps with one `_` missing; `MQTTCAM_SERVICE_HOST` is Kubernetes'."""
    name = name.upper()
    if name.startswith(PREFIX) or not name.startswith(PREFIX[:-1]):
        return name.startswith(PREFIX)
    of_kubernetes = "_SERVICE_" in name or name.endswith(("_PORT", "_TCP", "_UDP")) or "_TCP_" in name
    return "__" in name or (name.startswith(_SECTIONS) and not of_kubernetes)


def _has_surrogates(value: str) -> bool:
    """Return whether the bytes of a variable were not UTF-8, which Python represents by surrogates."""
    return any("\ud800" <= character <= "\udfff" for character in value)


def _resolve(root: TreeNode, written: Sequence[str]) -> tuple[list[Key], KeySchema | None]:
    """Return the key path of a variable, spelled as in the models and the file, and its schema, None if unknown."""
    path: list[Key] = []
    schema: KeySchema | None = ROOT
    node: TreeNode | None = root
    for part in written:
        if schema is None or not part:
            return path, None
        there = node.value if node and isinstance(node.value, dict) else {}
        key = part.lower()
        if schema.kind is KeyKind.FREE:
            key = next((name for name in there if name.casefold() == part.casefold()), part)
        elif schema.kind is KeyKind.SECTIONS and key not in there:
            alike = [name for name in there if name.replace("-", "_") == key]
            key = alike[0] if len(alike) == 1 else key
        path.append(key)
        schema = child_schema(schema, key)
        node = node.get(key) if node else None
    return path, schema


def _node(value: str, schema: KeySchema, origin: Origin) -> tuple[TreeNode, list[Problem]]:
    structured = (
        schema.has_keys
        or schema.kind is KeyKind.LIST
        or (schema.kind is KeyKind.VALUE and value.lstrip().startswith(("[", "{")))
    )
    if not structured:
        return TreeNode(value, origin, value), []
    from mqttcam.settings.document.yaml_parser import parse

    node, problems = parse(
        value,
        lambda _line, path: replace(origin, variable=".".join(filter(None, (origin.variable, dotted(path))))),
    )
    return node or TreeNode(None, origin, ""), problems


def _put(node: TreeNode | None, path: Sequence[Key], leaf: TreeNode, done: tuple[Key, ...]) -> TreeNode:
    """Return the tree with `leaf` at `path`; the nodes above it are copied because an alias may share them."""
    if not path:
        return leaf
    key, *rest = path
    if node is None or not isinstance(node.value, dict):
        node = TreeNode({}, Origin(variable=PREFIX + variable_name(done)) if done else Origin())
    assert isinstance(node.value, dict)
    keys = dict(node.value)
    if not rest:
        _drop_other_form(keys, str(key))
    keys[str(key)] = _put(keys.get(str(key)), rest, leaf, (*done, key))
    return replace(node, value=keys)


def _drop_other_form(keys: dict[str, TreeNode], key: str) -> None:
    """Remove the file's secret, in either form, in favour of the environment's."""
    for other in (key + FILE_SUFFIX, key.removesuffix(FILE_SUFFIX)):
        if other != key and other in keys and keys[other].origin.variable is None:
            del keys[other]


def _log_level(root: TreeNode, level: str) -> TreeNode:
    log = root.get("log")
    known = log.get("level") if log else None
    if known is not None and known.origin.variable is not None:
        return root
    return _put(root, ["log", "level"], TreeNode(level, Origin(variable=LOG_LEVEL), level), ())
