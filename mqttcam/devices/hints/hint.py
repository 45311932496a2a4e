"""What is wrong with a part, and what a user can do about it, from the text of its problem."""

from __future__ import annotations

import re
from functools import cached_property

from msgspec import Struct

_PLACEHOLDER = "…"
_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")


class Hint(Struct, frozen=True, dict=True):
    """The cause and remedy of some messages.

    Attributes:
        messages: parts of the messages as the program writes them, with `…` in place of a value.
        text: in Markdown; links are those of a page in `docs/`.
    """

    messages: tuple[str, ...]
    text: str

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(_as_pattern, self.messages)))

    @property
    def plain(self) -> str:
        """The text without Markdown."""
        return _LINK.sub(r"\1", self.text).replace("`", "")

    def find(self, problem: str) -> int | None:
        """Return where in a problem one of the messages ends; None if it has none of them."""
        found = self._pattern.search(problem)
        return None if found is None else found.end()


def _as_pattern(message: str) -> str:
    pieces = message.removesuffix(_PLACEHOLDER).split(_PLACEHOLDER)
    return ".*?".join(map(re.escape, pieces))


def explain(problem: str, *tables: tuple[Hint, ...]) -> tuple[str, str | None]:
    """Return what is wrong, and what a user can do about it as plain text; None if that is not known.

    The text of a problem ends with what to do, or with a question: `what is wrong; what to do`. A table that has more
    to say replaces that.
    """
    what, rest = _split(problem)
    for hint in (hint for table in tables for hint in table):
        if (found := hint.find(problem)) is not None:
            is_replaced = not rest or found > len(what)
            return what, hint.plain if is_replaced else f"{hint.plain} {_sentence(rest)}"
    return what, _sentence(rest) if rest else None


def _split(problem: str) -> tuple[str, str]:
    what, _, rest = problem.partition("; ")
    if not rest and problem.endswith("?"):
        what, _, rest = problem.rpartition(": ")
    return what or problem, rest


def _sentence(text: str) -> str:
    end = "" if text.endswith((".", "?")) else "."
    return f"{text[0].upper()}{text[1:]}{end}"
