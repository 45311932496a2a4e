"""`/cameras/<cam>/live`: video for browsers over a WebSocket, one muxer for all, and slow clients."""

from __future__ import annotations

import asyncio
import io
import itertools
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import aiohttp
import pytest

from mqttcam.camera.status import CameraStatus
from mqttcam.settings.video import VideoSettings
from mqttcam.web.placeholder import placeholder
from mqttcam.web.timing import Timing
from tests.support.certificates import Certificates
from tests.support.pictures import jpeg, size_of
from tests.support.waiting import PATIENCE, until
from tests.web.live_client import PATH, watching
from tests.web.serving import Served, client, serving
from tests.web.test_transport_stream import encoder_threads

av = pytest.importorskip("av")


def frames(data: bytes) -> list[Any]:
    """Decode what a browser would get."""
    with av.open(io.BytesIO(data)) as container:
        return list(container.decode(video=0))


async def test_codec_header_and_one_fragment_per_frame() -> None:
    async with serving() as served:
        async with watching(served) as live:
            assert (await live.text("codec")).startswith("avc1.")
            header = await live.binary()
            chunks = [await live.binary() for _ in range(10)]
            found = frames(header + b"".join(chunks))
            assert [(frame.width, frame.height) for frame in found] == [(320, 240)] * 10
        await until(lambda: not encoder_threads(), "the end of the encoder")


async def test_clients_get_the_same_bytes_and_are_counted() -> None:
    async with serving() as served, watching(served) as one, watching(served) as two:
        await one.text("codec")
        await two.text("codec")
        assert await one.binary() == await two.binary()
        first = await two.binary()  # the keyframe at which the second one joined
        async with asyncio.timeout(PATIENCE):
            while await one.binary() != first:
                pass
        assert await one.binary() == await two.binary()
        assert encoder_threads() == 1
        async with client(served) as session, session.get("/metrics") as metrics:
            assert 'mqttcam_camera_viewers{camera="front"} 2.0' in await metrics.text()


async def test_another_size_begins_with_another_header() -> None:
    async with serving() as served, watching(served) as live:
        await live.text("codec")
        await live.binary()
        served.front.video.configure(VideoSettings.model_validate({"size": "160x120"}))
        await live.text("codec")
        header = await live.binary()
        (frame,) = frames(header + await live.binary())
        assert (frame.width, frame.height) == (160, 120)


async def test_pictures_instead_of_video_at_first_or_later() -> None:
    async with serving() as served:
        async with watching(served, "?mode=jpeg&width=160") as live:
            assert size_of(await live.binary()) == (160, 120)
            assert not encoder_threads()
            await live.ws.send_str('{"mode": "jpeg", "width": 80}')
            async with asyncio.timeout(PATIENCE):
                while size_of(await live.binary()) != (80, 60):
                    pass
            await live.ws.send_str('{"mode": "video"}')
            assert await live.text("codec")
            await live.ws.send_str('{"mode": "cinema"}')
            assert (await live.text("error"))["allowed"] == ["video", "jpeg"]
            await live.closed()
        await until(lambda: served.server.viewers == 0, "no viewer")


async def test_the_capture_times_of_pictures_and_keyframes() -> None:
    async with serving() as served:
        begun = time.time()
        async with watching(served, "?mode=jpeg&times=1") as live:
            first, second = [(await live.text("ts"), size_of(await live.binary())) for _ in range(2)]
            assert begun - PATIENCE < first[0] < second[0] < time.time()
            assert first[1] == (320, 240)
        async with watching(served) as live:
            await live.text("codec")
            assert second[0] < await live.text("ts") < time.time()
            assert await live.text("time") > 0, "that of the next keyframe"
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with watching(served, "?mode=jpeg&times=never"):
                pass
        assert refused.value.status == 400


@pytest.mark.parametrize("query", ["", "?mode=jpeg"])
async def test_a_client_that_sends_no_json_is_told_and_disconnected(query: str) -> None:
    async with serving() as served, watching(served, query) as live:
        await live.ws.send_str("hello")
        assert (await live.text("error"))["code"] == "invalid_json"
        assert await live.closed() == aiohttp.WSCloseCode.TRY_AGAIN_LATER


async def test_switching_the_camera_off_ends_the_video_at_once() -> None:
    async with serving() as served:
        async with watching(served) as live:
            await live.text("codec")
            served.front.camera.set_enabled(False)
            assert (await live.text("error"))["message"] == "the camera is off"
            await live.closed()
            assert not len(served.front.video)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with watching(served):
                pass
        assert refused.value.status == 503
        assert served.front.camera.status is CameraStatus.OFF


