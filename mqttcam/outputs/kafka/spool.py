"""Frames kept on disk until Kafka has acknowledged them: one JPEG per file, in a folder of the state folder.

A frame is kept once its file is synced to the disk and renamed to its final name; the file is deleted once Kafka has
acknowledged the frame. A power cut therefore loses no kept frame, and may send the last one again.
"""

from __future__ import annotations

import errno
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from mqttcam.files import RESERVE, make_private_folder, read_regular, shortage, sync_folder, write_new
from mqttcam.outputs.queue import FrameCounts, QueuedMessage

log = logging.getLogger(__name__)

_LARGEST = 1 << 28
"""Bytes of a frame: what Kafka can carry is far less."""
_INCOMING = 64
"""Frames that may wait for the disk; usually there is one at most."""
_CLOSE_TIMEOUT = 0.5
_ROOMY = 3
"""Frames for which there has to be room again before a full disk is no longer a problem."""
_NAME = re.compile(r"([0-9]{12})-([0-9]{1,20})-([0-9]{1,20})\.jpg")
_UNFINISHED = ".unfinished"


class _Kept(Struct, frozen=True):
    """One file: its number in order of arrival, and the rest of its name."""

    number: int
    ts_ns: int
    seq: int
    size: int

    @property
    def name(self) -> str:
        return f"{self.number:012d}-{self.ts_ns}-{self.seq}.jpg"


