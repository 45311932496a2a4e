"""`stream.ts`: what real readers get, one encoder for all, and no client that costs memory or slows others down."""

from __future__ import annotations

import asyncio
import io
import itertools
import shutil
import socket
import subprocess
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest

from mqttcam.camera.status import CameraStatus
from mqttcam.web.errors import ApiError
from mqttcam.web.timing import Timing
from mqttcam.web.video_streams import VideoClient
from tests.support.left_out import leave_out
from tests.support.pictures import jpeg
from tests.support.video import transport_stream
from tests.support.waiting import PATIENCE, until
from tests.video.test_pass_through import camera
from tests.web.serving import Served, client, serving

av = pytest.importorskip("av")

from tests.support.sounding import sounding  # noqa: E402 - it needs PyAV

PATH = "/cameras/front/stream.ts"
PACKET = 188


@asynccontextmanager
async def reading(served: Served, path: str = PATH) -> AsyncIterator[aiohttp.ClientResponse]:
    """Open a stream."""
    async with client(served) as session, session.get(path) as response:
        assert response.status == 200, await response.text()
        yield response


def encoder_threads() -> int:
    """Return the number of threads that encode video."""
    return sum(thread.name.startswith("video ") for thread in threading.enumerate())


async def test_a_reader_decodes_every_frame_from_the_first_byte_on() -> None:
    async with serving() as served:
        url = f"{served.url}{PATH}"

        def read() -> list[tuple[int, int, float]]:
            with av.open(url, timeout=15) as container:
                frames = container.decode(video=0)
                found = [next(frames) for _ in range(10)]
            return [(frame.width, frame.height, frame.time) for frame in found]

        frames = await asyncio.to_thread(read)
        assert {frame[:2] for frame in frames} == {(320, 240)}
        times = [time for *_, time in frames]
        assert times == sorted(set(times))
        assert times[-1] - times[0] == pytest.approx(9 / 24, abs=0.3)
        await until(lambda: not encoder_threads(), "the end of the encoder")


async def test_ffmpeg_sees_full_range_video_without_an_error() -> None:
    if shutil.which("ffprobe") is None:
        leave_out("ffprobe is not installed")
    async with serving() as served:
        command = [
            "ffprobe",
            "-v",
            "error",
            "-show_entries",
            "stream=codec_name,profile,width,height,color_range",
        ]
        command += ["-of", "csv=p=0", f"{served.url}{PATH}"]
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.stderr == ""
        assert done.stdout.split()[0] == "h264,Main,320,240,pc"


async def test_ffmpeg_finds_the_sound_of_a_network_camera_without_an_error() -> None:
    if shutil.which("ffmpeg") is None:
        leave_out("ffmpeg is not installed")
    with camera(sounding(40, "mpegts", "aac", 44100, 2)) as (url, _):
        front = {"source": {"type": "url", "url": url, "kind": "video"}, "size": None}
        async with serving({"front": front}) as served:
            command = [
                "ffmpeg",
                "-v",
                "error",
                "-i",
                f"{served.url}{PATH}",
                "-t",
                "3",
                "-f",
                "framecrc",
                "-",
            ]
            done = await asyncio.to_thread(
                subprocess.run, command, capture_output=True, text=True, timeout=60, check=False
            )
    assert done.stderr == ""
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert "#codec_id 1: pcm_s16le" in done.stdout
    assert sum(line.startswith("1,") for line in lines) > 100, "frames of AAC"


async def test_clients_share_the_encoder_and_are_counted() -> None:
    async with serving() as served:
        async with reading(served) as one, reading(served) as two:
            for response in (one, two):
                assert response.headers["Content-Type"] == "video/mp2t"
                assert (await response.content.readexactly(PACKET))[0] == 0x47
            assert encoder_threads() == 1
            async with client(served) as session, session.get("/metrics") as metrics:
                assert 'mqttcam_camera_viewers{camera="front"} 2.0' in await metrics.text()
        await until(lambda: not encoder_threads(), "the end of the encoder")


async def test_head_encodes_nothing() -> None:
    async with serving() as served, client(served) as session, session.head(PATH) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "video/mp2t"
        assert not encoder_threads()


async def test_the_stream_ends_when_the_camera_is_switched_off() -> None:
    async with serving() as served:
        async with reading(served) as response:
            await response.content.readexactly(PACKET)
            served.front.camera.set_enabled(False)
            async with asyncio.timeout(PATIENCE):
                while await response.content.readany():
                    pass
        async with client(served) as session, session.get(PATH) as response:
            assert response.status == 503
            assert (await response.json())["error"]["message"] == "the camera is off"
        assert served.front.camera.status is CameraStatus.OFF


