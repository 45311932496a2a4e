"""Plain TCP: the blog's sender unchanged, our own output, and everything that may arrive instead."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import resource
import socket
import struct
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import Frame, PictureSpec
from mqttcam.camera.hub import Hub
from mqttcam.camera.source import Source, SourceError
from mqttcam.camera.sources._length_prefixed import LengthPrefixedParser, MessageTooLong
from mqttcam.camera.sources.tcp import TcpListener
from mqttcam.camera.status import CameraStatus, CameraUnavailable
from mqttcam.outputs.output import CameraFeed
from mqttcam.outputs.tcp import TcpOutput
from mqttcam.settings.outputs import TcpOutputSettings
from mqttcam.settings.sources.tcp import TcpSource
from tests.camera.sources.remote_rig import failure, next_frame, opened, settings_of
from tests.support.pictures import claiming, jpeg
from tests.support.unsent import unsent_bytes
from tests.support.waiting import HOST, free_port, until, wait_for

PICTURES = [jpeg(64, 48, seed=number) for number in range(4)]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def listener(port: int) -> Iterator[Source]:
    with opened(TcpListener, TcpSource(port=port, silence=30, max_bytes=200_000)) as source:
        yield source


def connect(port: int) -> socket.socket:
    return socket.create_connection((HOST, port), 5)


def message(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def blogs_sender(port: int, pictures: list[bytes]) -> None:
    """What `sendvid.py` does: at each start of a picture, the one before; so the first message is empty."""
    connection = connect(port)
    buffer = bytearray()
    for part in [part for picture in pictures for part in (picture[:1000], picture[1000:])]:
        if part.startswith(b"\xff\xd8"):
            connection.sendall(struct.pack(">I", len(buffer)) + bytes(buffer))
            buffer.clear()
        buffer += part
    connection.close()


def test_the_blogs_sender(listener: Source, port: int) -> None:
    """It connects unchanged, including its empty first message, and again after it has ended."""
    for _ in range(2):
        thread = threading.Thread(target=blogs_sender, args=(port, [*PICTURES[:3], PICTURES[3]]))
        thread.start()
        found = {next_frame(listener).jpeg}
        thread.join()
        end = time.monotonic() + 0.5
        while time.monotonic() < end and PICTURES[2] not in found:
            if (frame := listener.read(0.1)) is not None:
                found.add(frame.jpeg)
        assert PICTURES[2] in found
        assert found <= set(PICTURES[:3])


def test_untouched(listener: Source, port: int) -> None:
    """The JPEG passes through as it is, with its size and the time of its arrival."""
    with connect(port) as connection:
        connection.sendall(message(PICTURES[0]))
        frame = next_frame(listener)
    assert (frame.jpeg, frame.width, frame.height) == (PICTURES[0], 64, 48)
    assert abs(time.time_ns() - frame.ts_ns) < 10**10


def test_newest_wins(listener: Source, port: int) -> None:
    with connect(port) as connection:
        connection.sendall(b"".join(map(message, PICTURES)))
        time.sleep(0.1)
        assert next_frame(listener).jpeg == PICTURES[3]


def test_newest_sender_wins(listener: Source, port: int) -> None:
    """A sender whose old connection was never closed is accepted at once."""
    with connect(port) as old, connect(port) as new:
        old.sendall(message(PICTURES[0]))
        assert next_frame(listener).jpeg == PICTURES[0]
        new.sendall(message(PICTURES[1]))
        assert next_frame(listener).jpeg == PICTURES[1]
        assert old.recv(1) == b""


def test_connection_that_sends_no_picture_replaces_nothing(listener: Source, port: int) -> None:
    """A port scan, or any number of them."""
    with connect(port) as sender:
        sender.sendall(message(PICTURES[0]))
        assert next_frame(listener).jpeg == PICTURES[0]
        scans = [connect(port) for _ in range(10)]
        scans[-1].sendall(message(b"") + message(b"no picture"))
        assert listener.read(0.2) is None
        sender.sendall(message(PICTURES[1]))
        assert next_frame(listener).jpeg == PICTURES[1]
        closed = 0
        for scan in scans:
            scan.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                closed += scan.recv(1) == b""
            scan.close()
        assert closed == 6, "four are kept, in case that they send a picture after all"


@pytest.mark.parametrize("useless", [bytes(4), message(b"x"), message(b"")])
def test_sender_of_useless_messages_is_disconnected(listener: Source, port: int, useless: bytes) -> None:
    with connect(port) as sender:
        sender.sendall(useless * 900)
        assert listener.read(0.2) is None
        sender.sendall(message(PICTURES[0]))
        assert next_frame(listener).jpeg == PICTURES[0]
        sender.sendall(useless * 900)
        assert listener.read(0.2) is None
        sender.sendall(useless * 900)
        assert listener.read(0.2) is None
        with contextlib.suppress(ConnectionError):
            assert sender.recv(1) == b""


def test_empty_messages_without_end_hold_up_nothing(listener: Source, port: int) -> None:
    """A read ends in time, and a sender of pictures gets through."""
    stopping = threading.Event()

    def flood(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while not stopping.is_set():
                connection.sendall(bytes(1 << 20))

    with connect(port) as zeros, connect(port) as sender:
        thread = threading.Thread(target=flood, args=(zeros,))
        thread.start()
        for _ in range(3):
            started = time.monotonic()
            assert listener.read(0.2) is None
            assert time.monotonic() - started < 30
        sender.sendall(message(PICTURES[0]))
        assert next_frame(listener).jpeg == PICTURES[0]
        stopping.set()
        listener.close()
        thread.join()


def test_without_descriptors_it_waits_and_comes_back(
    listener: Source, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A listener with a connection that cannot be accepted stays ready, and would be asked again without end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with connect(port) as sender:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
        try:
            start = time.thread_time()
            for _ in range(6):
                assert listener.read(0.25) is None
            assert time.thread_time() - start < 0.5
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert [r.message.split(":")[0] for r in caplog.records if r.levelname == "WARNING"] == [
            "no sender can connect"
        ]
        sender.sendall(message(PICTURES[0]))
        assert next_frame(listener).jpeg == PICTURES[0]


async def test_camera_without_a_sender_tells_what_it_waits_for(port: int) -> None:
    camera = Camera("gate", settings_of(TcpSource(port=port)))
    camera.start()
    await until(lambda: camera.last_error, "the listener is open")
    assert camera.status is CameraStatus.STARTING
    assert camera.last_error == f"waiting for a sender on port {port}"
    with pytest.raises(CameraUnavailable, match="waiting for a sender"):
        await camera.take_snapshot(PictureSpec(), 0.1)
    with connect(port) as sender:
        sender.sendall(message(PICTURES[0]))
        await until(lambda: camera.status is CameraStatus.RUNNING, "a picture")
    assert camera.last_error is None
    await camera.stop()


def test_listener_waits_for_its_first_sender_without_end(port: int) -> None:
    with opened(TcpListener, TcpSource(port=port, silence=1)) as listener:
        assert listener.open_timeout == math.inf
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            assert listener.read(0.25) is None
        with connect(port) as sender:
            sender.sendall(message(PICTURES[0]))
            assert next_frame(listener).jpeg == PICTURES[0]


@pytest.mark.parametrize(
    "rubbish",
    [
        message(b"no picture"),
        message(PICTURES[0][:-40]),
        message(b"\xff\xd8\xff\xd9"),
        message(b""),
        message(claiming(65500, 65500)),
    ],
    ids=["text", "cut", "nothing in it", "empty", "huge"],
)
def test_no_picture(listener: Source, port: int, rubbish: bytes) -> None:
    """What is not a picture is skipped; the next one is delivered."""
    with connect(port) as connection:
        connection.sendall(rubbish)
        assert listener.read(0.2) is None
        connection.sendall(message(PICTURES[0]))
        assert next_frame(listener).jpeg == PICTURES[0]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "it speaks HTTP or RTSP"),
        (b"HTTP/1.0 200 OK\r\n\r\n", "it speaks HTTP or RTSP"),
        (b"--frame\r\nContent-Type: image/jpeg\r\n\r\n", "it sends a multipart stream"),
        (b"\x16\x03\x01\x02\x00" + bytes(40), "it speaks TLS"),
        (PICTURES[0], "it sends pictures without their lengths"),
        (
            struct.pack("<I", len(PICTURES[0])) + PICTURES[0],
            r"its lengths are in the other byte order \(little-endian\)",
        ),
        (
            struct.pack("<Q", len(PICTURES[0])) + PICTURES[0],
            r"its lengths are in the other byte order \(little-endian\)",
        ),
        (b"1234567\n", "it sends text"),
        (b"\xf0\x00\x00\xff" + bytes(40), "a length of 4026532095 bytes is more than max_bytes, 200000"),
    ],
)
def test_sender_of_something_else_is_named(
    listener: Source, port: int, sent: bytes, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """And thrown out, before its length costs memory."""
    with connect(port) as connection:
        connection.sendall(sent)
        assert listener.read(0.2) is None
        connection.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    assert re.search(
        f"^{HOST}: {words}.*; 4 bytes of length, big-endian, have to precede", str(listener.waiting_for)
    )
    assert re.search(f"WARNING.*the sender on port {port}: {HOST}: {words}.*; skipped, 1 so far", caplog.text)
    with connect(port) as connection:
        connection.sendall(message(PICTURES[0]))
        assert next_frame(listener).jpeg == PICTURES[0]
        assert listener.waiting_for is None


def test_other_byte_order_with_a_length_that_fits(listener: Source, port: int) -> None:
    """A picture of 768 bytes announces 196,608 this way."""
    picture = PICTURES[0][:766] + b"\xff\xd9"
    with connect(port) as connection:
        connection.sendall((struct.pack("<I", 768) + picture) * 300)
        wait_for(lambda: listener.read(0.2) or listener.waiting_for, "it is noticed")
    assert "the other byte order" in str(listener.waiting_for)


def test_empty_messages_are_named(listener: Source, port: int) -> None:
    with connect(port) as connection:
        connection.sendall(bytes(4000))
        assert listener.read(0.2) is None
    assert listener.waiting_for == f"{HOST}: it sends messages without contents"
    assert listener.skipped


def test_what_others_send_beside_a_sender_is_no_warning(
    listener: Source, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(port) as sender, connect(port) as other:
        sender.sendall(message(PICTURES[0]))
        next_frame(listener)
        other.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert listener.read(0.2) is None
    assert listener.skipped == 1
    assert "HTTP" not in "".join(record.message for record in caplog.records if record.levelname == "WARNING")


def test_only_whom_we_allow(port: int) -> None:
    source = TcpSource.model_validate({"port": port, "allow": ["192.0.2.0/24"]})
    with opened(TcpListener, source) as listener, connect(port) as connection:
        assert listener.read(0.2) is None
        connection.settimeout(5)
        assert connection.recv(1) == b""


def test_silence(port: int) -> None:
    """A silent sender is reported as a failure."""
    with opened(TcpListener, TcpSource(port=port, silence=1)) as listener, connect(port) as connection:
        connection.sendall(message(PICTURES[0]))
        next_frame(listener)
        assert failure(listener) == f"no picture from the sender on port {port} for 1 s"


def test_port_in_use(listener: Source, port: int) -> None:
    with pytest.raises(SourceError, match="cannot listen"), opened(TcpListener, TcpSource(port=port)):
        pass


@given(st.lists(st.binary(max_size=50), max_size=8), st.lists(st.integers(1, 20), min_size=1, max_size=30))
def test_any_cuts(payloads: list[bytes], cuts: list[int]) -> None:
    """However the stream is cut into pieces, the same messages come out."""
    stream = b"".join(map(message, payloads))
    parser = LengthPrefixedParser(1000)
    found: list[bytes] = []
    position = turn = 0
    while position < len(stream):
        size = cuts[turn % len(cuts)]
        found += parser.feed(stream[position : position + size])
        position, turn = position + size, turn + 1
    assert found == payloads


def test_too_long() -> None:
    with pytest.raises(MessageTooLong):
        LengthPrefixedParser(1000).feed(struct.pack(">I", 1001))


class TestOutput:
    """Our own output as the sender."""

    def feed(self, port: int, camera_id: str = "cam") -> CameraFeed:
        settings: Any = SimpleNamespace(tcp=TcpOutputSettings(host=HOST, port=port))
        return CameraFeed(camera_id, settings, Hub(), PictureSpec, lambda: None)

    def shoot(self, feed: CameraFeed, number: int) -> None:
        feed.hub.publish(Frame(time.time_ns(), 64, 48, jpeg=PICTURES[number % 4]))

    async def test_to_our_own_source(self, port: int, listener: Source) -> None:
        """It connects again when the listener is back."""
        feed = self.feed(port)
        output = TcpOutput()
        nothing: Any = SimpleNamespace(tcp=None)
        assert output.serves(feed.settings)
        assert not output.serves(nothing)
        output.attach(feed)
        self.shoot(feed, 0)
        assert next_frame(listener).jpeg == PICTURES[0]
        listener.close()
        self.shoot(feed, 1)
        await asyncio.to_thread(wait_for, lambda: output.problems(), "a problem")
        with opened(TcpListener, TcpSource(port=port)) as again:
            self.shoot(feed, 2)
            frame = await asyncio.to_thread(next_frame, again)
            assert frame.jpeg in PICTURES[1:3]
        await output.stop()

    async def test_cameras_with_the_same_problem_are_named_together(self, port: int) -> None:
        output = TcpOutput()
        for camera_id in ("front", "back"):
            output.attach(self.feed(port, camera_id))
        await asyncio.to_thread(
            wait_for, lambda: ["front", "back"] in output.problems().values(), "both have one"
        )
        assert [*output.problems()] == [f"no connection to {HOST}:{port}: Connection refused"]
        await output.stop()

    async def test_latest_wins(self, port: int) -> None:
        """Without a listener, one picture waits, the newest; the others are counted."""
        feed = self.feed(port)
        output = TcpOutput()
        output.attach(feed)
        for number in range(4):
            self.shoot(feed, number)
        report = output.report("cam")
        assert report is not None
        assert (report["waiting"], report["sent"]) == (1, 0)
        assert report["dropped"] in (2, 3)
        with opened(TcpListener, TcpSource(port=port)) as listener:
            frame = await asyncio.to_thread(next_frame, listener)
            assert frame.jpeg in (PICTURES[3], PICTURES[0])
        started = time.monotonic()
        await output.stop()
        assert time.monotonic() - started < 30

    async def test_a_listener_that_reads_nothing(self, port: int) -> None:
        """The connection is full: frames are dropped, the camera continues, and the stop takes a bounded time."""
        with socket.create_server((HOST, port)):
            feed = self.feed(port)
            output = TcpOutput()
            output.attach(feed)
            big = jpeg(1920, 1080, noise=200)
            slowest = 0.0
            for _ in range(60):
                before = time.perf_counter()
                feed.hub.publish(Frame(time.time_ns(), 1920, 1080, jpeg=big))
                slowest = max(slowest, time.perf_counter() - before)
                await asyncio.sleep(0.01)
            report = output.report("cam")
            assert report is not None
            assert int(str(report["dropped"])) > 0
            assert slowest < 10
            (sender,) = [c for c in psutil.Process().net_connections() if c.raddr and c.raddr.port == port]
            assert unsent_bytes(sender.fd) < 100_000, "frames get old here, not in the kernel"
            started = time.monotonic()
            await output.stop()
            assert time.monotonic() - started < 30
