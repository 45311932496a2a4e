"""The Unix socket in the state folder through which `mqttcam healthcheck` queries the running daemon.

The daemon answers from its event loop, so that a hung loop is unhealthy too. It also locks the folder: two daemons in
one folder would overwrite each other's values. A folder that is deleted while the daemon runs is created again.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import itertools
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson

from mqttcam.files import make_private, make_private_folder
from mqttcam.run.health_query import SOCKET, socket_path
from mqttcam.text import as_root

log = logging.getLogger(__name__)

_CHECK_INTERVAL = 0.5
"""Seconds between two checks that folder and socket are there."""
_MAX_FILES = 10_000
"""Maximum number of files from earlier runs whose modes are corrected at the start."""
_OURS = ("*.json", "*.broken", "*.key", "spool", "spool/*", "spool/*/*")
"""Names of the daemon's own files; the folder may also contain others."""


class FolderTaken(Exception):
    """Another daemon uses the state folder."""


class HealthSocket:
    """Sends the daemon's problems, as a JSON array of strings, to every client that connects.

    Attributes:
        problem: why there is no health check, in words; `None` if there is one.
    """

    def __init__(
        self,
        state_dir: Path,
        problems: Callable[[], list[str]],
        *,
        on_recreated: Callable[[], Awaitable[None]] | None = None,
        interval: float = _CHECK_INTERVAL,
    ) -> None:
        """Open nothing yet.

        Args:
            on_recreated: called after the folder was deleted and is there again, empty.
            interval: seconds between two checks that folder and socket are there.
        """
        self.problem: str | None = None
        self._folder = state_dir
        self._problems = problems
        self._on_recreated = on_recreated
        self._interval = interval
        self._server: asyncio.Server | None = None
        self._descriptor: int | None = None
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Lock the folder and listen, and keep both up.

        If the folder cannot hold the socket, that is a problem, and is tried again.

        Raises:
            FolderTaken: Another daemon uses the folder.
        """
        try:
            await self._open()
        except OSError as error:
            self._failed(error.strerror or str(error))
        self._watching = asyncio.create_task(self._keep_open(), name="state folder")

    async def stop(self) -> None:
        """Stop listening, and unlock the folder."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        if self._server is not None:
            with contextlib.suppress(OSError):  # the next daemon removes it
                (self._folder / SOCKET).unlink(missing_ok=True)
        self._close()

    async def _open(self) -> None:
        """Raises FolderTaken, or OSError: the folder or the socket cannot be used. It is locked where possible."""
        make_private_folder(self._folder)
        self._descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _lock(self._descriptor, self._folder)
        except FolderTaken:
            self._close()
            raise
        _make_contents_private(self._folder)
        path = socket_path(self._descriptor)
        path.unlink(missing_ok=True)
        # Not started at once: a cancellation during that would leave the socket open.
        self._server = await asyncio.start_unix_server(self._answer, path, start_serving=False)
        await self._server.start_serving()
        make_private(path)

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    async def _keep_open(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            if self._server is not None and self._is_there():
                continue
            recreated = self._server is not None
            self._close()
            try:
                await self._open()
                log.info("%s: the health check is available again", self._folder)
                self.problem = None
                if recreated and self._on_recreated is not None:
                    await self._on_recreated()
            except OSError as error:
                self._failed(error.strerror or str(error))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
                self._failed(str(error))

    def _is_there(self) -> bool:
        """Whether the folder is still the locked one, with the socket in it."""
        assert self._descriptor is not None
        try:
            here = self._folder.stat()
            (self._folder / SOCKET).lstat()
        except OSError:
            return False
        return os.path.samestat(here, os.fstat(self._descriptor))

    def _failed(self, reason: str) -> None:
        problem = f"health check unavailable: {self._folder / SOCKET}: {reason}"
        if problem != self.problem:
            log.warning("%s; trying again (is `state_dir` a folder that this user can write to?)", problem)
        self.problem = problem

    async def _answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(orjson.dumps(self._problems()))
            await writer.drain()
        writer.close()


def _make_contents_private(folder: Path) -> None:
    """Correct the modes of a folder that was made by hand or by an earlier release."""
    make_private(folder)
    files = itertools.chain.from_iterable(folder.glob(pattern) for pattern in _OURS)
    for path in itertools.islice(files, _MAX_FILES):
        make_private(path)


def _lock(descriptor: int, folder: Path) -> None:
    """Lock the folder until the descriptor is closed; the kernel closes it after a crash, too."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FolderTaken(
            f"mqttcam runs already with the state_dir {folder}: stop it first (the service: "
            f"{as_root('systemctl stop mqttcam')}); a second daemon needs a `node` and a `state_dir` of its own"
        ) from None
    except OSError as error:
        log.debug("%s cannot be locked: %s", folder, error)  # NFS locks only files open for writing