async def test_pictures_give_way_to_the_placeholder_when_the_camera_is_switched_off() -> None:
    async with serving() as served, watching(served, "?mode=jpeg") as live:
        await live.binary()
        served.front.camera.set_enabled(False)
        async with asyncio.timeout(PATIENCE):
            while await live.binary() != placeholder():
                pass
        served.front.camera.set_enabled(True)
        assert size_of(await live.binary()) == (320, 240)


async def test_without_an_encoder_the_reason_is_said_and_pictures_still_come() -> None:
    cameras = {"front": {"video": {"encoder": "h264_v4l2m2m"}}}
    async with serving(cameras) as served:
        async with watching(served) as live:
            error = await live.text("error")
            assert "h264_v4l2m2m" in error["message"]
        async with watching(served, "?mode=jpeg") as live:
            assert size_of(await live.binary()) == (320, 240)


async def test_something_comes_at_each_heartbeat() -> None:
    cameras = {"front": {"frame_rate": 0.2}}
    async with serving(cameras, timing=Timing(heartbeat=0.1)) as served, watching(served) as live:
        assert [await live.text("heartbeat") for _ in range(3)] == [0.1] * 3


@pytest.fixture
def noisy(tmp_path: Path) -> dict[str, Any]:
    """A camera whose video fills buffers soon."""
    for number in range(4):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg(640, 480, seed=number, noise=255))
    source = {"type": "file", "path": str(tmp_path)}
    return {"front": {"source": source, "size": None, "frame_rate": 10, "video": {"quality": 1}}}


@contextmanager
def slow_client(served: Served) -> Iterator[socket.socket]:
    """Open a connection with a small buffer, from which nothing is read."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(15)
        sock.connect(("127.0.0.1", served.server.port))
        sock.sendall(
            f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        yield sock


async def test_a_client_that_reads_nothing_costs_no_memory_and_slows_no_one_down(
    noisy: dict[str, Any],
) -> None:
    async with serving(noisy, timing=Timing(stalled=2, refresh=0.2, heartbeat=0.2)) as served:
        streams = served.server._context.fragment_streams
        with slow_client(served):
            await until(lambda: streams.count(served.front) == 1, "the client that reads nothing")
            async with watching(served) as other:
                await until(lambda: streams.count(served.front) == 2, "both")
                received = 0
                async with asyncio.timeout(PATIENCE):
                    while streams.count(served.front) == 2:
                        received += len(await other.binary())
                assert received
                assert streams.count(served.front) == 1, "the one that reads nothing is disconnected"


async def test_a_slow_client_loses_whole_groups_of_pictures(noisy: dict[str, Any]) -> None:
    async with serving(noisy) as served:
        streams = served.server._context.fragment_streams
        with slow_client(served) as sock:
            await until(lambda: streams.count(served.front) == 1, "the client")
            (slow,) = streams._streams[served.front].clients
            await until(lambda: slow.dropped, "frames that are dropped")

            assert await asyncio.to_thread(first_after_a_gap, sock), "not a keyframe"


def first_after_a_gap(sock: socket.socket) -> bool:
    """Read until fragments are missing, and return whether the next one has a keyframe."""
    with sock.makefile("rb") as file:
        while file.readline().strip():
            pass
        found = filter(None, map(parse, binary_messages(file)))
        return next(after[1] for before, after in itertools.pairwise(found) if after[0] != before[0] + 1)


def binary_messages(file: BinaryIO) -> Iterator[bytes]:
    """Yield the binary messages of a server."""
    while True:
        first, size = file.read(2)
        if size >= 126:
            size = int.from_bytes(file.read(2 if size == 126 else 8))
        data = file.read(size)
        if first == 0x82:
            yield data


def parse(data: bytes) -> tuple[int, bool] | None:
    """Return the sequence number of a fragment, and whether it has a keyframe; None for a header."""
    size, kind = struct.unpack_from(">I4s", data)
    if kind != b"moof":
        return None
    return int.from_bytes(data[20:24]), data[size - 4 : size] == b"\x02\0\0\0"


@pytest.mark.parametrize("query", ["", "?mode=jpeg"])
async def test_the_server_stops_although_a_client_does_not_answer(
    query: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as served, client(served) as session:
        socket = await session.ws_connect(PATH + query, autoclose=False, autoping=False)
        await socket.receive()
        await served.server.stop()
    assert "did not stop" not in caplog.text


async def test_over_https(tmp_path: Path) -> None:
    files = Certificates.make(tmp_path)
    tls = {"cert_file": files.server_cert, "key_file": files.server_key}
    trust = ssl.create_default_context(cafile=files.ca)
    async with serving(tls=tls) as served, watching(served, ssl=trust) as live:
        await live.text("codec")
        header = await live.binary()
        assert frames(header + await live.binary())
