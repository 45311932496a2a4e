"""Exit codes, and the exceptions that lead to them."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

DONE, FAILED, USAGE = 0, 1, 2
INTERRUPTED = 128 + signal.SIGINT
"""By Ctrl-C, as shells report it."""


class UsageError(Exception):
    """An argument or setting cannot be used; the message says why. Exit code 2."""


class CommandFailed(Exception):
    """A subcommand failed; the message says why. Exit code 1."""


def drop_output() -> None:
    """Discard buffered output, which the interpreter would otherwise try to write again when it exits."""
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())
