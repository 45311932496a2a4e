"""The tree of a configuration: values with their text and their origin, a line or a variable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from mqttcam.settings.document.problems import ENVIRONMENT, Problem

Scalar: TypeAlias = bool | int | float | str | None
Key: TypeAlias = str | int
PREFIX = "MQTTCAM__"


class Origin(Struct, frozen=True):
    """Where a value was written: a line of a file, or a variable (`VARIABLE.key` inside its value)."""

    file: str = ENVIRONMENT
    line: int | None = None
    variable: str | None = None

    def problem(self, path: Sequence[Key], message: str, allowed: str | None = None) -> Problem:
        """Return a problem at this origin; `path` is the full key path, shown if the origin is in a file."""
        return Problem(self.file, self.line, self.variable or dotted(path), message, allowed)

    def child(self, key: Key) -> Origin:
        """Return the origin that a missing key under this one would have."""
        if self.variable is None:
            return self
        inside = "." in self.variable
        return replace(
            self, variable=f"{self.variable}.{key}" if inside else variable_name((self.variable, key))
        )


class TreeNode(Struct, eq=False):
    """A value in the tree. It has no `repr` because it may be a secret.

    Attributes:
        value: a mapping or list of nodes, or a scalar by YAML 1.2's core schema.
        origin: that of its key in a mapping, otherwise its own.
        text: a scalar as written; None for a mapping or list.
        size: number of nodes including this one, aliases expanded.
        height: number of levels below it.
    """

    value: dict[str, TreeNode] | list[TreeNode] | Scalar
    origin: Origin
    text: str | None = None
    size: int = 1
    height: int = 0

    __repr__ = object.__repr__

    def plain(self) -> object:
        """Return the value without origins, scalars resolved."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def get(self, key: Key) -> TreeNode | None:
        """Return the node under a key or index, or None."""
        if isinstance(self.value, dict) and isinstance(key, str):
            return self.value.get(key)
        if isinstance(self.value, list) and isinstance(key, int) and key < len(self.value):
            return self.value[key]
        return None


def dotted(path: Sequence[Key]) -> str:
    """Return a key path as text: `cameras.front.size`."""
    return ".".join(map(str, path))


def variable_name(path: Sequence[Key]) -> str:
    """Return a key path as in an environment variable: `MQTT__HOST`."""
    return "__".join(map(str, path)).upper()
