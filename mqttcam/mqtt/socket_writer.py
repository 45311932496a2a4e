"""Writes what waits for the socket: packets of paho and of pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mqttcam.mqtt.client import Client
from mqttcam.mqtt.shared_socket import SharedSocket


class SocketWriter:
    """Writes to a shared socket, and watches it while it is full."""

    def __init__(self, shared: SharedSocket, client: Client, on_writable: Callable[[], None]) -> None:
        """`on_writable` is called on the event loop when the socket has room again."""
        self._loop = asyncio.get_running_loop()
        self._shared = shared
        self._client = client
        self._on_writable = on_writable
        self._watching = False

    def write(self) -> None:
        """Write what is queued: paho's packets first, but never into the middle of a picture.

        Raises:
            OSError: the connection is lost.
        """
        shared, client = self._shared, self._client
        while not shared.closed:
            if not shared.mid_packet and client.want_write():
                client.loop_write()
                if client.want_write():
                    return
            if shared.closed or not shared.pending or not shared.flush():
                return

    def watch(self, wanted: bool) -> None:
        """Call `on_writable` from now on, or no longer."""
        if wanted is not self._watching:
            self._watching = wanted
            if wanted:
                self._loop.add_writer(self._shared.fileno(), self._on_writable)
            else:
                self._loop.remove_writer(self._shared.fileno())
