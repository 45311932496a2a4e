"""The database of the index: its tables, and what to do with one that is damaged.

Write-ahead log with `synchronous=NORMAL` (https://www.sqlite.org/wal.html): a recording costs no sync of its own, and a
power cut leaves a whole index, which may lack the last changes; these are found when it is compared with the files.
The exclusive lock avoids shared memory, so that the index may be on any file system.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from mqttcam.files import make_private_folder

_VERSION = 4
"""Of the tables below: an index with another one is made again."""
_TABLES = """
CREATE TABLE recordings (
    stem TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, camera TEXT NOT NULL, begin_ns INTEGER NOT NULL,
    bytes INTEGER NOT NULL, keep INTEGER NOT NULL, whole INTEGER NOT NULL, age_from_ns INTEGER NOT NULL,
    sidecar_ns INTEGER NOT NULL, json TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX oldest ON recordings (keep, whole, age_from_ns, begin_ns);
CREATE INDEX newest_files ON recordings (whole, begin_ns, id, type, camera);
CREATE TABLE events (
    id TEXT NOT NULL, stem TEXT NOT NULL, recording_begin_ns INTEGER NOT NULL, camera TEXT NOT NULL,
    type TEXT NOT NULL, begin_ns INTEGER NOT NULL, end_ns INTEGER, json TEXT NOT NULL, shown TEXT NOT NULL,
    listed INTEGER NOT NULL,
    PRIMARY KEY (id, stem)
) WITHOUT ROWID;
CREATE INDEX events_of_recording ON events (stem);
CREATE INDEX newest ON events (listed, begin_ns, id, type, camera, end_ns);
CREATE TABLE tags (
    kind TEXT NOT NULL, name TEXT NOT NULL, event TEXT NOT NULL, camera TEXT NOT NULL, PRIMARY KEY (kind, name, event)
) WITHOUT ROWID;
CREATE INDEX tags_of_event ON tags (event);
CREATE TABLE state (complete INTEGER NOT NULL);
INSERT INTO state VALUES (0);
"""


def open_database(path: Path | None) -> sqlite3.Connection:
    """Open the database, or make a new one where it is missing, or of another version.

    Args:
        path: None keeps it in memory.

    Raises:
        sqlite3.Error, ValueError: it is damaged, or can be neither read nor made.
        OSError: its folder cannot be made.
    """
    if path is not None:
        make_private_folder(path.parent)
    db = _connect(path)
    if db.execute("PRAGMA user_version").fetchone()[0] == _VERSION:
        return db
    db.close()
    if path is not None:
        remove_database(path)
    db = _connect(path)
    try:
        db.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {_VERSION}; COMMIT;")
        if path is not None:
            path.chmod(0o600)
    except BaseException:
        db.close()
        raise
    return db


def _connect(path: Path | None) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:" if path is None else path, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        if (problem := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(problem)
    except BaseException:
        db.close()
        raise
    return db


def remove_database(path: Path) -> None:
    """Delete the index.

    Raises:
        OSError: it cannot be deleted.
    """
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