async def test_an_encoder_that_does_not_open_is_an_error_in_words(caplog: pytest.LogCaptureFixture) -> None:
    cameras = {"front": {"video": {"encoder": "h264_v4l2m2m"}}}
    async with serving(cameras) as served, client(served) as session, session.get(PATH) as response:
        assert response.status == 503
        message = (await response.json())["error"]["message"]
        assert "h264_v4l2m2m" in message
        async with session.get("/api/cameras/front") as described:
            video = (await described.json())["video"]
        assert video == {"encoder": None, "note": None, "problem": message}
    assert caplog.text.count(f"camera front: no video: {message}") == 1


async def test_clients_begin_at_once_however_rare_keyframes_are() -> None:
    with camera(transport_stream(3000)) as (url, _):  # with one keyframe at its beginning
        front = {"source": {"type": "url", "url": url, "kind": "video"}, "size": None}
        async with serving({"front": front}) as served, reading(served) as first:
            head = await first.content.readexactly(20 * PACKET)
            async with reading(served) as second:
                joined = await second.content.readexactly(30 * PACKET)
            head += await first.content.readexactly(10 * PACKET)
    assert joined == head
    packets = packets_of(joined)
    assert [is_keyframe for _, is_keyframe in packets] == [True, *[False] * (len(packets) - 1)]
    steps = {after - before for (before, _), (after, _) in itertools.pairwise(packets)}
    assert steps == {9000}


async def test_a_camera_without_keyframes_is_an_error_in_words() -> None:
    video: Any = SimpleNamespace(encoder="copy")
    with pytest.raises(ApiError, match="keyframes too rarely"):
        await VideoClient().wait_first(Timing(snapshot=0.05), video)


async def test_a_group_that_a_client_begins_with_may_be_larger_than_its_buffer() -> None:
    client, chunks = VideoClient(), [bytes([number]) * 300_000 for number in range(20)]
    client.begin(chunks, b"")
    client.offer(b"next", b"", is_keyframe=False)
    await client.wait_first(Timing(), cast("Any", None))
    assert client._early == [b"", *chunks, b"next"]
    assert not client.dropped


@pytest.fixture
def noisy(tmp_path: Path) -> dict[str, Any]:
    """Settings of a camera whose video fills buffers soon: noise."""
    for number in range(4):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg(640, 480, seed=number, noise=255))
    source = {"type": "file", "path": str(tmp_path)}
    video = {"quality": 1, "keyframe_interval": 0.5}
    return {"front": {"source": source, "size": None, "frame_rate": 10, "video": video}}


def connected(served: Served) -> socket.socket:
    """Return a socket that has requested the stream, with the smallest buffer."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", served.server.port))
    sock.sendall(f"GET {PATH} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return sock


def packets_of(data: bytes) -> list[tuple[int, bool]]:
    """Return the time stamp of each frame of a stream, and whether it is a keyframe."""
    with av.open(io.BytesIO(data), format="mpegts") as container:
        return [(packet.pts, packet.is_keyframe) for packet in container.demux(video=0) if packet.size]


async def test_a_slow_client_loses_whole_groups_and_no_other_one_loses_a_frame(
    noisy: dict[str, Any],
) -> None:
    async with serving(noisy) as served:
        streams = served.server._context.transport_streams
        with connected(served) as sock:
            await until(lambda: len(served.front.video) == 1, "the slow client")
            (slow,) = streams._streams[served.front].clients
            async with reading(served) as other:
                seen = bytearray()
                while slow.dropped < 3:
                    seen += await other.content.readany()
                sock.setblocking(False)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
                loop, received = asyncio.get_running_loop(), bytearray()
                before_gap = slow._written
                async with asyncio.timeout(PATIENCE):
                    while len(received) < before_gap + 300_000:
                        received += await loop.sock_recv(sock, 1 << 20)
                        seen += other.content.read_nowait()
        found = packets_of(bytes(received).partition(b"\r\n\r\n")[2])
        assert found[0][1], "it begins with a keyframe"
        stamps = [stamp for stamp, _ in packets_of(bytes(seen))]
        after_gaps = [
            is_keyframe
            for (before, _), (after, is_keyframe) in itertools.pairwise(found)
            if any(before < stamp < after for stamp in stamps)
        ]
        assert after_gaps, "it has lost frames that the other one has"
        assert all(after_gaps), "and goes on at keyframes"
        begin, end = stamps[0], stamps[-1]
        assert {stamp for stamp, _ in found if begin <= stamp <= end} <= set(stamps)


async def test_a_client_that_reads_nothing_costs_no_memory_and_slows_no_one_down(
    noisy: dict[str, Any],
) -> None:
    async with serving(noisy, timing=Timing(stalled=2, refresh=0.2)) as served:
        with connected(served):
            await until(lambda: len(served.front.video) == 1, "the client that reads nothing")
            streams = served.server._context.transport_streams
            async with reading(served) as other:
                await until(lambda: streams.count(served.front) == 2, "both")
                received = 0
                async with asyncio.timeout(PATIENCE):
                    while streams.count(served.front) == 2:
                        received += len(await other.content.readany())
                assert received
                assert streams.count(served.front) == 1, "the one that reads nothing is disconnected"
