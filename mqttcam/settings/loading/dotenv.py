"""The `.env` file in the current folder, which the reference sender reads as well."""

from __future__ import annotations

import logging
import re
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from io import StringIO
from pathlib import Path

from mqttcam.text import shown

log = logging.getLogger(__name__)

DOTENV = Path(".env")
FROM_DOTENV = "MQTTCAM_FROM_DOTENV"
"""The variable that lists the names of the variables from the file."""
MAX_BYTES = 1 << 16
"""Of the file, and of all values after their references (`${NAME}`) are replaced: references to references multiply."""

_REFERENCE = re.compile(r"\$\{([^}:]{0,200}+)(?::-([^}]{0,2000}+))?\}")
"""python-dotenv's own pattern takes quadratic time for a long row of `${`."""


class _BadDotenv(Exception):
    """The file cannot be used; the message says why."""


def load_dotenv(environ: MutableMapping[str, str], path: Path = DOTENV) -> None:
    """Add the variables of a `.env` file that are not set yet, as the reference sender does.

    When the file is read again, the variables that came from it are updated or removed; a process started
    by exec inherits their names. The file may belong to another program: if it cannot be read, a warning is
    logged.
    """
    try:
        found = _read(path, environ) if path.is_file() else {}
    except (OSError, ValueError, ImportError, _BadDotenv) as error:
        log.warning("%s: ignored, cannot be read: %s", path, error)
        return
    before = set(environ.get(FROM_DOTENV, "").split())
    ours = {name: value for name, value in found.items() if name in before or name not in environ}
    environ.update(ours)
    for name in before - ours.keys():
        environ.pop(name, None)
    if before or ours:
        environ[FROM_DOTENV] = " ".join(ours)


def _read(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the file.

    Raises:
        OSError, ValueError: It cannot be read, or is not text.
        _BadDotenv: It is too large, or would be with its references replaced.
    """
    from dotenv.main import DotEnv  # not needed without a file

    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise _BadDotenv(f"it is larger than {MAX_BYTES} bytes")
    if b"\0" in data:
        raise _BadDotenv("it has a zero byte")
    pairs = DotEnv(dotenv_path=None, stream=StringIO(data.decode("utf-8-sig")), interpolate=False).parse()
    return _resolved(pairs, environ)


def _resolved(pairs: Iterable[tuple[str, str | None]], environ: Mapping[str, str]) -> dict[str, str]:
    """Replace the references in the values: the file's own variables come before those of the environment."""
    found: dict[str, str] = {}
    known = ChainMap(found, dict(environ))
    size = 0
    for name, text in pairs:
        if text is None or not name or "=" in name:
            continue
        parts = []
        for literal, reference, default in _parts(text):
            parts += [literal, known.get(reference, default)]
            size += len(parts[-2]) + len(parts[-1])
            if size > MAX_BYTES:
                raise _BadDotenv(f"its values are larger than {MAX_BYTES} bytes from {shown(name)} on")
        found[name] = "".join(parts)
    return found


def _parts(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield each text before a reference, the name referred to and its default; the last name is empty."""
    begin = 0
    for match in _REFERENCE.finditer(text):
        yield text[begin : match.start()], match[1], match[2] or ""
        begin = match.end()
    yield text[begin:], "", ""
