"""Convert the tree into input for the models: find unknown keys, read secret files, resolve paths."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from mqttcam.settings.document.key_schema import (
    FILE_SUFFIX,
    LISTED,
    KeyKind,
    KeySchema,
    child_schema,
    item_schema,
    keys_of,
)
from mqttcam.settings.document.nearest import nearest_key
from mqttcam.settings.document.problems import ENVIRONMENT, MAX_PROBLEMS, Problem
from mqttcam.settings.document.secret_file import BadSecret, read_secret, reason
from mqttcam.settings.document.tree import PREFIX, Key, TreeNode, variable_name
from mqttcam.settings.section import MustExist, Section

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|\{\{.*\}\}")


class ModelInput:
    """Converts a tree into plain data by the schema of the models.

    Text is passed on as written wherever the model expects text, so that `password: 0123` and `node: 12`
    stay text; the model converts other values, in the same way for a file and an environment variable.

    Attributes:
        problems: the problems found so far.
        reported: the key paths of these problems, for which a model's errors would add nothing.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.reported: set[tuple[Key, ...]] = set()

    def section(self, model: type[Section], node: TreeNode, path: tuple[Key, ...]) -> object:
        """Return the data for a model; an empty section has its defaults."""
        if node.value is None:
            return {}
        if not isinstance(node.value, dict):
            return node.plain()
        keys = keys_of(model)
        data: dict[str, object] = {}
        above: tuple[str, KeySchema] | None = None
        for key, child in node.value.items():
            here = (*path, key)
            schema = keys.get(key)
            if schema is None:
                self._unknown(here, child, keys, above)
                continue
            above = (key, schema) if child.value is None and not child.text and schema.has_keys else None
            if _is_placeholder(child):
                variable = f"the variable {PREFIX}{variable_name(here)}"
                self._problem(
                    here, child, "is a placeholder, which nothing replaces", f"the value, or {variable}"
                )
            elif _is_secret_file(key, keys):
                secret = key.removesuffix(FILE_SUFFIX)
                if secret in node.value:
                    self._problem(here, child, f"is given together with {secret}", "one of them")
                elif child.value is not None:
                    data[secret] = self._secret(here, child)
            else:
                data[key] = self._value(schema, child, here)
        return data

    def _problem(
        self, path: tuple[Key, ...], node: TreeNode, message: str, allowed: str | None = None
    ) -> None:
        self.problems.append(node.origin.problem(path, message, allowed))
        self.reported.add(path)

    def _unknown(
        self,
        path: tuple[Key, ...],
        node: TreeNode,
        keys: Mapping[str, KeySchema],
        above: tuple[str, KeySchema] | None,
    ) -> None:
        """Report an unknown key; `above` is the key of an empty section right before it, if there is one."""
        key = str(path[-1])
        name, colon, _ = key.partition(":")
        section, dot, inner = key.partition(".")
        allowed = ", ".join(keys) if len(keys) <= LISTED else "the keys in config.example.yaml"
        if above is not None and child_schema(above[1], key):
            self.reported.add((*path[:-1], above[0]))
            self._problem(
                path, node, f"is not indented below `{above[0]}:`", f"two more spaces before `{key}:`"
            )
        elif dot and section in keys and child_schema(keys[section], inner.partition(".")[0]):
            self._problem(path, node, "is a path in one key", f"`{section}: {{{inner}: …}}`")
        elif colon and name in keys:
            self._problem(path, node, f"no space after `{name}:`", f"`{name}: …`")
        elif near := nearest_key(path, keys) if len(self.problems) <= MAX_PROBLEMS else None:
            # A missing key that is written under another name is reported once.
            self.reported.add((*path[:-1], near) if near in keys else tuple(near.split(".")[: len(path)]))
            self._problem(path, node, f"unknown key (did you mean {near}?)", allowed)
        else:
            self._problem(path, node, "unknown key", allowed)

    def _value(self, schema: KeySchema, node: TreeNode, path: tuple[Key, ...]) -> object:
        if schema.has_keys:
            return self._open(schema, node, path)
        if node.value is None:
            return None
        if schema.kind is KeyKind.LIST and isinstance(node.value, list):
            item = item_schema(schema)
            return [self._value(item, child, (*path, index)) for index, child in enumerate(node.value)]
        if schema.kind is KeyKind.PATH and node.text is not None:
            return self._path(schema, node, path)
        if schema.kind is KeyKind.VALUE and type(node.value) in (int, float):
            return node.value
        return node.plain() if node.text is None else node.text

    def _open(self, schema: KeySchema, node: TreeNode, path: tuple[Key, ...]) -> object:
        if node.value is None:
            # `tls: null` means no section, a bare `tls:` a section with its defaults.
            return None if schema.optional and node.text else {}
        if not isinstance(node.value, dict) or schema.kind is KeyKind.FREE:
            return node.plain()
        if schema.kind is KeyKind.SECTIONS:
            return {
                key: self.section(schema.models[0], child, (*path, key)) for key, child in node.value.items()
            }
        return (
            self._choice(schema, node, path)
            if schema.kind is KeyKind.CHOICE
            else self.section(schema.models[0], node, path)
        )

    def _choice(self, schema: KeySchema, node: TreeNode, path: tuple[Key, ...]) -> object:
        chosen = node.get("type")
        model = schema.variants().get(chosen.text or "") if chosen else None
        if model is None or chosen is None or not isinstance(node.value, dict):
            return node.plain()
        if chosen.origin.variable is not None:
            node = TreeNode(_without_other_types(node.value, model, schema), node.origin)
        return self.section(model, node, path)

    def _path(self, schema: KeySchema, node: TreeNode, path: tuple[Key, ...]) -> Path:
        file = resolved_path(node)
        if not node.text:
            self._problem(path, node, "is empty", "a path")
        elif any(isinstance(mark, MustExist) for mark in schema.metadata):
            try:
                with file.open("rb"):
                    return file
            except (OSError, ValueError) as error:
                self._problem(path, node, f"the file {file} cannot be read: {reason(error)}")
        return file

    def _secret(self, path: tuple[Key, ...], node: TreeNode) -> str | None:
        if not node.text:
            self._problem(path, node, "is not a path", "the path of a file that contains the secret")
            return None
        try:
            return read_secret(resolved_path(node))
        except BadSecret as error:
            self._problem(path, node, str(error))
            return None


