"""The text of a configuration file with one of its cameras changed, added or removed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import yaml

from mqttcam.settings.document.key_schema import ROOT
from mqttcam.settings.document.tree import Origin, TreeNode
from mqttcam.settings.document.yaml_parser import parse
from mqttcam.settings.editing.camera_data import data_of, same
from mqttcam.settings.editing.yaml_nodes import Key, TextNode, nodes_of
from mqttcam.settings.editing.yaml_text import INDENT, entry, scalar

CAMERAS = "cameras"
_BLANK_OR_COMMENT = re.compile(r"[ \t]*(#.*)?")
_MERGE = "<<"
_MAX_PARSED = 3_000_000
"""Characters to parse for one change, which is half a minute on a PC: the text is parsed again for each changed key."""

Data = Mapping[str, object]


class CannotEdit(Exception):
    """The text is written in a way in which this change cannot be made; the message says why."""


def with_camera(text: str, camera_id: str, section: Data | None) -> str:
    """Return the text with this section of a camera; None removes it. All other lines are unchanged.

    Raises:
        CannotEdit: it would change something else as well, or cannot be found in the text.
    """
    old = read_tree(text)
    cameras = dict(_cameras(old))
    if section is None and camera_id not in cameras:
        return text
    wanted = dict(_as_dict(data_of(old, ROOT)))
    wanted_cameras = {
        name: data for name, data in cameras.items() if name != camera_id or section is not None
    }
    if section is not None:
        wanted_cameras[camera_id] = section
    wanted[CAMERAS] = wanted_cameras
    if section is not None:
        _check_work(text, section, cameras.get(camera_id))
    newline = "\r\n" if "\r\n" in text else "\n"
    try:
        changed = _Edit(text, newline).camera(camera_id, section, cameras.get(camera_id))
        new = data_of(read_tree(changed), ROOT)
    except yaml.YAMLError:
        raise CannotEdit("its lines cannot be found in the file") from None
    if not same(_without_empty(new), _without_empty(wanted)):
        raise CannotEdit(
            "it shares values with other sections of the file (`&`, `*`, `<<`), or is written in an unusual way"
        )
    return changed


def _check_work(text: str, section: Data, old: object) -> None:
    """Refuse a change that would take too long.

    Raises:
        CannotEdit: too many keys differ for the size of the text.
    """
    changes = _changes(section, old)
    if changes > 1 and changes * (len(text) + len(scalar(section))) > _MAX_PARSED:
        raise CannotEdit(f"{changes} values differ, which is too many at once")


def _changes(new: object, old: object) -> int:
    """Return how many keys differ, counted where both values are sections."""
    if not (isinstance(new, Mapping) and isinstance(old, Mapping)):
        return 0 if same(new, old) else 1
    return sum(
        _changes(new[name], old[name]) if name in new and name in old else 1 for name in {**new, **old}
    )


def read_tree(text: str) -> TreeNode:
    """Return the tree of a text.

    Raises:
        CannotEdit: it has problems, or is not a mapping.
    """
    root, problems = parse(text, lambda line, _path: Origin("file", line))
    if problems:
        raise CannotEdit(problems[0].message)
    if root is None or (root.value is None):
        return TreeNode({}, Origin())
    if not isinstance(root.value, dict):
        raise CannotEdit("the file is not a mapping of keys")
    return root


def _cameras(root: TreeNode) -> Data:
    return _as_dict(_as_dict(data_of(root, ROOT)).get(CAMERAS))


def _as_dict(data: object) -> Data:
    return data if isinstance(data, dict) else {}


def _without_empty(data: object) -> object:
    """Leave `cameras` out if there are none."""
    return {key: value for key, value in _as_dict(data).items() if key != CAMERAS or value}


class _Edit:
    """One change of a text."""

    def __init__(self, text: str, newline: str) -> None:
        self._text = text
        self._newline = newline
        self._is_json = text.lstrip().startswith("{")

    def camera(self, camera_id: str, section: Data | None, old: object) -> str:
        """Return the text with a camera's section changed from `old`; None removes it."""
        root = nodes_of(self._text) or TextNode(0, 0, 0, entries=[])
        found = root.get(CAMERAS)
        if found is None:
            return self._add(None, root, CAMERAS, {camera_id: section})
        key, cameras = found
        there = cameras.get(camera_id)
        if section is None:
            if there is None:
                raise CannotEdit("it comes from another section of the file (`*`, `<<`)")
            return self._remove(cameras, *there)
        if there is None and root.flow and not cameras.entries:
            return self._replace(root, key, cameras, {camera_id: section})
        if there is None:
            return self._add(key, cameras, camera_id, section)
        return self._change(cameras, *there, section, old)

    def _change(self, parent: TextNode, key: Key, node: TextNode, new: object, old: object) -> str:
        """Return the text with a value changed, key by key where both values are sections."""
        if not (isinstance(new, Mapping) and isinstance(old, Mapping) and node.entries and new):
            return self._replace(parent, key, node, new)
        text = self._text
        for name in (*new, *(name for name in old if name not in new)):
            if name in new and name in old and same(new[name], old[name]):
                continue
            edit = _Edit(text, self._newline)
            key, node = _again(text, key.start)
            text = edit._change_entry(key, node, name, new, old)
            old = {**old, name: new[name]} if name in new else {k: v for k, v in old.items() if k != name}
        return text

    def _change_entry(self, key: Key, node: TextNode, name: str, new: Data, old: Data) -> str:
        there = node.get(name)
        if name not in new:
            if there is None:
                raise CannotEdit(f"`{name}` comes from another section of the file (`{_MERGE}`)")
            return self._remove(node, *there)
        if there is None:
            return self._add(key, node, name, new[name])
        return self._change(node, *there, new[name], old.get(name))

    def _replace(self, parent: TextNode, key: Key, node: TextNode, new: object) -> str:
        """Return the text with another value behind a key."""
        if node.anchor or node.alias:
            raise CannotEdit(f"`{key.name}` is shared with other sections of the file (`&`, `*`)")
        in_block = (
            not parent.flow and node.start > key.end and self._line_of(node.start) != self._line_of(key.start)
        )
        if node.start == node.end and isinstance(new, Mapping) and new and not parent.flow:
            lines = [line for name, one in new.items() for line in entry(name, one, key.column + INDENT)]
            return self._insert(self._line_end(key.end), lines)
        if node.start == node.end or in_block:
            colon = self._colon(key)
            end = max(node.end, colon)
            return self._text[:colon] + f" {self._inline(new)}" + self._text[end:]
        return self._text[: node.start] + self._inline(new) + self._text[node.end :]

    def _inline(self, value: object) -> str:
        return json.dumps(value, ensure_ascii=False) if self._is_json else scalar(value)

    # keys

    def _add(self, key: Key | None, parent: TextNode, name: str, value: object) -> str:
        """Return the text with a key more at the end of a section; `key` is that of the section."""
        if parent.alias:
            raise CannotEdit("its section is an alias (`*`)")
        text = self._text
        if parent.flow and parent.entries:
            end = max(part.end for part in parent.entries[-1])
            return f"{text[:end]}, {self._inline(name)}: {self._inline(value)}{text[end:]}"
        if parent.flow and key is None:
            return (
                f"{text[: parent.start]}{{{self._inline(name)}: {self._inline(value)}}}{text[parent.end :]}"
            )
        if parent.entries and not parent.flow:
            column = parent.entries[0][0].column
            at = self._end_with_comments(parent.end, column)
            return self._insert(at, entry(name, value, column))
        if key is None:
            return self._insert(len(text), entry(name, value, 0))
        # The section is empty: `cameras:`, `cameras: {}`, `cameras: null`.
        if parent.end > parent.start:
            text = text[: self._colon(key)] + text[parent.end :]
        edit = _Edit(text, self._newline)
        column = key.column + INDENT
        return edit._insert(edit._line_end(key.end), entry(name, value, column))

    def _remove(self, parent: TextNode, key: Key, node: TextNode) -> str:
        """Return the text without a key, and without the comments that are indented below it."""
        text = self._text
        end = max(node.end, key.end)
        if parent.flow:
            if match := re.compile(r"\s*:?\s*,[ \t]*").match(text, end):
                return text[: key.start] + text[match.end() :]
            before = re.search(r",?\s*$", text[: key.start])
            return text[: before.start() if before else key.start] + text[max(end, self._colon(key)) :]
        start = text.rfind("\n", 0, key.start) + 1
        if text[start : key.start].strip():
            raise CannotEdit(f"`{key.name}` does not begin its line")
        stop = (
            self._end_with_comments(end, key.column + 1) if node.entries is not None else self._line_end(end)
        )
        return text[:start] + text[min(stop + 1, len(text)) :] if stop < len(text) else text[:start]

    # lines

    def _insert(self, at: int, lines: Sequence[str]) -> str:
        """Return the text with lines after the line that ends at `at`."""
        before, after = self._text[:at], self._text[at:]
        start = self._newline if before and not before.endswith("\n") else ""
        if after.startswith("\n") and before.endswith("\r"):
            before, after = before[:-1], "\r" + after
        end = "" if after else self._newline
        return before + start + self._newline.join(lines) + end + after

    def _colon(self, key: Key) -> int:
        """Return the offset behind the colon of a key."""
        match = re.compile(r"[\"']?\s*:").match(self._text, key.end)
        if match is None:
            raise CannotEdit(f"`{key.name}` is written in an unusual way")
        return match.end()

    def _line_of(self, offset: int) -> int:
        return self._text.count("\n", 0, offset)

    def _line_end(self, offset: int) -> int:
        end = self._text.find("\n", offset)
        return len(self._text) if end < 0 else end

    def _end_with_comments(self, end: int, column: int) -> int:
        """Return the end of a section's last line; of the comments after it, those in its own column belong to it."""
        end = last = self._line_end(end)
        while end < len(self._text):
            stop = self._line_end(end + 1)
            line = self._text[end + 1 : stop].rstrip("\r")
            if not _BLANK_OR_COMMENT.fullmatch(line):
                break
            if line.strip():
                if len(line) - len(line.lstrip(" ")) < column:
                    break
                last = stop
            end = stop
        return last


def _again(text: str, key_start: int) -> tuple[Key, TextNode]:
    """Return the key at this offset and its section, in a text that has changed behind it."""
    root = nodes_of(text)
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        for key, value in node.entries or ():
            if key.start == key_start and value.start >= key.end:
                return key, value
            waiting.append(value)
    raise CannotEdit("its lines cannot be found in the file")
