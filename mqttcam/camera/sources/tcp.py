"""The source `tcp`: a sender connects, and sends 4 bytes of length (big-endian) and a picture, repeatedly.

This is the protocol of Chris Bensen's `sendvid.py`, whose first message is empty. A new sender replaces the one before
it, even if that connection still looks alive, but only with its first whole picture: anything may connect.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import selectors
import socket
import time

from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source, SourceError, SourceInfo
from mqttcam.camera.sources._length_prefixed import (
    OTHER_BYTE_ORDER,
    LengthPrefixedParser,
    MessageTooLong,
    is_other_byte_order,
)
from mqttcam.camera.sources._receiver import PictureReceiver
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.tcp import TcpSource
from mqttcam.text import host_and_port

log = camera_logger(__name__)

_CHUNK = 1 << 18
_MAX_NEWCOMERS = 4
"""Connections beside the sender's that have not sent a picture yet; the oldest is closed for another one."""
_MAX_REFUSED = 100
"""Addresses outside `allow` that are remembered, and logged."""
_NEWCOMER_TIMEOUT = 30.0
"""Seconds within which a new connection has to send its first picture if there is a sender."""
_MAX_USELESS = 1000
"""Messages in a row without a picture: any stream of small numbers is one of small messages."""
_ACCEPT_PAUSE = 1.0
"""Seconds until the next connection is accepted after one could not be, for want of descriptors or memory: it stays in
the queue, and the listener ready to be read."""


class NoPictures(Exception):
    """A stream is not one of pictures."""


class SenderConnection:
    """A connected sender."""

    def __init__(self, connection: socket.socket, address: str, max_bytes: int) -> None:
        self.connection = connection
        self.address = address
        self.connected = time.monotonic()
        self._useless = 0
        self._messages = LengthPrefixedParser(max_bytes)

    def receive(self) -> list[bytes] | None:
        """Return the messages that what has arrived completes, reading at most `_CHUNK`; `None` at the end.

        Raises:
            MessageTooLong, NoPictures: it sends something else.
            OSError: the connection has failed.
        """
        try:
            data = self.connection.recv(_CHUNK)
        except BlockingIOError:
            return []
        if not data:
            return None
        messages = self._messages.feed(data)
        self._useless += len(messages)
        if self._useless > _MAX_USELESS:
            raise NoPictures(f"it sends messages without pictures, {self._useless} in a row")
        return messages

    def picture_came(self) -> None:
        """Count the messages without a picture from here on."""
        self._useless = 0


