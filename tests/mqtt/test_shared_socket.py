"""The socket that paho and the pictures share: whole packets in both directions, however they are split."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.mqtt.packets import varint
from mqttcam.mqtt.shared_socket import SharedSocket

OURS = 0x8000


class Ends:
    """A shared, and the broker's end of it."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            near = socket.create_connection(server.getsockname())
            self.broker, _ = server.accept()
        near.setblocking(False)
        self.broker.settimeout(5)
        self.acks: list[tuple[int, int]] = []
        self.closed = 0
        self.shared = SharedSocket(near, self._ack, self._close)

    def _ack(self, mid: int, reason: int) -> bool:
        if mid < OURS:
            return False
        self.acks.append((mid, reason))
        return True

    def _close(self) -> None:
        self.closed += 1

    def read_as_paho(self, count: int) -> bytes:
        """Return the first `count` bytes that are for paho."""
        read = b""
        while len(read) < count:
            self.shared.receive()
            try:
                read += self.shared.recv(count - len(read))
            except BlockingIOError:
                continue
        return read


@contextmanager
def _ends() -> Iterator[Ends]:
    ends = Ends()
    try:
        yield ends
    finally:
        ends.broker.close()
        ends.shared.close()


@pytest.fixture
def ends() -> Iterator[Ends]:
    with _ends() as made:
        yield made


def _puback(mid: int, reason: int | None = None) -> bytes:
    body = mid.to_bytes(2, "big") + (b"" if reason is None else bytes((reason, 0)))
    return b"\x40" + varint(len(body)) + body


def _publish(payload: bytes) -> bytes:
    body = b"\0\x01t" + payload
    return b"\x30" + varint(len(body)) + body


@pytest.mark.parametrize(
    "packet", [b"\x40\xff\xff\xff\xff\x04\0\1", b"\x40\0", b"\x40\1\0", b"\x40\x80\x80\x80\x80\x80"]
)
def test_malformed_puback_is_left_to_paho(ends: Ends, packet: bytes) -> None:
    ends.broker.sendall(packet)
    assert ends.read_as_paho(len(packet)) == packet
    assert ends.acks == []


_LONG_TEXT = b"\x1f\0\x7a" + b"x" * 122
"""A Reason String with which the length of a PUBACK takes two bytes."""


@pytest.mark.parametrize(
    ("rest", "reason"),
    [(b"", 0), (b"\x10", 0x10), (b"\x87\0", 0x87), (b"\x97" + varint(125) + _LONG_TEXT, 0x97)],
)
def test_a_puback_by_itself(ends: Ends, rest: bytes, reason: int) -> None:
    """With every length that it can have (MQTT 5, 3.4.2)."""
    body = OURS.to_bytes(2, "big") + rest
    for packet in (b"\x40" + varint(len(body)) + body, b"\x40\3\0\1\0"):
        ends.broker.sendall(packet)
        while not ends.shared.readable and not ends.acks:
            ends.shared.receive()
    assert ends.acks == [(OURS, reason)]
    assert ends.read_as_paho(5) == b"\x40\3\0\1\0"


_PACKETS = st.one_of(
    st.integers(1, 0xFFFF).map(_puback),
    st.tuples(st.integers(1, 0xFFFF), st.integers(0, 255)).map(lambda pair: _puback(*pair)),
    st.binary(max_size=400).map(_publish),
    st.just(b"\xd0\0"),
)


@given(st.lists(_PACKETS, max_size=12), st.data())
def test_pubacks_of_pictures_are_filtered_out_of_any_stream(
    packets: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(packets)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=8)))
    ours = [p for p in packets if p[0] == 0x40 and int.from_bytes(p[2:4], "big") >= OURS]
    for_paho = b"".join(p for p in packets if p not in ours)
    with _ends() as ends:
        read = b""
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            if start < end:
                ends.broker.sendall(stream[start:end])
                ends.broker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                ends.shared.receive()
            while ends.shared.readable:
                read += ends.shared.recv(100)
        read += ends.read_as_paho(len(for_paho) - len(read))
        assert read == for_paho
        expected = [(int.from_bytes(p[2:4], "big"), p[4] if len(p) > 4 else 0) for p in ours]
        while len(ends.acks) < len(expected):
            ends.shared.receive()
        assert ends.acks == expected


def test_paho_cannot_write_into_a_picture(ends: Ends) -> None:
    shared = ends.shared
    parts = (b"\x30\x00", bytes(8_000_000), b"end")
    size = sum(map(len, parts))
    shared.write(parts, size)
    assert shared.pending
    assert shared.mid_packet
    with pytest.raises(BlockingIOError):
        shared.send(b"\xc0\0")
    waiting = shared.unsent()
    assert 0 < waiting <= size
    got = bytearray()
    while len(got) < size:
        got += ends.broker.recv(1 << 20)
        if shared.pending:
            with pytest.raises(BlockingIOError):
                shared.send(b"\xc0\0")
            shared.flush()
    assert bytes(got) == b"".join(parts)
    assert not shared.mid_packet
    assert shared.send(b"\xc0\0") == 2
    assert ends.broker.recv(10) == b"\xc0\0"


def test_packets_keep_their_order(ends: Ends) -> None:
    big = bytes(6_000_000)
    ends.shared.write((big,), len(big))
    ends.shared.write((b"second", b"part"), 10)
    ends.shared.defer((b"third",))
    got = bytearray()
    while len(got) < len(big) + 15:
        got += ends.broker.recv(1 << 20)
        while ends.shared.pending and ends.shared.flush():
            pass
    assert got[len(big) :] == b"secondpartthird"


def test_end_of_the_stream_reaches_paho(ends: Ends) -> None:
    ends.broker.sendall(b"\xd0\0")
    ends.broker.close()
    assert ends.read_as_paho(2) == b"\xd0\0"
    while not ends.shared.ended:
        ends.shared.receive()
    assert ends.shared.readable
    assert ends.shared.recv(1) == b""


def test_reset_reaches_paho(ends: Ends) -> None:
    ends.broker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    ends.broker.close()
    while ends.shared.problem is None:
        ends.shared.receive()
    with pytest.raises(ConnectionResetError):
        ends.shared.recv(1)
    with pytest.raises(OSError, match="Broken pipe"):
        ends.shared.write((b"x",), 1)


def test_on_close_is_called_once_and_abort_resets(ends: Ends) -> None:
    ends.shared.abort()
    ends.shared.close()
    assert ends.closed == 1
    with pytest.raises(ConnectionResetError):
        ends.broker.recv(1)
