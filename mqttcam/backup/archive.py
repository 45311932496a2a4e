"""The archive of a backup: a ZIP file with these names and no others, each of a limited size."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping

CONFIG, README = "config.yaml", "README.txt"
TUNING, SERIES = "tuning/", "series/"
MAX_BYTES = 64_000_000
"""Of an archive."""
_MAX_ENTRIES = 2_000
_MAX_TOTAL = 128_000_000
"""Of all contents."""
_LIMITS = {
    re.compile(r"README\.txt"): 100_000,
    re.compile(r"config\.yaml"): 1 << 20,
    re.compile(r"values\.json"): 16_000_000,
    re.compile(r"tuning/[A-Za-z0-9][A-Za-z0-9_.-]{0,95}\.json"): 2_000_000,
    re.compile(r"series/[a-z0-9_-]{1,64}/[a-z0-9_-]{1,64}\.json"): 100_000,
}
"""The names, and the bytes that each may have."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class BadArchive(Exception):
    """The archive cannot be used; the message says why."""


def pack(contents: Mapping[str, bytes]) -> bytes:
    """Return an archive with these files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            info = zipfile.ZipInfo(name)  # without the time, so that equal backups are equal
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, content)
    return data.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the files of an archive by their names.

    Raises:
        BadArchive: it is not an archive of this kind, or too large.
    """
    if len(data) > MAX_BYTES:
        raise BadArchive(f"it has more than {MAX_BYTES} bytes")
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if len(infos) > _MAX_ENTRIES:
                raise BadArchive(f"it has more than {_MAX_ENTRIES} files")
            for info in infos:
                found[info.filename] = _read(archive, info, found)
                if sum(map(len, found.values())) > _MAX_TOTAL:
                    raise BadArchive(f"its files have more than {_MAX_TOTAL} bytes")
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
    ) as error:
        raise BadArchive(f"it is not a backup: {error}") from None
    if not found:
        raise BadArchive("it is empty")
    return found


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, found: Mapping[str, bytes]) -> bytes:
    """Return the content of one file; its size is limited while it is unpacked, whatever the archive claims.

    Raises:
        BadArchive: the name is not one of a backup, or the content is too large.
    """
    limit = next((most for pattern, most in _LIMITS.items() if pattern.fullmatch(info.filename)), None)
    if limit is None or info.filename in found or info.compress_type not in _METHODS:
        raise BadArchive(f"{info.filename!a} does not belong in a backup")
    with archive.open(info) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise BadArchive(f"{info.filename} has more than {limit} bytes")
    return content
