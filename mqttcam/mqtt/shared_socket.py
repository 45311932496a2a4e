"""The socket that paho and the pictures share.

paho connects, subscribes, publishes small messages and pings through it. Pictures bypass paho: their packets are
written from the JPEG's own memory, and their PUBACKs are filtered out of what arrives. That saves half of the CPU time
of publishing a picture, and every copy of it.
"""

from __future__ import annotations

import fcntl
import socket
import ssl
import struct
import termios
from collections import deque
from collections.abc import Callable, Sequence

from mqttcam.mqtt.packets import PUBACK

_RECEIVE = 65536
_WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_LARGEST_PUBACK = 65536
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

OnPuback = Callable[[int, int], bool]
"""Takes the packet identifier and reason code of a PUBACK; returns False if it is not a picture's."""


class SharedSocket:
    """A non-blocking socket with the methods that paho calls, and `write` for the packets of pictures.

    No packet is written into the middle of another: while a picture is being written, the socket is full for paho, and
    the owner starts no picture while paho has something to write.

    Attributes:
        mid_packet: whether a picture's packet is partly written.
        problem: the exception that ended the connection; None if it was closed in an orderly way.
        ended: whether the broker has closed its side.
        first_received: the first bytes from the broker.
        closed: whether this side is closed.
    """

    def __init__(self, sock: socket.socket, on_puback: OnPuback, on_close: Callable[[], None]) -> None:
        """Take over `sock`; `on_close` is called once, before it is closed."""
        self._sock = sock
        self._tls = isinstance(sock, ssl.SSLSocket)
        self._on_puback = on_puback
        self._on_close = on_close
        self.first_received = b""
        self._inbox = b""
        self._inbox_at = 0
        self._head = b""
        self._passing = 0
        self._outbox: deque[list[memoryview]] = deque()
        self.mid_packet = False
        self.problem: OSError | None = None
        self.ended = False
        self.closed = False

    # for paho

    def fileno(self) -> int:
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        self._sock.setblocking(flag)

    def recv(self, size: int) -> bytes:
        """Return at most `size` bytes of what has arrived for paho, which asks for the rest of a packet at once.

        Raises:
            BlockingIOError: nothing has arrived.
            OSError: the connection is lost.
        """
        at = self._inbox_at
        data = self._inbox[at : at + size]
        self._inbox_at = at + len(data)
        if data or self.ended:
            return data
        if self.problem is not None:
            raise self.problem
        raise BlockingIOError

    def send(self, data: bytes | bytearray) -> int:
        """Send the beginning of `data` and return its length.

        Raises:
            BlockingIOError: the socket is full, a picture is being written, or the connection is lost: paho would close
                it, and what the broker has sent before, such as the reason, could not be read.
        """
        if self.mid_packet or self.problem is not None:
            raise BlockingIOError
        try:
            count = self._send_all(memoryview(data))
        except OSError:
            raise BlockingIOError from None
        if not count:
            raise BlockingIOError
        return count

    def close(self) -> None:
        """Close the socket; the kernel still delivers what is written."""
        if not self.closed:
            self.closed = True
            self._on_close()
            self._sock.close()
            self._outbox.clear()

    def abort(self) -> None:
        """Reset the connection: what is written but not delivered is discarded, and the broker publishes the will."""
        if not self.closed:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.close()

    # receiving

    @property
    def readable(self) -> bool:
        """Whether paho has something to read: bytes, the end of the stream or an error."""
        return not self.closed and (
            self._inbox_at < len(self._inbox) or self.ended or self.problem is not None
        )

    def receive(self) -> bool:
        """Read once: pass on the PUBACKs of pictures, and keep the rest for paho.

        Returns:
            Whether there may be more to read at once.
        """
        try:
            data = self._sock.recv(_RECEIVE)
        except _WOULD_BLOCK:
            return False
        except OSError as error:
            self.problem = self.problem or error
            return False
        if not data:
            self.ended = True
            return False
        if not self.first_received:
            self.first_received = data[:5]
        if data[0] == PUBACK and 4 <= len(data) == data[1] + 2 < 130 and not self._head and not self._passing:
            # This is what arrives most often: one PUBACK by itself.
            if not self._on_puback(data[2] << 8 | data[3], data[4] if len(data) > 4 else 0):
                self._keep(data)
        else:
            self._sort(self._head + data)
        return self._tls and not self.closed

    def _keep(self, data: bytes) -> None:
        self._inbox = self._inbox[self._inbox_at :] + data
        self._inbox_at = 0

    def _sort(self, data: bytes) -> None:
        """Separate the PUBACKs of pictures from what paho reads."""
        at, kept = 0, []
        while at < len(data):
            if self._passing:
                step = min(self._passing, len(data) - at)
                kept.append(data[at : at + step])
                self._passing -= step
                at += step
                continue
            size = _packet_size(data, at)
            if size is None:
                break
            if data[at] == PUBACK and size <= _LARGEST_PUBACK:
                if len(data) - at < size:
                    break
                if self._take_puback(data[at : at + size]):
                    at += size
                    continue
            self._passing = size
        self._head = data[at:]
        self._keep(b"".join(kept))

    def _take_puback(self, packet: bytes) -> bool:
        last_of_length = next((index for index in range(1, min(5, len(packet))) if packet[index] < 128), None)
        body = b"" if last_of_length is None else packet[last_of_length + 1 :]
        if len(body) < 2:
            return False  # malformed: paho sees it and ends the connection
        return self._on_puback(body[0] << 8 | body[1], body[2] if len(body) > 2 else 0)

    # pictures

    @property
    def pending(self) -> bool:
        """Whether packets of pictures wait for the socket."""
        return bool(self._outbox)

    def write(self, parts: Sequence[bytes], size: int) -> None:
        """Write packets, `size` bytes in all; what does not fit into the socket waits for `flush`.

        Raises:
            OSError: the connection is lost.
        """
        count = 0
        if not self._outbox and not self._tls:
            try:
                count = self._sock.sendmsg(parts)
            except BlockingIOError:
                count = 0
            except OSError as error:
                self.problem = error
                raise
            if count == size:
                return
        self.mid_packet = self.mid_packet or count > 0
        self._outbox.append(_rest([memoryview(part) for part in parts], count))

    def defer(self, parts: Sequence[bytes]) -> None:
        """Keep packets for `flush`, because paho is in the middle of one."""
        self._outbox.append([memoryview(part) for part in parts])

    def flush(self) -> bool:
        """Write the rest of the first packets that wait; return False while the socket is full.

        Raises:
            OSError: the connection is lost.
        """
        # Also if nothing was written: TLS may have begun a record, which only the same bytes may continue.
        self.mid_packet = True
        views = self._outbox[0]
        while views:
            count = self._send_all(views[0])
            if count < len(views[0]):
                views[0] = views[0][count:]
                return False
            views.pop(0)
        self._outbox.popleft()
        self.mid_packet = False
        return True

    def unsent(self) -> int:
        """Return the bytes that the broker's host has not acknowledged: of pictures here, and in the kernel."""
        waiting = sum(len(view) for views in self._outbox for view in views)
        queued = fcntl.ioctl(self._sock.fileno(), termios.TIOCOUTQ, b"\0\0\0\0")
        return waiting + int.from_bytes(queued, "little")

    def _send_all(self, view: memoryview) -> int:
        """Send as much as fits and return its length: a TLS socket takes one record of 16 kB per call."""
        count = 0
        try:
            while count < len(view):
                count += self._sock.send(view[count:] if count else view)
        except _WOULD_BLOCK:
            pass  # the rest is sent when the socket is writable again
        except OSError as error:
            self.problem = self._tls_alert() or error
            raise
        return count

    def _tls_alert(self) -> OSError | None:
        """Return the TLS alert with which the broker has closed the connection before our write failed."""
        if not self._tls:
            return None
        try:
            self._sock.recv(_RECEIVE)
        except ssl.SSLError as error:
            return error if "ALERT" in (error.reason or "") else None
        except OSError:
            return None
        return None


def _packet_size(data: bytes, at: int) -> int | None:
    """Return the size of the packet at `at`, header included; None while its length has not arrived."""
    size, shift = 0, 0
    for index in range(at + 1, min(at + 5, len(data))):
        size |= (data[index] & 127) << shift
        shift += 7
        if data[index] < 128:
            return size + index + 1 - at
    # A length of more than four bytes is malformed: paho sees it and ends the connection.
    return len(data) - at if len(data) - at >= 5 else None


def _rest(views: list[memoryview], sent: int) -> list[memoryview]:
    """Return what is left of `views` after `sent` bytes."""
    while views and sent >= len(views[0]):
        sent -= len(views.pop(0))
    if sent:
        views[0] = views[0][sent:]
    return views
