"""Read the configuration again in a thread, so that no file, however long it takes to read, blocks the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

from mqttcam.settings import Problem, Settings, SettingsError

READ_TIMEOUT = 30.0
"""Seconds that the configuration and its secret files have to be read."""


async def read_in_thread(read: Callable[[], Settings], within: float = READ_TIMEOUT) -> Settings:
    """Return what `read` returns.

    The thread is a daemon thread: one that waits for a dead network drive does not keep the process from ending.

    Raises:
        SettingsError: The configuration is invalid, or could not be read in time.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[Settings] = loop.create_future()

    def settle(settings: Settings | None, error: Exception | None) -> None:
        if result.done():
            return
        if settings is not None:
            result.set_result(settings)
        elif error is not None:
            result.set_exception(error)

    def run() -> None:
        settings, failure = None, None
        try:
            settings = read()
        except Exception as error:  # noqa: BLE001 - it is passed to the caller
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop has been closed meanwhile
            loop.call_soon_threadsafe(settle, settings, failure)

    threading.Thread(target=run, name="read configuration", daemon=True).start()
    try:
        async with asyncio.timeout(within):
            return await result
    except TimeoutError:
        problem = Problem("configuration", None, "", f"cannot be read within {within:g} s")
        raise SettingsError([problem]) from None
