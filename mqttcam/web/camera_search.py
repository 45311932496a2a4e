"""Which cameras this machine has, asked of drivers that may hang."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from mqttcam.camera.sources import AttachedCamera, attached
from mqttcam.recordings.worker import WorkerThread
from mqttcam.web.errors import RETRY_AFTER, ApiError

WITHIN = 20.0
"""Seconds that the drivers have to answer."""


class CameraSearch:
    """Looks for cameras in its own thread, one search at a time: a driver that hangs holds only this thread."""

    def __init__(
        self, find: Callable[[], Sequence[AttachedCamera]] = attached, within: float = WITHIN
    ) -> None:
        self._thread = WorkerThread("find cameras")
        self._find = find
        self._within = within

    async def cameras(self) -> Sequence[AttachedCamera]:
        """Return the cameras of this machine.

        Raises:
            ApiError: a driver does not answer.
        """
        try:
            async with asyncio.timeout(self._within):
                return await asyncio.wrap_future(self._thread.call(self._find))
        except TimeoutError:
            message = f"a camera driver does not answer (within {self._within:g} s)"
            raise ApiError(503, "unavailable", message, headers={"Retry-After": RETRY_AFTER}) from None

    def stop(self) -> None:
        """End the thread, without waiting for a driver."""
        self._thread.stop(0)
