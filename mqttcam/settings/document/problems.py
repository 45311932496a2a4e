"""The problems of a configuration, one line each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mqttcam.text import one_line

ENVIRONMENT = "environment"
"""Shown in place of the file name for a problem of an environment variable."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem; `str` is exactly one line: ``FILE:LINE: key.path: what is wrong, allowed: what is``.

    Attributes:
        file: the configuration file, or `environment`.
        line: counted from 1; None if there is no line to show.
        key: `cameras.front.size`, or the environment variable; empty for the file as a whole.
        message: what is wrong; never includes a secret.
        allowed: what would be right, if known.
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
    """The configuration is not valid; `problems` has all problems found, `str` one line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))


class NoConfiguration(SettingsError):
    """There is neither a configuration file nor an environment variable of ours."""