def resolved_path(node: TreeNode) -> Path:
    """Return a path relative to the configuration file's folder, or to the working directory if from a variable."""
    path = Path(node.text or "")
    with suppress(RuntimeError):  # no such user: opening the path reports it
        path = path.expanduser()
    return path if node.origin.file == ENVIRONMENT else Path(node.origin.file).parent / path


def _is_placeholder(node: TreeNode) -> bool:
    """Return whether a value of a file is one that templates replace: `${HOST}` or `{{ host }}`."""
    return (
        node.origin.file != ENVIRONMENT
        and node.text is not None
        and _PLACEHOLDER.fullmatch(node.text.strip()) is not None
    )


def _is_secret_file(key: str, keys: Mapping[str, KeySchema]) -> bool:
    secret = keys.get(key.removesuffix(FILE_SUFFIX)) if key.endswith(FILE_SUFFIX) else None
    return secret is not None and secret.kind is KeyKind.SECRET


def _without_other_types(
    value: Mapping[str, TreeNode], model: type[Section], schema: KeySchema
) -> dict[str, TreeNode]:
    """Return the keys without the file's keys for another `type`, after the environment has chosen the `type`."""
    own = keys_of(model)
    others: Sequence[str] = [key for other in schema.models for key in keys_of(other)]
    return {k: n for k, n in value.items() if k in own or k not in others or n.origin.variable is not None}