class SpoolQueue:
    """A `Queue` on disk. `put` never blocks: a thread of its own writes to the disk.

    It is bounded by bytes and by the disk, of which a part stays free for the state: the oldest frames are dropped to
    make room, and if there are none, the new one.

    Attributes:
        problem: the problem with the disk in words; None if there is none.
    """

    def __init__(self, folder: Path, max_bytes: int, *, reserve: int = RESERVE) -> None:
        """`reserve` is how many bytes of the disk stay free; see `mqttcam.files.shortage`."""
        self.counts = FrameCounts()
        self.problem: str | None = None
        self._folder = folder
        self._max_bytes = max_bytes
        self._reserve = reserve
        self._incoming: deque[QueuedMessage] = deque()
        self._arrived = threading.Condition()
        self._closed = self._released = False
        self._kept: dict[int, _Kept] = {}
        self._taken: set[int] = set()
        self._bytes = 0
        self._last = 0
        # Guards the index of the files; never held during disk access.
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"spool-{folder.name}", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return len(self._kept) - len(self._taken) + len(self._incoming)

    @property
    def age(self) -> float:
        """Seconds since the oldest frame was captured; 0 if there is none."""
        with self._changed:
            oldest = next(iter(self._kept.values()), None)
        return 0.0 if oldest is None else max(time.time() - oldest.ts_ns / 1e9, 0.0)

    def put(self, frame: QueuedMessage) -> None:
        """Add the newest frame; never block."""
        with self._arrived:
            if len(self._incoming) >= _INCOMING:
                self._incoming.popleft()
                self.counts.add_dropped("disk")
            self._incoming.append(frame)
            self._arrived.notify()

    def take(self, timeout: float) -> QueuedMessage | None:
        """Return the oldest frame that was not taken yet; it stays on disk until `done`."""
        with self._changed:
            self._changed.wait_for(lambda: self._released or self._oldest() is not None, timeout)
            kept = self._oldest()
            if kept is None:
                return None
            self._taken.add(kept.number)
        try:
            jpeg = read_regular(self._folder / kept.name, _LARGEST)
        except OSError as error:
            self._log_problem(error)
            self.counts.add_dropped("disk")
            self._remove(kept)
            return None
        return QueuedMessage(jpeg, kept.seq, kept.ts_ns, row=kept.number)

    def give_back(self, frames: Iterable[QueuedMessage]) -> None:
        """Let `take` return these frames again."""
        with self._changed:
            self._taken -= {frame.row for frame in frames}

    def done(self, frame: QueuedMessage) -> None:
        """Delete a frame that Kafka has acknowledged, or that is not to be sent."""
        if (kept := self._kept.get(frame.row or 0)) is not None:
            self._remove(kept)

    def clear(self, reason: str) -> None:
        """Do nothing: frames on disk are sent later."""

    def release(self) -> None:
        """Let `take` no longer wait."""
        with self._changed:
            self._released = True
            self._changed.notify_all()

    def close(self) -> None:
        """Write the frames that wait for the disk, and end, within half a second."""
        with self._arrived:
            self._closed = True
            self._arrived.notify()
        self._thread.join(_CLOSE_TIMEOUT)

    def _oldest(self) -> _Kept | None:
        return next((kept for number, kept in self._kept.items() if number not in self._taken), None)

    def _remove(self, kept: _Kept) -> None:
        with self._changed:
            del self._kept[kept.number]
            self._taken.discard(kept.number)
            self._bytes -= kept.size
        try:
            (self._folder / kept.name).unlink(missing_ok=True)
        except OSError as error:
            self._log_problem(error)

    # the spool's own thread

    def _run(self) -> None:
        try:
            self._find()
        except OSError as error:
            self._log_problem(error)
        while True:
            with self._arrived:
                self._arrived.wait_for(lambda: self._incoming or self._closed)
                if not self._incoming:
                    return
                frame = self._incoming[0]
            try:
                self._keep(frame)
            except Exception:
                log.exception("%s: frame %d is lost", self._folder, frame.seq)
                self.counts.add_dropped("disk")
            with self._arrived:
                if self._incoming and self._incoming[0] is frame:
                    self._incoming.popleft()
            with self._changed:
                self._changed.notify_all()

    def _find(self) -> None:
        """Find the files of earlier runs."""
        make_private_folder(self._folder)
        found = 0
        for path in sorted(self._folder.iterdir()):
            if (match := _NAME.fullmatch(path.name)) and path.is_file():
                number, ts_ns, seq = map(int, match.groups())
                self.counts.add_taken()  # before the next line: it may be sent at once
                found += 1
                self._add(_Kept(number, ts_ns, seq, path.stat().st_size))
        if found:
            log.info("%s: found %d frames of an earlier run", self._folder, found)
        with self._changed:
            self._changed.notify_all()

    def _add(self, kept: _Kept) -> None:
        with self._changed:
            self._kept[kept.number] = kept
            self._bytes += kept.size
            self._last = max(self._last, kept.number)

    def _keep(self, frame: QueuedMessage) -> None:
        kept = _Kept(self._last + 1, frame.ts_ns, frame.seq, len(frame.payload))
        while self._bytes + kept.size > self._max_bytes and self._drop_oldest("overflow"):
            pass
        try:
            full = not self._make_room(kept.size)
            self._write(kept.name, frame.payload)
            full = full or shortage(self._folder, _ROOMY * kept.size, self._reserve) > 0
        except OSError as error:
            self._log_problem(error)
            self.counts.add_dropped("disk")
            return
        self._add(kept)
        if not full:
            self.problem = None

    def _make_room(self, size: int) -> bool:
        """Drop the oldest frames if the disk is too full for a new one, and return whether it was not.

        Raises:
            OSError: dropping them does not free enough space, because other files fill the disk.
        """
        make_private_folder(self._folder)
        if not (lacking := shortage(self._folder, size, self._reserve)):
            return True
        bytes_before = self._bytes
        # By their sizes, not until there is room: some file systems free the space of deleted files later.
        while bytes_before - self._bytes < lacking and self._drop_oldest("disk"):
            pass
        full = OSError(errno.ENOSPC, "the disk is full, except for the space that is reserved for the state")
        if shortage(self._folder, size, self._reserve):
            raise full
        self._log_problem(full)
        return False

    def _drop_oldest(self, reason: str) -> bool:
        """Drop the oldest frame that is not in flight; return whether there was one."""
        with self._changed:
            oldest = self._oldest()
        if oldest is None:
            return False
        self._remove(oldest)
        self.counts.add_dropped(reason)
        return True

    def _write(self, name: str, jpeg: bytes) -> None:
        """Write a file, synced to the disk, or none.

        Raises:
            OSError: the file was not written.
        """
        unfinished = self._folder / _UNFINISHED
        write_new(unfinished, jpeg)
        unfinished.replace(self._folder / name)
        sync_folder(self._folder)

    def _log_problem(self, error: OSError) -> None:
        if self.problem is None:
            log.error("%s: %s", self._folder, error.strerror or error)
        self.problem = f"spool: {error.strerror or error}"