class TcpListener(Source):
    """Listens for a sender. Pictures are passed through unchanged; the newest wins."""

    def __init__(self, settings: CameraSettings, wake: Wakeup) -> None:
        source: object = settings.source
        assert isinstance(source, TcpSource)
        self._settings = source
        self._selector = selectors.DefaultSelector()
        self._listener: socket.socket | None = None
        self._sender: SenderConnection | None = None
        self._newcomers: list[SenderConnection] = []
        self._has_received = False
        self._accept_again = 0.0
        self._cannot_accept = False
        self._refused: set[str] = set()
        self._receiver = self._new_receiver()

    def open(self) -> SourceInfo:
        host, port = self._settings.host, self._settings.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._listener = socket.create_server((host, port), family=family)
        except OSError as error:
            raise SourceError(
                f"cannot listen on {host_and_port(host, port)}: {error.strerror or error}"
            ) from error
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._receiver = self._new_receiver()
        log.info("listening on %s for a sender", host_and_port(host, port))
        return SourceInfo("TCP sender", 0, 0, frame_rate=0, waits_for=f"a sender on port {port}")

    @property
    def open_timeout(self) -> float:
        """Without end: the listener stays open until a sender comes."""
        return math.inf

    def read(self, timeout: float) -> Frame | None:
        """Return the newest picture. However much a sender sends, this ends in time.

        Raises:
            SourceError: the sender has sent no picture for too long. Before its first one, the listener waits.
        """
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            self._resume_accepting()
            for key, _events in self._selector.select(left):
                if key.data is None:
                    self._accept()
                elif (frame := self._receive(key.data)) is not None:
                    self._has_received = True
                    return frame
        self._drop_slow_newcomers()
        if self._has_received:
            self._receiver.check()
        return None

    def close(self) -> None:
        for connection in (self._sender, *self._newcomers):
            if connection is not None:
                self._drop(connection, "closed")
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._selector.close()

    def _new_receiver(self) -> PictureReceiver:
        return PictureReceiver(
            f"the sender on port {self._settings.port}", self._settings.silence, self._settings.max_pixels
        )

    def _accept(self) -> None:
        assert self._listener is not None
        try:
            connection, address = self._listener.accept()
        except BlockingIOError:
            return  # it has gone again
        except OSError as error:
            self._pause_accepting(error)
            return
        self._cannot_accept = False
        host = str(address[0])
        if not self._is_allowed(host):
            connection.close()
            if host not in self._refused and len(self._refused) < _MAX_REFUSED:
                self._refused.add(host)
                log.warning("a sender at %s is not allowed to connect; see allow", host)
            return
        if len(self._newcomers) >= _MAX_NEWCOMERS:
            self._drop(self._newcomers[0], "disconnected, too many connections have sent no picture")
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        newcomer = SenderConnection(connection, host, self._settings.max_bytes)
        self._newcomers.append(newcomer)
        self._selector.register(connection, selectors.EVENT_READ, newcomer)
        log.debug("sender %s: connected", host)

    def _pause_accepting(self, error: OSError) -> None:
        assert self._listener is not None
        level = logging.DEBUG if self._cannot_accept else logging.WARNING
        log.log(level, "no sender can connect: %s; trying again each second", error.strerror or error)
        self._cannot_accept = True
        self._selector.unregister(self._listener)
        self._accept_again = time.monotonic() + _ACCEPT_PAUSE

    def _resume_accepting(self) -> None:
        if self._accept_again and time.monotonic() >= self._accept_again and self._listener is not None:
            self._accept_again = 0.0
            self._selector.register(self._listener, selectors.EVENT_READ)

    def _is_allowed(self, host: str) -> bool:
        address = ipaddress.ip_address(host.partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        allow = self._settings.allow
        return not allow or any(address in network for network in allow)

    def _receive(self, sender: SenderConnection) -> Frame | None:
        """Return the newest picture that what has arrived completes; its sender is the one from now on."""
        try:
            messages = sender.receive()
        except (MessageTooLong, NoPictures) as error:
            self._skip(sender, str(error))
            self._drop(sender, f"disconnected, {error}")
            return None
        except OSError as error:
            self._drop(sender, f"disconnected: {error.strerror or error}")
            return None
        if messages is None:
            self._drop(sender, "disconnected")
            return None
        newest = next(filter(None, reversed(messages)), None)  # the first message may be empty
        if newest is None:
            if len(messages) > 1:
                self._skip(sender, "it sends messages without contents")
            return None
        if is_other_byte_order(newest):
            self._skip(sender, OTHER_BYTE_ORDER)
            self._drop(sender, f"disconnected, {OTHER_BYTE_ORDER}")
            return None
        frame = self._receiver.frame(newest, place=f"a message of {sender.address}")
        if frame is not None:
            sender.picture_came()
            if sender is not self._sender:
                self._replace_sender(sender)
        return frame

    def _skip(self, sender: SenderConnection, why: str) -> None:
        """Count what a sender does wrong; logged only as long as no other one sends pictures."""
        self._receiver.skip(f"{sender.address}: {why}", warn=self._sender in (None, sender))

    @property
    def skipped(self) -> int:
        return self._receiver.skipped

    @property
    def waiting_for(self) -> str | None:
        return self._receiver.problem

    def _replace_sender(self, newcomer: SenderConnection) -> None:
        if self._sender is not None:
            self._drop(self._sender, f"replaced by {newcomer.address}")
        self._newcomers.remove(newcomer)
        self._sender = newcomer
        log.info("sender %s: sends pictures", newcomer.address)

    def _drop_slow_newcomers(self) -> None:
        latest = time.monotonic() - _NEWCOMER_TIMEOUT
        for newcomer in [one for one in self._newcomers if self._sender and one.connected < latest]:
            self._drop(newcomer, f"disconnected, it has sent no picture within {_NEWCOMER_TIMEOUT:g} s")

    def _drop(self, sender: SenderConnection, why: str) -> None:
        self._selector.unregister(sender.connection)
        sender.connection.close()
        if sender is self._sender:
            self._sender = None
            log.info("sender %s: %s", sender.address, why)
        else:
            self._newcomers.remove(sender)
            log.debug("sender %s: %s", sender.address, why)
