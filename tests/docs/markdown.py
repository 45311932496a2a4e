"""Markdown as GitHub renders it: tables, anchors, links, code blocks, and generated parts between markers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.support.project import PROJECT

PAGES = sorted(
    [
        PROJECT / "README.md",
        *(PROJECT / "docs").glob("*.md"),
        PROJECT / "deploy" / "compose" / "README.md",
        PROJECT / "ha_discovery" / "README.md",
    ]
)
_GENERATED = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_INDENTED = re.compile(r"(?<=\n\n)(?:^ {4}.+\n)+", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; `|` in a cell is escaped."""
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(map(_cell, row)) for row in rows]
    return "".join(f"| {line} |\n" for line in lines)


def _cell(text: str) -> str:
    """Without what would end the cell, or, outside code, be taken for HTML."""
    parts = text.replace("|", "\\|").replace("\n", " ").split("`")
    return "`".join(part.replace("<", "&lt;") if index % 2 == 0 else part for index, part in enumerate(parts))


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(text: str) -> set[str]:
    """Every anchor of a page."""
    return {anchor(heading) for heading in _HEADING.findall(_FENCE.sub("", text))}


def links(text: str) -> list[str]:
    """The targets of all links and images."""
    return _LINK.findall(_FENCE.sub("", text))


def fenced(text: str, language: str) -> list[str]:
    """The contents of the fenced code blocks in a language."""
    return [code for name, code in _FENCE.findall(text) if name == language]


def commands(text: str) -> list[str]:
    """The lines of the indented code blocks, as a reader types them: a backslash at the end continues a line."""
    blocks = _INDENTED.findall(_FENCE.sub("", text))
    joined = [block.replace("\\\n", "") for block in blocks]
    return [line.strip() for block in joined for line in block.splitlines()]


def generated(text: str) -> list[str]:
    """The names of the generated parts of a page."""
    return [name for _, name, _ in _GENERATED.findall(text)]


def filled(text: str, parts: dict[str, str]) -> str:
    """The page with its generated parts as they should be."""
    return _GENERATED.sub(lambda match: f"{match[1]}\n{parts[match[2]]}\n{match[3]}", text)


def name_of(page: Path) -> str:
    """The page's path in the project."""
    return str(page.relative_to(PROJECT))
