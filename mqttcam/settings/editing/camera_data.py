"""The values of a configuration tree as plain data, as they are written: text stays text, no defaults are added."""

from __future__ import annotations

from collections.abc import Mapping

from mqttcam.settings.document.key_schema import KeyKind, KeySchema, child_schema
from mqttcam.settings.document.tree import TreeNode

_TEXTS = (KeyKind.TEXT, KeyKind.PATH, KeyKind.SECRET)


def data_of(node: TreeNode, schema: KeySchema | None) -> object:
    """Return the data of a node; an empty section (`motion:`) is `{}`, which means its defaults, and `null` is None."""
    if isinstance(node.value, dict):
        return {
            key: data_of(child, schema and child_schema(schema, key)) for key, child in node.value.items()
        }
    if isinstance(node.value, list):
        return [
            data_of(child, schema and child_schema(schema, index)) for index, child in enumerate(node.value)
        ]
    if node.value is None:
        return {} if schema is not None and schema.has_keys and not node.text else None
    return node.text if schema is not None and schema.kind in _TEXTS else node.value


def same(one: object, other: object) -> bool:
    """Return whether data is equal; unlike with `==`, `true` is not 1."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)
