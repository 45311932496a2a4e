"""What the cameras of the soak receive pictures from and send them to, each well or with a fault."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import time
from abc import abstractmethod
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.soak.actor import Actor
from tests.support.pictures import jpeg
from tests.support.waiting import HOST

PICTURES = [jpeg(320, 240, seed=number) for number in range(8)]
FPS = 5.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_HEAD = struct.Struct(">I")
_TIMEOUT = 2.0


class Behaviour(StrEnum):
    """What a peer does: `dead` accepts and sends nothing, `silent` stays connected, `garbage` sends random bytes."""

    WELL = "well"
    DEAD = "dead"
    SILENT = "silent"
    GARBAGE = "garbage"
    RESET = "reset"


def reset(connection: socket.socket) -> None:
    """Close a connection with a reset."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    connection.close()


class Peer(Actor):
    """Behaves as `behaviour` says."""

    def __init__(self) -> None:
        super().__init__()
        self.behaviour = Behaviour.WELL

    def _act(self) -> None:
        try:
            self._serve()
        except OSError:
            self._stop.wait(0.3)

    def _is(self, *behaviours: Behaviour) -> bool:
        return self.behaviour in behaviours

    @abstractmethod
    def _serve(self) -> None:
        """Serve one connection; return or raise OSError to begin again."""

    def _send(self, send: Callable[[bytes], object], frame: Callable[[bytes], bytes]) -> None:
        """Send pictures at the usual rate until the behaviour ends that."""
        number = 0
        while not self._stop.is_set() and not self._is(Behaviour.DEAD, Behaviour.RESET):
            if self._is(Behaviour.GARBAGE):
                send(os.urandom(3000))
            elif self._is(Behaviour.WELL):
                send(frame(PICTURES[number % len(PICTURES)]))
                number += 1
            self._stop.wait(1 / FPS)


class TcpSender(Peer):
    """Sends to a camera with the source `tcp`."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def _serve(self) -> None:
        if self._is(Behaviour.DEAD, Behaviour.RESET):
            self._stop.wait(0.1)
            return
        with socket.create_connection((HOST, self._port), _TIMEOUT) as connection:
            connection.settimeout(_TIMEOUT)
            self._send(connection.sendall, lambda picture: _HEAD.pack(len(picture)) + picture)
            if self._is(Behaviour.RESET):
                reset(connection)


class HttpCamera(Peer):
    """An MJPEG camera; it serves one viewer at a time."""

    _ANSWER = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"

    def __init__(self, port: int) -> None:
        super().__init__()
        self._listener = socket.create_server((HOST, port))
        self._listener.settimeout(0.2)

    def _serve(self) -> None:
        connection, _address = self._listener.accept()
        with connection:
            if self._is(Behaviour.DEAD, Behaviour.RESET):
                reset(connection)
                return
            connection.settimeout(_TIMEOUT)
            connection.recv(4096)
            connection.sendall(self._ANSWER)
            self._send(connection.sendall, self._part)
            if self._is(Behaviour.RESET):
                reset(connection)

    @staticmethod
    def _part(picture: bytes) -> bytes:
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
        return head.encode() + picture + b"\r\n"

    def stop(self, timeout: float = 300) -> None:
        super().stop(timeout)
        self._listener.close()


class TcpListener(Peer):
    """Receives the `tcp` output of a camera.

    Attributes:
        received: whole pictures so far.
    """

    def __init__(self, port: int) -> None:
        super().__init__()
        self.received = 0
        self._port = port

    def _serve(self) -> None:
        if self._is(Behaviour.DEAD):
            self._stop.wait(0.1)
            return
        with socket.create_server((HOST, self._port)) as listener:
            listener.settimeout(0.2)
            while not self._stop.is_set() and not self._is(Behaviour.DEAD):
                with contextlib.suppress(TimeoutError):
                    connection, _address = listener.accept()
                    with connection:
                        self._receive(connection)

    def _receive(self, connection: socket.socket) -> None:
        connection.settimeout(0.2)
        buffer = bytearray()
        while not self._stop.is_set() and not self._is(Behaviour.DEAD):
            if self._is(Behaviour.RESET):
                reset(connection)
                return
            if self._is(Behaviour.SILENT):
                self._stop.wait(0.1)
                continue
            if self._is(Behaviour.GARBAGE):
                connection.sendall(os.urandom(100))
            with contextlib.suppress(TimeoutError):
                data = connection.recv(1 << 16)
                if not data:
                    return
                buffer += data
                self._count(buffer)

    def _count(self, buffer: bytearray) -> None:
        while len(buffer) >= _HEAD.size and len(buffer) >= (end := _HEAD.size + _HEAD.unpack_from(buffer)[0]):
            self.received += 1
            del buffer[:end]


class MqttSender(Peer):
    """Publishes pictures to the topic of a camera with the source `mqtt`."""

    def __init__(self, port: int, topic: str) -> None:
        super().__init__()
        self._topic = topic
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.max_queued_messages_set(10)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect_async(HOST, port)

    def start(self) -> None:
        self._client.loop_start()
        super().start()

    def _serve(self) -> None:
        self._send(lambda data: self._client.publish(self._topic, data), bytes)
        self._stop.wait(0.1)

    def stop(self, timeout: float = 300) -> None:
        super().stop(timeout)
        self._client.disconnect()
        self._client.loop_stop()


Connect = Callable[[], socket.socket]


def over_tcp(port: int) -> Connect:
    """Return a function that connects to a port."""
    return lambda: socket.create_connection((HOST, port), _TIMEOUT)


def over_unix(path: Path) -> Connect:
    """Return a function that connects to a Unix socket."""

    def connect() -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_TIMEOUT)
        connection.connect(str(path))
        return connection

    return connect


def garbage(listeners: list[Connect], seconds: float, random_bytes: Callable[[int], bytes]) -> None:
    """Send random and half messages to listeners for a while, from connections that end in every way."""
    starts = [
        b"",
        b"GET / HTTP/1.1\r\n",
        b"POST /api/cameras/pattern/set HTTP/1.1\r\nContent-Length: 99999\r\n\r\n",
    ]
    starts += [b"\x10\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\x10\0\xff\xd8\xff"]
    end = time.monotonic() + seconds
    kept: list[socket.socket] = []
    number = 0
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            connection = listeners[number % len(listeners)]()
            connection.sendall(
                starts[number // len(listeners) % len(starts)] + random_bytes(number * 37 % 2000)
            )
            if number % 3 == 0:
                reset(connection)
            elif number % 3 == 1:
                connection.close()
            else:
                kept.append(connection)
        number += 1
        time.sleep(0.05)
    for connection in kept:
        connection.close()
