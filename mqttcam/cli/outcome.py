"""How a subcommand ends: exit codes, and the errors that become them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

DONE, FAILED, USAGE = 0, 1, 2


class UsageError(Exception):
    """What the user gave cannot be used; the message says why. Exit code 2."""


class CommandFailed(Exception):
    """A subcommand failed while it ran; the message says why. Exit code 1."""


def drop_output() -> None:
    """Throw away what still waits to be written: Python would try once more at its end, and fail again."""
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())
