"""Frames kept on disk until Kafka has them.

An SQLite database in the state folder, written through to the disk before a frame counts as kept. A frame goes from it
when Kafka has acknowledged it, so a power cut loses none that was kept, and may repeat the last.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from mqttcam.outputs.message import Message, Tally

log = logging.getLogger(__name__)

_INCOMING = 64
"""Frames that wait for the disk; it should be one at the most."""
_CLOSE_TIMEOUT = 0.5
_SCHEMA = """
CREATE TABLE IF NOT EXISTS frames (
    row INTEGER PRIMARY KEY AUTOINCREMENT, ts_ns INTEGER NOT NULL, seq INTEGER NOT NULL, jpeg BLOB NOT NULL
)
"""


class SpoolQueue:
    """Stands where `FrameQueue` stands. Putting never waits: a thread of its own writes to the disk.

    Attributes:
        problem: what is wrong with the disk, in words; None while it works.
    """

    def __init__(self, path: Path, max_bytes: int, tally: Tally) -> None:
        self.problem: str | None = None
        self._path = path
        self._max_bytes = max_bytes
        self._tally = tally
        self._incoming: deque[Message] = deque()
        self._arrived = threading.Condition()
        self._closed = self._released = False
        # The disk has a lock of its own: whoever puts must not wait for it.
        self._disk = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._taken = 0
        self._count = 0
        self._bytes = 0
        self._oldest = 0.0
        self._kept = threading.Condition()
        self._turn = 0
        self._thread = threading.Thread(target=self._run, name=f"spool-{path.stem}", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return self._count + len(self._incoming)

    @property
    def age(self) -> float:
        """Seconds since the oldest was captured; 0 where none waits."""
        return max(time.time() - self._oldest, 0.0) if self._count else 0.0

    def put(self, message: Message) -> None:
        """Add the newest."""
        with self._arrived:
            if len(self._incoming) >= _INCOMING:
                self._incoming.popleft()
                self._tally.drop("disk")
            self._incoming.append(message)
            self._arrived.notify()

    def take(self, timeout: float) -> Message | None:
        """The oldest that was not taken yet; it stays on the disk until `done`."""
        turn = self._turn
        message = self._next()
        if message is None and timeout > 0:
            with self._kept:
                self._kept.wait_for(lambda: self._turn != turn or self._released, timeout)
            message = self._next()
        return message

    def give_back(self, messages: Iterable[Message]) -> None:
        """Take these again."""
        with self._disk:
            self._taken = min(
                [self._taken, *(message.row - 1 for message in messages if message.row is not None)]
            )

    def done(self, message: Message) -> None:
        """Kafka has it, or never will."""
        with self._disk:
            self._delete("row = ?", message.row)

    def clear(self, reason: str) -> None:
        """Nothing: what is kept goes out when it can."""

    def release(self) -> None:
        """`take` waits no more."""
        with self._kept:
            self._released = True
            self._kept.notify_all()

    def close(self) -> None:
        """Write what came, and end; within a moment."""
        with self._arrived:
            self._closed = True
            self._arrived.notify()
        self._thread.join(_CLOSE_TIMEOUT)

    def _next(self) -> Message | None:
        query = "SELECT row, ts_ns, seq, jpeg FROM frames WHERE row > ? ORDER BY row LIMIT 1"
        with self._disk:
            if self._database is None:
                return None
            try:
                found = self._database.execute(query, (self._taken,)).fetchone()
            except sqlite3.Error as error:
                self._complain(error)
                return None
            if found is None:
                return None
            self._taken, ts_ns, seq, jpeg = found
        return Message(jpeg, seq, ts_ns, row=self._taken)

    # the spool's own thread

    def _run(self) -> None:
        self._begin()
        while True:
            with self._arrived:
                self._arrived.wait_for(lambda: self._incoming or self._closed)
                if not self._incoming:
                    break
                message = self._incoming[0]
            with self._disk:
                self._keep(message)
            with self._arrived:
                if self._incoming and self._incoming[0] is message:
                    self._incoming.popleft()
            self._tell()
        with self._disk, contextlib.suppress(sqlite3.Error):
            if self._database is not None:
                self._database.close()
                self._database = None

    def _begin(self) -> None:
        with self._disk:
            try:
                self._database = _open(self._path)
                self._count_rows()
            except (sqlite3.Error, OSError) as error:
                self._complain(error)
        self._tally.take(self._count)
        if self._count:
            log.info("%s: %d frames from before", self._path, self._count)
        self._tell()

    def _tell(self) -> None:
        with self._kept:
            self._turn += 1
            self._kept.notify_all()

    def _keep(self, message: Message) -> None:
        values = (message.ts_ns, message.seq, message.jpeg)
        try:
            if self._database is None:
                raise OSError("there is no spool")
            with self._database:
                self._database.execute("INSERT INTO frames (ts_ns, seq, jpeg) VALUES (?, ?, ?)", values)
            self._count_rows()
        except (sqlite3.Error, OSError) as error:
            self._tally.drop("disk")
            self._complain(error)
            return
        self.problem = None
        while self._bytes > self._max_bytes and self._count > 1:
            if not self._delete("row = (SELECT min(row) FROM frames)"):
                break
            self._tally.drop("overflow")

    def _delete(self, where: str, *values: object) -> bool:
        if self._database is None:
            return False
        try:
            with self._database:
                self._database.execute(f"DELETE FROM frames WHERE {where}", values)
            self._count_rows()
        except sqlite3.Error as error:
            self._complain(error)
            return False
        return True

    def _count_rows(self) -> None:
        assert self._database is not None
        query = "SELECT count(*), total(length(jpeg)), min(ts_ns) FROM frames"
        count, total, oldest = self._database.execute(query).fetchone()
        self._count, self._bytes, self._oldest = count, int(total), (oldest or 0) / 1e9

    def _complain(self, error: Exception) -> None:
        if self.problem is None:
            log.error("%s: %s", self._path, error)
        self.problem = f"spool: {error}"


def _open(path: Path) -> sqlite3.Connection:
    """The database; one that is no good is set aside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connect(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        log.error("%s cannot be used (%s): a new one is begun, the old one is kept as .broken", path, error)
        path.replace(path.with_suffix(".broken"))
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    # One connection for both threads, used under the lock.
    connection = sqlite3.connect(path, timeout=5, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(_SCHEMA)
    return connection
