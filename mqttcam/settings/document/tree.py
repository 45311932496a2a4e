"""A configuration as it was written: values with their source text and the place they stand at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from mqttcam.settings.document.problems import ENVIRONMENT, Problem

Scalar: TypeAlias = bool | int | float | str | None
Key: TypeAlias = str | int
PREFIX = "MQTTCAM__"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something was written: a line of a file, or a variable (`VARIABLE.key` inside its value)."""

    file: str = ENVIRONMENT
    line: int | None = None
    variable: str | None = None

    def problem(self, path: Sequence[Key], message: str, allowed: str | None = None) -> Problem:
        """A problem here; `path` is the full key path, used where the place is in a file."""
        return Problem(self.file, self.line, self.variable or dotted(path), message, allowed)

    def child(self, key: Key) -> Origin:
        """The place of a key that is not there, under this one."""
        if self.variable is None:
            return self
        inside = "." in self.variable
        return replace(
            self, variable=f"{self.variable}.{key}" if inside else variable_name((self.variable, key))
        )


@dataclass(slots=True, repr=False, eq=False)
class TreeNode:
    """A value. No `repr`: it may be a secret.

    Attributes:
        value: a mapping or list of nodes, or a scalar by the rules of YAML 1.2.
        place: of its key, in a mapping; of itself elsewhere.
        text: a scalar as it was written; None for a mapping or list.
        size: how many nodes it is, aliases counted each time.
        height: levels under it.
    """

    value: dict[str, TreeNode] | list[TreeNode] | Scalar
    origin: Origin
    text: str | None = None
    size: int = 1
    height: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it is a mapping or a list."""
        return isinstance(self.value, dict | list)

    def plain(self) -> object:
        """The value without places, scalars resolved."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def get(self, key: Key) -> TreeNode | None:
        """The node under a key or index; None where there is none."""
        if isinstance(self.value, dict) and isinstance(key, str):
            return self.value.get(key)
        if isinstance(self.value, list) and isinstance(key, int) and key < len(self.value):
            return self.value[key]
        return None


def dotted(path: Sequence[Key]) -> str:
    """`cameras.front.size`."""
    return ".".join(map(str, path))


def variable_name(path: Sequence[Key]) -> str:
    """The environment variable's part for a key path: `MQTT__HOST`."""
    return "__".join(map(str, path)).upper()
