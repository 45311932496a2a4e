"""Parse YAML text into a tree that remembers its lines.

Scalars follow YAML 1.2's core schema, so that `no`, `on` and `12:30` are text and `0777` is 777.
The parser consumes PyYAML's events, so that the depth and the number of values, aliases expanded, are limited.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

import yaml
from msgspec.structs import replace

from mqttcam.settings.document.problems import Problem
from mqttcam.settings.document.tree import Key, Origin, Scalar, TreeNode

LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser, or the many times slower one in Python if PyYAML was built without libyaml."""
MAX_NODES = 20_000
MAX_DEPTH = 20
_MERGE = "<<"
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,40}|0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_YAML_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset({"!", _YAML_TAG + "str"})
_PLAIN_TAGS = frozenset(
    {None, *(_YAML_TAG + name for name in ("bool", "float", "int", "map", "null", "seq"))}
)
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
"""A character beyond 16 bits as JSON escapes it, in two halves; YAML knows `\\U0001F600` alone."""
_TYPOGRAPHIC = "“”„‟‘’‚‛«»‹›＂＇"
_INVISIBLE = "\u200b\u2060\ufeff"
"""Zero-width characters, which come with text copied from web pages."""
_TAB = ("a tab in the indentation", "spaces")
_NOT_YAML = ("not understood as YAML", None)
_TOO_DEEP = ("too many levels", str(MAX_DEPTH))
_WORDS = {
    "mapping values are not": (
        "an unexpected `: ` or wrong indentation",
        "quotes around text with `: `",
    ),
    "could not find expected ':'": ("a line that is not `key: value`", None),
    "found character that cannot": ("a character that cannot start a value", "quotes around such text"),
    "did not find expected key": ("wrong indentation", "the keys of a section in the same column"),
    "did not find expected ',' or": ("a bracket or brace that is not closed", None),
    "found unexpected end of stream": ("a quote that is not closed", None),
    "found invalid Unicode": ("a `\\u` escape that is no character", "the character itself"),
    "found unknown escape character": ("a \\ in double quotes", "single quotes, or \\\\"),
    "found a tab character": _TAB,
    "did not find expected <document start>": ("a line that is not `key: value`", None),
    "expected '<document start>'": ("a line that is not `key: value`", None),
}

Locate = Callable[[int, list[Key]], Origin]
"""Return an origin for a line (counted from 1) and a key path."""


def parse(text: str, locate: Locate, loader: type[Any] = LOADER) -> tuple[TreeNode | None, list[Problem]]:
    """Return the tree of a text and its problems; the tree is None if the text is empty or not valid YAML."""
    composer = _Composer(locate)
    text = _SURROGATES.sub(_joined, text)
    try:
        for event in yaml.parse(text, loader):
            composer.handle(event)
    except _ParsingStopped:
        return None, composer.problems
    except yaml.reader.ReaderError as error:
        # The error's position is in bytes or in characters, depending on the loader.
        line = text.count("\n", 0, max(text.find(chr(error.character)), 0)) + 1
        composer.add_problem_at_line(line, f"the character 0x{error.character:02x} is not allowed in YAML")
        return None, composer.problems
    except yaml.YAMLError as error:
        line, message, allowed = _syntax(text, error)
        if _depth(text, loader, error) > MAX_DEPTH:
            message, allowed = _TOO_DEEP
        composer.add_problem_at_line(line, message, allowed)
        return None, composer.problems
    return composer.root, composer.problems


def _joined(halves: re.Match[str]) -> str:
    high, low = int(halves[2], 16), int(halves[3], 16)
    return f"{halves[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"


