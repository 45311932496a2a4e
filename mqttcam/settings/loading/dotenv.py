"""The `.env` file of the current folder, which the reference sender reads as well."""

from __future__ import annotations

import logging
from collections.abc import Mapping, MutableMapping
from pathlib import Path

log = logging.getLogger(__name__)

DOTENV = Path(".env")
FROM_DOTENV = "MQTTCAM_FROM_DOTENV"
"""Holds the names of the variables that came from the file."""


def load_dotenv(environ: MutableMapping[str, str], path: Path = DOTENV) -> None:
    """Add the variables of a `.env` file that are not there yet, as the reference sender does.

    Read again, those that came from the file follow it; a process that takes our place inherits which they are.
    The file may be anybody's: one that cannot be read is said, and no error.
    """
    try:
        found: Mapping[str, str | None] = {}
        if path.is_file():
            from dotenv import dotenv_values

            found = dotenv_values(path)
    except (OSError, ValueError, ImportError) as error:
        log.warning("%s is not read: %s", path, error)
        return
    before = set(environ.get(FROM_DOTENV, "").split())
    ours = {
        name: value
        for name, value in found.items()
        if value is not None and (name in before or name not in environ)
    }
    environ.update(ours)
    for name in before - ours.keys():
        environ.pop(name, None)
    if before or ours:
        environ[FROM_DOTENV] = " ".join(ours)
