"""What a sender sends to a camera with the source `tcp`."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources._length_prefixed import LengthPrefixedParser, MessageTooLong
from mqttcam.camera.sources.tcp import TcpListener
from mqttcam.settings.sources.tcp import TcpSource
from tests.camera.sources.remote_rig import next_frame, opened
from tests.fuzz.bounds import bounded
from tests.fuzz.mutations import mutated
from tests.fuzz.profile import fuzz
from tests.support.pictures import jpeg
from tests.support.waiting import HOST, free_port

_PICTURE = jpeg(32, 24)
_MAX = 20_000


def framed(*messages: bytes) -> bytes:
    return b"".join(len(message).to_bytes(4, "big") + message for message in messages)


_EXAMPLES = [framed(b"", _PICTURE, _PICTURE), framed(b"x" * 100), bytes(4000)]
STREAMS = mutated(_EXAMPLES, [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\x4e\x20", framed(_PICTURE)])


@fuzz
@given(STREAMS, st.integers(1, 500))
def test_any_stream_is_messages_or_refused(data: bytes, size: int) -> None:
    parser = LengthPrefixedParser(_MAX)
    found: list[bytes] = []
    with bounded():
        try:
            for at in range(0, len(data), size):
                found += parser.feed(data[at : at + size])
        except MessageTooLong:
            pass
    assert data.startswith(framed(*found))


@pytest.fixture(scope="module")
def listening() -> Iterator[tuple[TcpListener, int]]:
    port = free_port()
    source = TcpSource.model_validate({"type": "tcp", "host": HOST, "port": port, "max_bytes": 100_000})
    with opened(TcpListener, source) as listener:
        assert isinstance(listener, TcpListener)
        yield listener, port


@fuzz
@given(STREAMS)
def test_no_sender_keeps_the_next_one_out(listening: tuple[TcpListener, int], data: bytes) -> None:
    listener, port = listening
    with socket.create_connection((HOST, port)) as sender:
        sender.sendall(data)
        with bounded():
            try:
                listener.read(0.01)
            except SourceError:
                pytest.fail("one sender must not end the source")
    with socket.create_connection((HOST, port)) as sender:
        sender.sendall(framed(_PICTURE))
        assert next_frame(listener).jpeg == _PICTURE
