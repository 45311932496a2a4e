"""Plain data as YAML text, in the style of `config.example.yaml`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from mqttcam.settings.document.yaml_parser import resolve

_PLAIN = re.compile(r"[A-Za-z0-9/][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_YAML_11 = frozenset({"y", "n", "yes", "no", "on", "off"})
"""Words that other programs read as switches."""
_WIDTH = 100
"""Characters of a line, up to which a section is written in braces."""
INDENT = 2


def scalar(value: object) -> str:
    """Return a value on one line: a number, switch, text, list, or mapping."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(str(key))}: {scalar(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(scalar, value)) + "]"
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, float):
        return json.dumps(int(value) if value.is_integer() and abs(value) < 1e15 else value)
    text = str(value)
    is_plain = _PLAIN.fullmatch(text) and resolve(text) == text and text.lower() not in _YAML_11
    return text if is_plain else quoted(text)


def quoted(text: str) -> str:
    """Return text in double quotes; what cannot be printed is escaped, as YAML does not allow all of it."""
    shown = (
        one if one.isprintable() else f"\\U{ord(one):08x}" for one in json.dumps(text, ensure_ascii=False)
    )
    return "".join(shown)


def entry(key: str, value: object, column: int) -> list[str]:
    """Return the lines of a key and its value, the first one indented, too."""
    start = " " * column + f"{scalar(key)}:"
    line = f"{start} {scalar(value)}"
    if isinstance(value, Mapping) and value and (len(line) > _WIDTH or _has_sections(value)):
        lines = [start]
        for name, one in value.items():
            lines += entry(str(name), one, column + INDENT)
        return lines
    return [line]


def _has_sections(value: Mapping[object, object]) -> bool:
    return any(isinstance(one, Mapping) and one for one in value.values())
