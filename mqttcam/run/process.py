"""The process around a daemon: its exit code, its restart, and its end where a thread hangs."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable

from mqttcam.camera.capture import THREAD
from mqttcam.run.app import EXIT_FAILED, App, StartError
from mqttcam.run.health_socket import FolderTaken
from mqttcam.settings import Settings

log = logging.getLogger(__name__)


def run_daemon(
    settings: Settings, read_settings: Callable[[], Settings], on_ready: Callable[[App], None] | None = None
) -> int:
    """The daemon from start to end, in a loop of its own; the exit code. A restart replaces the process."""

    async def run() -> tuple[int, bool]:
        app = App(settings, read_settings)
        return await app.run(on_ready), app.restart_wanted

    try:
        code, restart = asyncio.run(run())
    except (StartError, FolderTaken) as error:
        log.error("%s", error)
        return EXIT_FAILED
    if restart:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    if any(thread.name.startswith(THREAD) for thread in threading.enumerate()):
        # A library that such a thread hangs in would wait for it, in turn, when Python ends.
        logging.shutdown()
        os._exit(code)
    return code
