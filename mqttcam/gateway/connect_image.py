"""One image after each connect, so that subscribers need not wait for the next one that is due."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.gateway.image_stream import CONNECT, ImageStream
from mqttcam.mqtt.connection import Connection

log = logging.getLogger(__name__)

TakePicture = Callable[[PictureSpec, float, int | None], Awaitable[Picture]]
"""Takes a picture with a timeout in seconds and a limit in bytes; see `Camera.take`."""

_TIMEOUT = 10.0
"""Seconds that the camera has to take the picture."""


class ConnectImage:
    """The image with the trigger `connect`: the next one of the stream if that is due soon, else one taken for it."""

    def __init__(self, connection: Connection, stream: ImageStream, take: TakePicture) -> None:
        self._connection = connection
        self._stream = stream
        self._take = take
        self._requested = False
        self._task: asyncio.Task[None] | None = None
        connection.on_connected(self._connected)
        connection.on_disconnected(self._cancel)

    def request(self) -> None:
        """Publish one image soon, whatever the image rate; after the next connect if there is no connection now."""
        if self._stream.due_soon:
            self._stream.trigger_next(CONNECT)
            return
        self._requested = True
        if self._connection.connected and self._task is None:
            self._task = asyncio.create_task(self._publish(), name=f"connect image: {self._stream.name}")

    def close(self) -> None:
        """Cancel a request."""
        self._cancel()
        self._connection.remove_hooks(self._connected, self._cancel)

    def _connected(self) -> None:
        if self._requested:
            self.request()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _publish(self) -> None:
        try:
            picture = await self._take(self._stream.spec, _TIMEOUT, self._stream.max_bytes)
        except Exception as error:  # noqa: BLE001 - the camera's status reports its failures
            log.debug("%s: no image on connect: %s", self._stream.name, error)
        else:
            self._stream.publish(picture, CONNECT)
        self._requested = False
        self._task = None
