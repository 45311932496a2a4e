"""The source `tcp`: a sender connects, and sends 4 bytes of length (big-endian) and a JPEG, repeatedly.

This is the protocol of Chris Bensen's `sendvid.py`, whose first message is empty. A new sender replaces the one before
it, even if that connection still looks alive.
"""

from __future__ import annotations

import ipaddress
import logging
import selectors
import socket
import struct
import time

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source, SourceError, SourceInfo
from mqttcam.camera.sources._receiver import PictureReceiver
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.tcp import TcpSource

log = logging.getLogger(__name__)

_CHUNK = 1 << 18
_HEAD = struct.Struct(">I")


class MessageTooLong(Exception):
    """The length of a message is more than any picture has."""


class LengthPrefixedParser:
    """Splits a stream into messages.

    Raises (from `feed`):
        MessageTooLong: a message is larger than `max_bytes`; the stream cannot be used any further.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that `data` completes."""
        buffer = self._buffer
        buffer += data
        found = []
        start = 0
        while len(buffer) - start >= _HEAD.size:
            (length,) = _HEAD.unpack_from(buffer, start)
            if length > self._max_bytes:
                raise MessageTooLong(f"{length} bytes, at most {self._max_bytes}")
            end = start + _HEAD.size + length
            if len(buffer) < end:
                break
            found.append(bytes(buffer[start + _HEAD.size : end]))
            start = end
        del buffer[:start]
        return found


class SenderConnection:
    """The connected sender."""

    def __init__(self, connection: socket.socket, address: str, max_bytes: int) -> None:
        self.connection = connection
        self.address = address
        self.messages = LengthPrefixedParser(max_bytes)


class TcpListener(Source):
    """Listens for a sender. Pictures are passed through unchanged; the newest wins."""

    def __init__(self, settings: CameraSettings, wake: Wakeup) -> None:
        source: object = settings.source
        assert isinstance(source, TcpSource)
        self._settings = source
        self._selector = selectors.DefaultSelector()
        self._listener: socket.socket | None = None
        self._sender: SenderConnection | None = None
        self._refused: set[str] = set()
        self._receiver = self._new_receiver()

    def open(self) -> SourceInfo:
        host, port = self._settings.host, self._settings.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._listener = socket.create_server((host, port), family=family)
        except OSError as error:
            raise SourceError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._receiver = self._new_receiver()
        return SourceInfo("TCP sender", 0, 0, frame_rate=0)

    def read(self, timeout: float) -> Frame | None:
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            for key, _events in self._selector.select(left):
                if key.fileobj is self._listener:
                    self._accept()
                elif (frame := self._receive()) is not None:
                    return frame
        self._receiver.check()
        return None

    def close(self) -> None:
        self._drop()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._selector.close()

    def _new_receiver(self) -> PictureReceiver:
        return PictureReceiver("the sender", self._settings.silence, self._settings.max_pixels)

    def _accept(self) -> None:
        assert self._listener is not None
        try:
            connection, address = self._listener.accept()
        except OSError as error:
            log.debug("a sender did not connect after all: %s", error)
            return
        host = str(address[0])
        if not self._is_allowed(host):
            connection.close()
            if host not in self._refused:
                self._refused.add(host)
                log.warning("a sender at %s is not allowed to connect; see allow", host)
            return
        self._drop()
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._sender = SenderConnection(connection, host, self._settings.max_bytes)
        self._selector.register(connection, selectors.EVENT_READ)
        log.info("sender %s: connected", host)

    def _is_allowed(self, host: str) -> bool:
        address = ipaddress.ip_address(host.partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        allow = self._settings.allow
        return not allow or any(address in network for network in allow)

    def _receive(self) -> Frame | None:
        """Return the newest whole picture that was received."""
        sender = self._sender
        if sender is None:
            return None
        newest = None
        try:
            while True:
                data = sender.connection.recv(_CHUNK)
                if not data:
                    self._drop("disconnected")
                    break
                for message in sender.messages.feed(data):
                    newest = message or newest  # the first message may be empty
                if newest is not None or len(data) < _CHUNK:
                    break
        except BlockingIOError:
            pass  # everything received so far was read
        except MessageTooLong as error:
            self._drop(f"disconnected, it does not send pictures: {error}")
        except OSError as error:
            self._drop(f"disconnected: {error.strerror or error}")
        return None if newest is None else self._receiver.frame(newest)

    def _drop(self, why: str | None = None) -> None:
        sender, self._sender = self._sender, None
        if sender is not None:
            self._selector.unregister(sender.connection)
            sender.connection.close()
            log.info("sender %s: %s", sender.address, why or "replaced or closed")
