"""The process around a daemon: its exit code, its replacement, and its end while a thread is stuck."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from mqttcam.camera.capture import THREAD
from mqttcam.run.app import App, EndReason
from mqttcam.run.health_socket import FolderTaken
from mqttcam.run.malloc import configure_malloc
from mqttcam.run.services import Services, StartError
from mqttcam.settings import Settings

if TYPE_CHECKING:
    from mqttcam.settings.editing.config_editor import ConfigEditor

log = logging.getLogger(__name__)

_EXIT_STOPPED, _EXIT_FAILED = 0, 1


def run_daemon(
    settings: Settings,
    read_settings: Callable[[], Settings],
    on_ready: Callable[[Services], None] | None = None,
    editor: ConfigEditor | None = None,
) -> int:
    """Run the daemon in an event loop of its own, and return its exit code; a restart replaces the process."""

    configure_malloc()

    async def run() -> EndReason:
        return await App(settings, read_settings, editor).run(on_ready)

    try:
        reason = asyncio.run(run())
    except (StartError, FolderTaken) as error:
        log.error("%s", error)
        return _EXIT_FAILED
    if reason is EndReason.RESTART:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    code = _EXIT_FAILED if reason is EndReason.FAILURE else _EXIT_STOPPED
    if any(thread.name.startswith(THREAD) for thread in threading.enumerate()):
        # A library in which such a thread is stuck may wait for it when the interpreter exits.
        logging.shutdown()
        os._exit(code)
    return code
