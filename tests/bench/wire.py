"""The minimum of MQTT 5 that a floor needs, on a bare socket: what costs more than this is the daemon's own."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass


def varint(number: int) -> bytes:
    """A length as MQTT packs it."""
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (128 if number else 0))
        if not number:
            return bytes(out)


def text(value: str) -> bytes:
    """A string as MQTT packs it."""
    data = value.encode()
    return struct.pack("!H", len(data)) + data


def connect(port: int, client_id: str) -> socket.socket:
    """A connected MQTT 5 socket to a broker on loopback; no keepalive."""
    sock = socket.create_connection(("127.0.0.1", port), 5)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = text("MQTT") + b"\x05\x02\x00\x00\x00" + text(client_id)
    sock.sendall(b"\x10" + varint(len(body)) + body)
    head = sock.recv(2)
    rest = sock.recv(head[1])
    if head[0] != 0x20 or rest[1]:
        raise ConnectionError(f"refused: {head!r} {rest!r}")
    return sock


class Publisher:
    """Publishes pictures at QoS 0 with `ts` and `seq`, and nothing else."""

    def __init__(self, port: int, topic: str) -> None:
        self._sock = connect(port, "floor")
        self._topic = text(topic)

    def publish(self, payload: bytes, ts_ns: int, seq: int) -> None:
        """One picture."""
        properties = b"\x26" + text("ts") + text(str(ts_ns)) + b"\x26" + text("seq") + text(str(seq))
        head = self._topic + varint(len(properties)) + properties
        head = b"\x30" + varint(len(head) + len(payload)) + head
        sent = self._sock.sendmsg([head, payload])
        if sent < len(head) + len(payload):
            self._sock.sendall((head + payload)[sent:])


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message: its topic, size, its `ts` and `seq`, and when it was received (Unix nanoseconds)."""

    topic: str
    size: int
    ts_ns: int
    seq: int
    at_ns: int


class Subscriber:
    """Sees every message under one filter, cheaply."""

    def __init__(self, port: int, topic_filter: str) -> None:
        self._sock = connect(port, "yardstick")
        self._buffer = bytearray()
        body = b"\x00\x01\x00" + text(topic_filter) + b"\x00"
        self._sock.sendall(b"\x82" + varint(len(body)) + body)

    def arrivals(self, seconds: float) -> Iterator[Arrival]:
        """Yield messages as they are received, for this many seconds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            packet = self._packet(left)
            if packet is None:
                return
            kind, body = packet
            if kind >> 4 == 3:
                yield _arrival(body, time.time_ns())

    def _packet(self, timeout: float) -> tuple[int, bytes] | None:
        end = time.monotonic() + timeout
        while True:
            size, start = _length(self._buffer)
            if size is not None and len(self._buffer) >= start + size:
                kind, body = self._buffer[0], bytes(self._buffer[start : start + size])
                del self._buffer[: start + size]
                return kind, body
            left = end - time.monotonic()
            if left <= 0:
                return None
            self._sock.settimeout(left)
            try:
                data = self._sock.recv(1 << 20)
            except TimeoutError:
                return None
            if not data:
                raise ConnectionError("the broker has closed the connection")
            self._buffer += data


def _length(buffer: bytearray) -> tuple[int | None, int]:
    size = shift = 0
    for index in range(1, min(len(buffer), 5)):
        size |= (buffer[index] & 127) << shift
        shift += 7
        if buffer[index] < 128:
            return size, index + 1
    return None, 0


def _arrival(body: bytes, at_ns: int) -> Arrival:
    length = struct.unpack_from("!H", body)[0]
    topic, at = body[2 : 2 + length].decode(), 2 + length
    size, start = _length(bytearray(b"\x00" + body[at : at + 4]))
    at += start - 1
    end = at + (size or 0)
    user = _user_properties(body[at:end])
    return Arrival(topic, len(body) - end, int(user.get("ts", 0)), int(user.get("seq", 0)), at_ns)


def _user_properties(data: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(data):
        kind, at = data[at], at + 1
        pairs = {0x26: 2, 0x03: 1, 0x08: 1, 0x09: 1}.get(kind)
        if pairs is None:
            return found
        words = []
        for _ in range(pairs):
            length = struct.unpack_from("!H", data, at)[0]
            words.append(data[at + 2 : at + 2 + length])
            at += 2 + length
        if kind == 0x26:
            found[words[0].decode()] = words[1].decode()
    return found
