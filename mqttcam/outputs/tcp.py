"""Pictures over a plain TCP connection to a listener: 4 bytes of length (big-endian), then the JPEG.

The newest picture wins: one that could not be sent yet is replaced.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct

from mqttcam.outputs.bridge import Bridge, BridgedOutput
from mqttcam.outputs.output import CameraFeed
from mqttcam.outputs.queue import FrameQueue, QueuedMessage
from mqttcam.outputs.writer import DeliveryReport, ReportProblem, WriterFailed
from mqttcam.settings import CameraSettings
from mqttcam.sockets import keep_unsent_small

LARGEST = 2**32 - 1
"""Bytes; the largest length that 4 bytes can hold."""
_CONNECT_TIMEOUT = 5.0
_SEND_TIMEOUT = 10.0
_HELD = 1 << 40


class TcpWriter:
    """One connection."""

    pending = 0

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._done: list[DeliveryReport] = []

    @property
    def room(self) -> int:
        return 1

    def open(self, report_problem: ReportProblem) -> None:
        try:
            self._socket = socket.create_connection(self._address, _CONNECT_TIMEOUT)
        except OSError as error:
            raise WriterFailed(f"no connection to {self}: {error.strerror or error}") from error
        self._socket.settimeout(_SEND_TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        keep_unsent_small(self._socket)

    def limit(self) -> int:
        return LARGEST

    def send(self, frame: QueuedMessage) -> None:
        try:
            assert self._socket is not None
            if self._is_closed(self._socket):
                raise OSError("the listener has closed the connection")
            self._socket.sendall(struct.pack(">I", len(frame.payload)) + frame.payload)
        except OSError as error:
            self._done.append(DeliveryReport(frame, WriterFailed(f"{self}: {error.strerror or error}")))
        else:
            self._done.append(DeliveryReport(frame))

    def delivery_reports(self, timeout: float) -> list[DeliveryReport]:
        done, self._done = self._done, []
        return done

    def abort(self) -> None:
        if (connection := self._socket) is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> list[QueuedMessage]:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        return []

    def __str__(self) -> str:
        return f"{self._address[0]}:{self._address[1]}"

    @staticmethod
    def _is_closed(connection: socket.socket) -> bool:
        """Whether the listener has closed the connection: the next picture would be lost without an error."""
        while select.select([connection], [], [], 0)[0]:
            if not connection.recv(4096):
                return True
        return False


class TcpOutput(BridgedOutput):
    """Sends the frames of each camera to its listener."""

    name = "tcp"
    title = "TCP"

    def serves(self, settings: CameraSettings) -> bool:
        """Whether `tcp` is configured for the camera."""
        return settings.tcp is not None

    def make(self, feed: CameraFeed) -> Bridge:
        settings = feed.settings.tcp
        assert settings is not None, "only cameras that it serves are attached"
        queue = FrameQueue(1, _HELD, None)
        return Bridge(self.name, feed, settings, queue, lambda: TcpWriter(settings.host, settings.port))
