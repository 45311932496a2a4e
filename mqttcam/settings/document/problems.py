"""What is wrong with a configuration, one line a problem."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ENVIRONMENT = "environment"
"""Stands where the file name would, for a problem of an environment variable."""


def one_line(text: str) -> str:
    """`text` with everything that is not printable escaped, so that it stays on its line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem; `str` is exactly one line: ``FILE:LINE: key.path: what is wrong, allowed: what is``.

    Attributes:
        file: the configuration file, or `environment`.
        line: counted from 1; None where there is no line to show.
        key: `cameras.front.size`, or the environment variable; empty for the file as a whole.
        message: what is wrong, in words; never a secret.
        allowed: what would be right, in words, where that can be said.
    """

    file: str
    line: int | None
    key: str
    message: str
    allowed: str | None = None

    def __str__(self) -> str:
        origin = self.file if self.line is None else f"{self.file}:{self.line}"
        what = self.message if self.allowed is None else f"{self.message}, allowed: {self.allowed}"
        return one_line(": ".join(part for part in (origin, self.key, what) if part))


class SettingsError(Exception):
    """The configuration cannot be used; `problems` has all that was found, `str` one line each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))


class NoConfiguration(SettingsError):
    """Neither a file nor an environment variable configures anything."""