def _depth(text: str, loader: type[Any], error: yaml.YAMLError) -> int:
    """Return the number of levels before an error.

    PyYAML scans up to 1,024 characters of a line before it emits the events of their beginning, so that
    an error, such as PyYAML's own limit of levels (since 6.0.4), can hide a depth that is ours to report.
    """
    mark = getattr(error, "problem_mark", None)
    depth = deepest = 0
    with suppress(yaml.YAMLError):
        for event in yaml.parse(text[: mark.index] if mark else text, loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            deepest = max(deepest, depth)
    return deepest


def resolve(text: str) -> Scalar:
    """Resolve a plain scalar by YAML 1.2's core schema; NaN and infinity, of no use here, stay text."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text, 0 if text.startswith(("0o", "0x")) else 10)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


def _syntax(text: str, error: yaml.YAMLError) -> tuple[int, str, str | None]:
    """Return the line, what is wrong and what is allowed.

    PyYAML's own texts are not shown: they may repeat a secret, and they differ between versions.
    """
    if not isinstance(error, yaml.MarkedYAMLError):
        return 1, *_NOT_YAML
    mark = error.problem_mark or error.context_mark
    lines = text.splitlines() or [""]
    line = min(mark.line + 1 if mark else 1, len(lines))
    words: tuple[str, str | None] = _NOT_YAML
    for start, known in _WORDS.items():
        if (error.problem or "").startswith(start):
            words = known
    shown = lines[line - 1]
    if "\t" in shown[: len(shown) - len(shown.lstrip())]:
        words = _TAB
    message, allowed = words
    begun = error.context_mark.line + 1 if error.context_mark else line
    return line, message if begun >= line else f"{message} (from line {begun})", allowed


class _ParsingStopped(Exception):
    """The rest of the text is ignored; the reason is among the problems."""


class _OpenCollection:
    """A mapping or list whose end has not been parsed yet."""

    __slots__ = ("anchor", "key", "key_line", "lines", "merged", "node")

    def __init__(self, node: TreeNode, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.key: str | None = None
        self.key_line = 0
        self.lines: dict[str, int] = {}
        self.merged: list[TreeNode] = []

    @property
    def awaits_key(self) -> bool:
        return self.key is None and isinstance(self.node.value, dict)


class _Composer:
    """Builds the tree from PyYAML's events."""

    def __init__(self, locate: Locate) -> None:
        self.root: TreeNode | None = None
        self.problems: list[Problem] = []
        self._locate = locate
        self._open: list[_OpenCollection] = []
        self._anchors: dict[str, TreeNode] = {}
        self._documents = 0

    def add_problem(self, line: int, message: str, allowed: str | None = None) -> None:
        """Add a problem of the current key."""
        path = self._path()
        self.problems.append(self._locate(line, path).problem(path, message, allowed))

    def add_problem_at_line(self, line: int, message: str, allowed: str | None = None) -> None:
        """Add a problem whose key is uncertain."""
        self.problems.append(self._locate(line, []).problem((), message, allowed))

    def handle(self, event: Any) -> None:
        """Add an event to the tree."""
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._begin(event, line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._end(line)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event, line)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop(line, "a second document", "one document, without `---` between its lines")

    def _stop(self, line: int, message: str, allowed: str | None = None) -> NoReturn:
        self.add_problem_at_line(line, message, allowed)
        raise _ParsingStopped

    def _path(self) -> list[Key]:
        path: list[Key] = []
        for opened in self._open:
            if isinstance(opened.node.value, list):
                path.append(len(opened.node.value))
            elif opened.key is not None:
                path.append(opened.key)
        return path

    def _origin(self, line: int) -> Origin:
        parent = self._open[-1] if self._open else None
        in_mapping = parent is not None and parent.key is not None
        return self._locate(parent.key_line if parent and in_mapping else line, self._path())

    def _begin(self, event: Any, line: int) -> None:
        self._plain(event, line)
        if self._open and self._open[-1].awaits_key:
            self._stop(line, "a key that is not text")
        if len(self._open) >= MAX_DEPTH:
            self._stop(line, *_TOO_DEEP)
        empty: dict[str, TreeNode] | list[TreeNode] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._open.append(_OpenCollection(TreeNode(empty, self._origin(line)), event.anchor))

    def _end(self, line: int) -> None:
        opened = self._open.pop()
        for merged in opened.merged:
            sections = merged.value if isinstance(merged.value, list) else [merged]
            for section in sections:
                if not isinstance(section.value, dict) or not isinstance(opened.node.value, dict):
                    self._stop(merged.origin.line or line, f"`{_MERGE}` with something that is not a section")
                opened.node.value = section.value | opened.node.value
        self._add(opened.node, opened.anchor, line)

    def _scalar(self, event: Any, line: int) -> None:
        plain = self._plain(event, line)
        text = event.value
        if self._open and self._open[-1].awaits_key:
            self._key(text, line)
            return
        if plain:
            text = self._without_quotes(text, line)
        value = resolve(text) if plain else text
        self._add(TreeNode(value, self._origin(line), text), event.anchor, line)

    def _without_quotes(self, text: str, line: int) -> str:
        """Return text without what word processors and web pages put around it, and report that."""
        bare = text.strip().strip(_INVISIBLE)
        if bare != text:
            self.add_problem(line, "a space around it that is not a plain space", "plain spaces")
        if len(bare) > 1 and bare[0] in _TYPOGRAPHIC and bare[-1] in _TYPOGRAPHIC:
            self.add_problem(line, "typographic quotes", "straight quotes: \" or '")
            bare = bare.strip(_TYPOGRAPHIC)
        return bare

    def _key(self, text: str, line: int) -> None:
        parent = self._open[-1]
        if not text:
            self._stop(line, "a `:` without a key before it")
        if text != text.strip():
            self._stop(line, "a key with a space around it that is not a plain space", "plain spaces")
        parent.key, parent.key_line = text, line
        first = parent.lines.setdefault(text, line)
        if first != line or parent.node.get(text) is not None:
            self.add_problem(line, f"given twice, first in line {first}", "once")

    def _alias(self, event: Any, line: int) -> None:
        node = self._anchors.get(event.anchor)
        if node is None:
            self._stop(
                line,
                "an alias (`*`) without an anchor (`&`)",
                "quotes around text that starts with *",
            )
        if self._open and self._open[-1].awaits_key:
            self._stop(line, "a key that is not text")
        self._add(replace(node, origin=self._origin(line)), None, line)

    def _plain(self, event: Any, line: int) -> bool:
        """Return whether a scalar is to be resolved rather than taken as text."""
        if event.tag in _TEXT_TAGS:
            return False
        if event.tag not in _PLAIN_TAGS:
            secret = "`password_file: FILE` for a secret"
            self.add_problem(line, "an unknown tag (`!`)", secret if event.tag == "!secret" else "quotes")
        implicit = event.implicit
        return bool(implicit[0] or event.tag) if isinstance(implicit, tuple) else False

    def _add(self, node: TreeNode, anchor: str | None, line: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        whole = parent.node
        whole.size += node.size
        whole.height = max(whole.height, node.height + 1)
        if whole.size > MAX_NODES or len(self._open) + node.height > MAX_DEPTH:
            self._stop(line, "too many values or levels", f"{MAX_NODES} values, {MAX_DEPTH} levels")
        if isinstance(whole.value, list):
            whole.value.append(node)
        elif isinstance(whole.value, dict) and parent.key is not None:
            if parent.key == _MERGE:
                parent.merged.append(node)
            else:
                whole.value[parent.key] = node
            parent.key = None
