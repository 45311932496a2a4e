"""An RTSP peer that keeps a client waiting, at any point of the conversation."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Literal, Self

Behaviour = Literal["no answer", "slow answer", "no media", "sound only"]

_SDP = """v=0\r
o=- 0 0 IN IP4 127.0.0.1\r
s=test\r
t=0 0\r
m=video 0 RTP/AVP 26\r
a=control:track0\r
m=audio 0 RTP/AVP 0\r
a=control:track1\r
"""
_SOUND = bytes(160)


class RtspPeer:
    """Listens inside `with`.

    Attributes:
        port: the port it listens on.
        accepted: number of connections so far.
    """

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.accepted = 0
        self._open: set[socket.socket] = set()
        self._ending = threading.Event()

    @property
    def open(self) -> int:
        """Number of connections that the client has not ended."""
        return len(self._open)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._ending.set()
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = self._listener.accept()[0]
                self._open.add(connection)
                self.accepted += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            received = b""
            while data := connection.recv(4096):
                if self._behaviour == "no answer":
                    continue
                received += data
                while b"\r\n\r\n" in received:
                    request, _, received = received.partition(b"\r\n\r\n")
                    self._answer(connection, request.decode())
        self._open.discard(connection)

    def _answer(self, connection: socket.socket, request: str) -> None:
        line, *headers = request.split("\r\n")
        fields = {
            name.lower(): value.strip() for name, _, value in (header.partition(":") for header in headers)
        }
        answer, body = f"RTSP/1.0 200 OK\r\nCSeq: {fields['cseq']}\r\nSession: 1\r\n", ""
        if line.startswith("DESCRIBE"):
            body = _SDP
            answer += f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
        elif line.startswith("SETUP"):
            answer += f"Transport: {fields['transport']}\r\n"
        data = f"{answer}\r\n{body}".encode()
        if self._behaviour == "slow answer":
            for index in range(len(data)):
                connection.sendall(data[index : index + 1])
                self._ending.wait(0.05)
        connection.sendall(data)
        if line.startswith("PLAY") and self._behaviour == "sound only":
            threading.Thread(target=self._send_sound, args=(connection,), daemon=True).start()

    def _send_sound(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            for number in range(1 << 16):
                packet = struct.pack(">BBHII", 0x80, 0, number, number * len(_SOUND), 1) + _SOUND
                connection.sendall(struct.pack(">BBH", ord("$"), 2, len(packet)) + packet)
                if self._ending.wait(0.02):
                    return
