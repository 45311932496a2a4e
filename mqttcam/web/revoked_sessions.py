"""Sessions that were logged out before they expired. Their cookies still carry a valid signature."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from mqttcam.durable_file import DurableFile
from mqttcam.files import read_regular

log = logging.getLogger(__name__)

SESSION_SECONDS = 30 * 24 * 3600
"""Lifetime of a session without a logout."""
_FILE = "web.ended.json"


class RevokedSessions:
    """The ids of revoked sessions, each kept until the session would have expired.

    Above `limit`, the entry that expires first is replaced by a rule that revokes every session that expires no later.

    Args:
        state_dir: where they are kept across restarts; None keeps them in memory only.
        limit: maximum number of ids.
        clock: Unix seconds.
    """

    def __init__(
        self,
        state_dir: Path | None = None,
        *,
        limit: int = 1000,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = None if state_dir is None else state_dir / _FILE
        self._limit = limit
        self._clock = clock
        self._expiries: dict[str, int] = {}
        self._all_until = 0
        self._file = None
        if self._path is not None:
            lost = "a logged-out session would be valid again after a restart"
            self._file = DurableFile([self._path], self._content, lost=lost)
        self._load()

    def __len__(self) -> int:
        return len(self._expiries)

    def contains(self, session_id: str, expires: int) -> bool:
        """Return whether a session is revoked. `expires`: when it expires, Unix seconds."""
        return session_id in self._expiries or expires <= self._all_until

    async def add(self, session_id: str, expires: int) -> None:
        """Revoke a session, and return once that is on disk."""
        now = self._clock()
        self._expiries = {key: value for key, value in self._expiries.items() if value > now}
        self._expiries[session_id] = expires
        while len(self._expiries) > self._limit:
            oldest = min(self._expiries, key=self._expiries.__getitem__)
            self._all_until = max(self._all_until, self._expiries.pop(oldest))
        if self._file is not None:
            self._file.changed()
            await self._file.save()

    @property
    def problem(self) -> str | None:
        """Why they are not on disk, in words; None while they are."""
        return None if self._file is None else self._file.problem

    @property
    def next_try(self) -> float | None:
        """When they are written again, in seconds of the event loop's clock; None if no attempt is pending."""
        return None if self._file is None else self._file.next_try

    def try_again(self) -> None:
        """Write them now if an attempt is pending."""
        if self._file is not None:
            self._file.try_again()

    def _content(self) -> bytes:
        return orjson.dumps({"all_until": self._all_until, "sessions": self._expiries})

    def _load(self) -> None:
        if self._path is None:
            return
        try:
            data = orjson.loads(read_regular(self._path))
            self._expiries = {str(key): int(value) for key, value in data["sessions"].items()}
            self._all_until = int(data["all_until"])
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            # It is unknown which sessions were revoked, so every session that was opened before now is.
            self._all_until = int(self._clock()) + SESSION_SECONDS - 1
            log.warning("web: cannot read %s: %s; all users have to log in again", self._path, error)
