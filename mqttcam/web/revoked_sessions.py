"""Sessions that were logged out: their cookies are signed and not yet old, and no longer count."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import orjson

from mqttcam.devices.store import write_atomically

log = logging.getLogger(__name__)

SESSION_SECONDS = 30 * 24 * 3600
"""How long a session lasts that nobody ends."""
_MOST = 1000
_FILE = "web.ended.json"


class RevokedSessions:
    """Sessions by their signatures, each kept until it would have ended by itself.

    There are only so many: after that, the oldest makes every session end that is not younger.

    Args:
        state_dir: where they are kept over a restart; without it, in memory alone.
    """

    def __init__(self, state_dir: Path | None = None) -> None:
        self._path = None if state_dir is None else state_dir / _FILE
        self._expiries: dict[str, int] = {}
        self._all_until = 0
        self._one_at_a_time = asyncio.Lock()
        self._load()

    def has(self, signature: str, expiry: int) -> bool:
        """Whether a session was ended; `expiry`: when it would have, Unix seconds."""
        return signature in self._expiries or expiry <= self._all_until

    async def add(self, signature: str, expiry: int) -> None:
        """End a session; returns once that is on disk."""
        now = time.time()
        self._expiries = {key: value for key, value in self._expiries.items() if value > now}
        self._expiries[signature] = expiry
        while len(self._expiries) > _MOST:
            oldest = min(self._expiries, key=self._expiries.__getitem__)
            self._all_until = max(self._all_until, self._expiries.pop(oldest))
        if self._path is not None:
            async with self._one_at_a_time:
                data = orjson.dumps({"all_until": self._all_until, "sessions": self._expiries})
                try:
                    await asyncio.to_thread(write_atomically, self._path, data)
                except OSError as error:
                    log.warning("a logout will not survive a restart: %s: %s", self._path, error.strerror)

    def _load(self) -> None:
        if self._path is None:
            return
        try:
            data = orjson.loads(self._path.read_bytes())
            self._expiries = {str(key): int(value) for key, value in data["sessions"].items()}
            self._all_until = int(data["all_until"])
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            # Which were ended is not known any more: all that began before now are.
            self._all_until = int(time.time()) + SESSION_SECONDS - 1
            log.warning("everybody has to log in again: %s cannot be used: %s", self._path, error)
