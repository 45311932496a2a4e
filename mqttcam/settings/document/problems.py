"""The problems of a configuration, one line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from mqttcam.text import one_line, shorten

ENVIRONMENT = "environment"
"""Shown in place of the file name for a problem of an environment variable."""
MAX_PROBLEMS = 100
"""Problems that are explained and listed: a file of the wrong kind has thousands."""
_MAX_KEY = 200
"""Characters of a key path that a line shows."""


class Problem(Struct, frozen=True):
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
        return one_line(": ".join(part for part in (origin, shorten(self.key, _MAX_KEY), what) if part))


def first_of(problems: Sequence[Problem]) -> list[Problem]:
    """Return at most `MAX_PROBLEMS` problems; if there are more, one more line says so."""
    if len(problems) <= MAX_PROBLEMS:
        return list(problems)
    more = f"there are more problems; only {MAX_PROBLEMS} are listed"
    return [*problems[:MAX_PROBLEMS], Problem(problems[-1].file, None, "", more)]


class SettingsError(Exception):
    """The configuration is not valid; `problems` has those found, `str` one line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))


class NoConfiguration(SettingsError):
    """There is neither a configuration file nor an environment variable of ours."""
