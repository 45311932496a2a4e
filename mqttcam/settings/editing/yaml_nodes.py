"""Where each value of a YAML text stands."""

from __future__ import annotations

from typing import Any

import yaml
from msgspec import Struct


class TextNode(Struct):
    """A value in a text.

    Attributes:
        start, end: offsets in characters; `end` is behind the last character of the value itself. They are equal if the
            value is empty.
        column: of its first character.
        flow: whether it is written in braces or brackets.
        alias: whether it is an alias (`*name`).
        anchor: whether it has an anchor (`&name`).
        entries: keys and values of a mapping, in their order; None for anything else.
    """

    start: int
    end: int
    column: int
    flow: bool = False
    alias: bool = False
    anchor: bool = False
    entries: list[tuple[Key, TextNode]] | None = None

    def get(self, name: str) -> tuple[Key, TextNode] | None:
        """Return the key and the value under a name."""
        return next((entry for entry in self.entries or () if entry[0].name == name), None)


class Key(Struct):
    """A key in a text; attributes as for `TextNode`."""

    name: str
    start: int
    end: int
    column: int


def nodes_of(text: str) -> TextNode | None:
    """Return the root of a text that `yaml_parser.parse` has accepted; None if it is empty.

    Raises:
        yaml.YAMLError: it is not YAML to PyYAML's parser in Python, which counts characters where libyaml counts bytes.
    """
    root: TextNode | None = None
    above: list[TextNode] = []
    keys: list[Key | None] = []  # that wait for their value, one for each of `above`
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.CollectionEndEvent):
            node = above.pop()
            keys.pop()
            if node.flow:
                node.end = _end(event)
        elif isinstance(event, yaml.NodeEvent):
            node = _node(event, text)
            parent = above[-1] if above else None
            if parent is None:
                root = node
            elif parent.entries is not None and keys[-1] is None:
                name = event.value if isinstance(event, yaml.ScalarEvent) else ""
                keys[-1] = Key(name, node.start, node.end, node.column)
                continue
            elif parent.entries is not None and (key := keys[-1]) is not None:
                parent.entries.append((key, node))
                keys[-1] = None
            if isinstance(event, yaml.CollectionStartEvent):
                above.append(node)
                keys.append(None)
                continue
        else:
            continue
        for parent in above:
            if not parent.flow:
                parent.end = max(parent.end, node.end)
    return root


def _end(event: Any) -> int:
    return int(event.end_mark.index)


def _node(event: Any, text: str) -> TextNode:
    start, end = event.start_mark.index, event.end_mark.index
    collection = isinstance(event, yaml.CollectionStartEvent)
    while end > start and text[end - 1].isspace():  # a block scalar ends with the lines after it
        end -= 1
    return TextNode(
        start,
        end,
        event.start_mark.column,
        flow=collection and bool(event.flow_style),
        alias=isinstance(event, yaml.AliasEvent),
        anchor=event.anchor is not None and not isinstance(event, yaml.AliasEvent),
        entries=[] if isinstance(event, yaml.MappingStartEvent) else None,
    )
