"""The socket under paho, with a lane of its own for pictures.

paho logs in, subscribes, publishes, pings and says good-bye through it. Pictures pass paho by: their packets
are written from the JPEG's own memory, and their PUBACKs are picked out of what arrives. That saves half of
the CPU that publishing a picture costs, and each copy of it.
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
"""Takes a packet identifier and a reason code; False where the packet is not of the pictures' lane."""


class SharedSocket:
    """A non-blocking socket as paho wants it, plus the pictures' lane.

    No packet is cut by another: while one of the pictures' lane is under way, paho is told that the socket is
    full; and the owner starts none of the lane while paho has something to write.

    Attributes:
        problem: what broke the connection, where it was not closed in an orderly way.
        ended: the broker has closed its side.
    """

    def __init__(
        self, sock: socket.socket, on_puback: OnPuback, on_close: Callable[[], None], largest: int
    ) -> None:
        self._sock = sock
        self._tls = isinstance(sock, ssl.SSLSocket)
        self._on_puback = on_puback
        self._on_close = on_close
        self._largest = largest
        self._inbox = b""
        self._inbox_at = 0
        self._head = b""
        self._passing = 0
        self._outbox: deque[list[memoryview]] = deque()
        self.mid_packet = False
        self.problem: OSError | None = None
        self.ended = False
        self.closed = False

    # paho's side

    def fileno(self) -> int:
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        self._sock.setblocking(flag)

    def recv(self, size: int) -> bytes:
        """What has arrived, at most `size` bytes; paho asks for the rest of a packet at once.

        Raises:
            BlockingIOError: nothing is there.
            OSError: the connection is broken, or a packet is larger than this side takes.
        """
        if size > self._largest:
            self.problem = ConnectionAbortedError(
                f"a message of {size} bytes came; the most is {self._largest}"
            )
            raise self.problem
        at = self._inbox_at
        data = self._inbox[at : at + size]
        self._inbox_at = at + len(data)
        if data or self.ended:
            return data
        if self.problem is not None:
            raise self.problem
        raise BlockingIOError

    def send(self, data: bytes | bytearray) -> int:
        """As much of a packet of paho's as the socket takes.

        Raises:
            BlockingIOError: it takes nothing now.
            OSError: the connection is broken.
        """
        if self.mid_packet:
            raise BlockingIOError
        count = self._send_all(memoryview(data))
        if not count:
            raise BlockingIOError
        return count

    def close(self) -> None:
        """Close the socket; what was written is still delivered."""
        if not self.closed:
            self.closed = True
            self._on_close()
            self._sock.close()
            self._outbox.clear()

    def abort(self) -> None:
        """Close the socket at once: what waits in it is thrown away, and the broker publishes the will."""
        if not self.closed:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.close()

    # what arrives

    @property
    def readable(self) -> bool:
        """Whether paho has something to read."""
        return not self.closed and (
            self._inbox_at < len(self._inbox) or self.ended or self.problem is not None
        )

    def receive(self) -> bool:
        """Read once; PUBACKs of the lane are given out, the rest waits for paho. True: there may be more."""
        try:
            data = self._sock.recv(_RECEIVE)
        except _WOULD_BLOCK:
            return False
        except OSError as error:
            self.problem = error
            return False
        if not data:
            self.ended = True
            return False
        if not self._head and not self._passing and len(data) == 4 and data[0] == PUBACK and data[1] == 2:
            if not self._on_puback(data[2] << 8 | data[3], 0):
                self._keep(data)
        else:
            self._sort(self._head + data)
        return self._tls and not self.closed

    def _keep(self, data: bytes) -> None:
        self._inbox = self._inbox[self._inbox_at :] + data
        self._inbox_at = 0

    def _sort(self, data: bytes) -> None:
        """Tell packets apart: our PUBACKs from all that paho reads."""
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
        start = 1 + next(index for index in range(1, 5) if packet[index] < 128)
        body = packet[start:]
        if len(body) < 2:
            return False
        return self._on_puback(body[0] << 8 | body[1], body[2] if len(body) > 2 else 0)

    # the pictures' lane

    @property
    def pending(self) -> bool:
        """Whether packets of the lane wait for the socket."""
        return bool(self._outbox)

    def write(self, parts: Sequence[bytes], size: int) -> None:
        """Write packets, `size` bytes in all; what the socket does not take waits for `flush`.

        Raises:
            OSError: the connection is broken.
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
        """Keep packets for `flush`, as paho is in the middle of one."""
        self._outbox.append([memoryview(part) for part in parts])

    def flush(self) -> bool:
        """Write what is left of the first packets that wait; False while the socket is full.

        Raises:
            OSError: the connection is broken.
        """
        # Also while nothing has left: TLS may have begun a record, which only the same bytes can follow.
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
        """Bytes that the broker's machine has not got: those of the lane, and those in the kernel."""
        waiting = sum(len(view) for views in self._outbox for view in views)
        queued = fcntl.ioctl(self._sock.fileno(), termios.TIOCOUTQ, b"\0\0\0\0")
        return waiting + int.from_bytes(queued, "little")

    def _send_all(self, view: memoryview) -> int:
        """As much as the socket takes: a TLS socket takes one record of 16 kB a time, and more after it."""
        count = 0
        try:
            while count < len(view):
                count += self._sock.send(view[count:] if count else view)
        except _WOULD_BLOCK:
            pass  # the rest goes when there is room again
        except OSError as error:
            self.problem = self._last_words() or error
            raise
        return count

    def _last_words(self) -> OSError | None:
        """Why a TLS broker has closed the connection, where it said so before our write failed."""
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
    """Bytes of the packet that starts at `at`, header included; None while its length has not arrived."""
    size, shift = 0, 0
    for index in range(at + 1, min(at + 5, len(data))):
        size |= (data[index] & 127) << shift
        shift += 7
        if data[index] < 128:
            return size + index + 1 - at
    # Four bytes that all say "more follow" are no length: paho sees them and ends the connection.
    return len(data) - at if len(data) - at >= 5 else None


def _rest(views: list[memoryview], sent: int) -> list[memoryview]:
    """What is left of `views` after `sent` bytes."""
    while views and sent >= len(views[0]):
        sent -= len(views.pop(0))
    if sent:
        views[0] = views[0][sent:]
    return views
