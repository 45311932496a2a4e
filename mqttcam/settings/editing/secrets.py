"""The text of a configuration file without its secrets, and with those of another one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import yaml

from mqttcam.settings.document.key_schema import ROOT, KeyKind, KeySchema, child_schema, known_keys
from mqttcam.settings.document.tree import TreeNode
from mqttcam.settings.editing.yaml_edit import CannotEdit, read_tree
from mqttcam.settings.editing.yaml_nodes import TextNode, nodes_of
from mqttcam.settings.editing.yaml_text import quoted

LEFT_OUT = "${LEFT_OUT}"
"""In place of a secret: a placeholder, which the loader reports with the key and the variable that may have it."""
_ADDRESSES = ("brokers", "host", "url")
"""The keys of what a secret beside them, or below, is sent to."""
_MERGE = "<<"
_ANCHOR = re.compile(r"&\S+\s+")
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\r\n]*", re.MULTILINE)
_LOGIN = re.compile(r"://[^\s/\"']+@")


def without_secrets(text: str) -> str:
    """Return the text with a placeholder for each secret, also for those in comments that are settings without `#`.

    Raises:
        CannotEdit: it is not valid, or a secret is written in a way in which it cannot be replaced.
    """
    spans = [(node.start, node.end, prefix) for _path, node, prefix in _secrets(text)]
    for start, end, prefix in sorted(spans, reverse=True):
        text = f"{text[:start]}{prefix}{quoted(LEFT_OUT)}{text[end:]}"
    for start, end in reversed(_comments(text)):
        text = f"{text[:start]}{_without_secrets_in_comment(text[start:end])}{text[end:]}"
    if any(value != LEFT_OUT for value in _values(read_tree(text), ROOT, ()).values()):
        raise CannotEdit("a secret cannot be left out of the file")
    return text


def with_secrets(text: str, present: str) -> tuple[str, list[str]]:
    """Return the text with the secrets that another one has under the same keys, and the keys that still lack theirs.

    A secret is not taken over if it would be sent to another address.

    Raises:
        CannotEdit: one of the texts is not valid.
    """
    tree, present_tree = read_tree(text), read_tree(present)
    known = _values(present_tree, ROOT, ())
    missing = []
    for path, node, prefix in sorted(_secrets(text), key=lambda found: found[1].start, reverse=True):
        if LEFT_OUT not in text[node.start : node.end]:
            continue
        secret = known.get(path)
        if secret in (None, LEFT_OUT) or not _same_addresses(tree, present_tree, path):
            missing.append(".".join(path))
        else:
            text = f"{text[: node.start]}{prefix}{quoted(secret)}{text[node.end :]}"
    return text, missing[::-1]


def _same_addresses(tree: TreeNode, present: TreeNode, path: tuple[str, ...]) -> bool:
    """Return whether two trees have the same addresses on the way to a key; one that was left out will be the same.

    Cameras use the brokers of the node unless their own sections name some.
    """
    ways = [path, ("mqtt", "host"), ("kafka", "brokers")] if path[0] == "cameras" else [path]
    return all(
        new is None or new in (LEFT_OUT, old)
        for way in ways
        for new, old in zip(_addresses(tree, way), _addresses(present, way), strict=True)
    )


def _addresses(tree: TreeNode, path: tuple[str, ...]) -> list[object]:
    """Return the addresses in each section on the way to a key; None for those that are missing."""
    found: list[object] = []
    section: TreeNode | None = tree
    for key in path:
        nodes = [section and section.get(address) for address in _ADDRESSES]
        found += [node and node.plain() for node in nodes]
        section = section and section.get(key)
    return found


def _secrets(text: str) -> list[tuple[tuple[str, ...], TextNode, str]]:
    """Return path, place and anchor of each secret that is written in a text; not of aliases.

    Raises:
        CannotEdit: the text is not valid.
    """
    read_tree(text)
    try:
        root = nodes_of(text)
    except yaml.YAMLError:
        raise CannotEdit("its lines cannot be found in the file") from None
    found = [] if root is None else list(_secret_nodes(root, ROOT, ()))
    result = []
    for path, node in found:
        anchor = _ANCHOR.match(text, node.start) if node.anchor else None
        result.append((path, node, anchor[0] if anchor else ""))
    return result


def _secret_nodes(
    node: TextNode, schema: KeySchema | None, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], TextNode]]:
    for key, value in node.entries or ():
        inner = schema if key.name == _MERGE else schema and child_schema(schema, key.name)
        here = path if key.name == _MERGE else (*path, key.name)
        if inner is not None and inner.kind is KeyKind.SECRET and value.entries is None:
            if value.end > value.start and not value.alias:
                yield here, value
        else:
            yield from _secret_nodes(value, inner, here)


def _values(node: TreeNode, schema: KeySchema | None, path: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """Return the secrets of a tree by their paths."""
    found: dict[tuple[str, ...], str] = {}
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            inner = schema and child_schema(schema, key)
            if inner is not None and inner.kind is KeyKind.SECRET:
                if child.text:
                    found[*path, key] = child.text
            else:
                found |= _values(child, inner, (*path, key))
    return found


@cache
def _names() -> str:
    names = {path[-1] for path, schema in known_keys() if schema.kind is KeyKind.SECRET}
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


def _comments(text: str) -> list[tuple[int, int]]:
    """Return where the comments of a valid text begin and end: each # that begins a word outside values."""
    values = [
        (token.start_mark.index, token.end_mark.index)
        for token in yaml.scan(text, yaml.SafeLoader)
        if isinstance(token, yaml.ScalarToken)
    ]
    found, at, value = [], 0, 0
    while (match := _COMMENT.search(text, at)) is not None:
        while value < len(values) and values[value][1] <= match.start():
            value += 1
        if value < len(values) and values[value][0] <= match.start():
            at = match.start() + 1
        else:
            found.append(match.span())
            at = match.end()
    return found


def _without_secrets_in_comment(comment: str) -> str:
    """Return a comment without what stands behind the name of a secret, and without logins in addresses."""
    shown = re.sub(rf"(?i)((?:{_names()})[\"']?\s*[:=]\s*)\S.*", rf"\1{LEFT_OUT}", comment)
    return _LOGIN.sub(f"://{LEFT_OUT}@", shown)
