"""The `.env` file in the current folder, which the reference sender reads as well."""

from __future__ import annotations

import logging
from collections.abc import Mapping, MutableMapping
from pathlib import Path

log = logging.getLogger(__name__)

DOTENV = Path(".env")
FROM_DOTENV = "MQTTCAM_FROM_DOTENV"
"""The variable that lists the names of the variables from the file."""


def load_dotenv(environ: MutableMapping[str, str], path: Path = DOTENV) -> None:
    """Add the variables of a `.env` file that are not set yet, as the reference sender does.

    When the file is read again, the variables that came from it are updated or removed; a process started
    by exec inherits their names. The file may belong to another program: if it cannot be read, a warning is
    logged.
    """
    try:
        found: Mapping[str, str | None] = {}
        if path.is_file():
            from dotenv import dotenv_values

            found = dotenv_values(path)
    except (OSError, ValueError, ImportError) as error:
        log.warning("%s: ignored, cannot be read: %s", path, error)
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
