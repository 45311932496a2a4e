"""`stream.ts`: what real readers get, one encoder for all, and no client that costs memory or slows others down."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from mqttcam.camera.status import CameraStatus
from mqttcam.web.timing import Timing
from tests.support.left_out import leave_out
from tests.support.pictures import jpeg
from tests.support.waiting import until
from tests.web.serving import Served, client, serving

av = pytest.importorskip("av")

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
            async with asyncio.timeout(10):
                while await response.content.readany():
                    pass
        async with client(served) as session, session.get(PATH) as response:
            assert response.status == 503
            assert (await response.json())["error"]["message"] == "the camera is off"
        assert served.front.camera.status is CameraStatus.OFF


async def test_an_encoder_that_does_not_open_is_an_error_in_words() -> None:
    cameras = {"front": {"video": {"encoder": "h264_v4l2m2m"}}}
    async with serving(cameras) as served, client(served) as session, session.get(PATH) as response:
        assert response.status == 503
        assert "h264_v4l2m2m" in (await response.json())["error"]["message"]


async def test_a_client_that_reads_nothing_costs_no_memory_and_slows_no_one_down(tmp_path: Path) -> None:
    for number in range(4):  # noise fills the buffers soon
        (tmp_path / f"{number}.jpg").write_bytes(jpeg(640, 480, seed=number, noise=255))
    source = {"type": "file", "path": str(tmp_path)}
    cameras = {"front": {"source": source, "size": None, "frame_rate": 10, "video": {"quality": 1}}}
    async with serving(cameras, timing=Timing(stalled=2, refresh=0.2)) as served:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with sock:
            sock.connect(("127.0.0.1", served.server.port))
            sock.sendall(f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            await until(lambda: len(served.front.video) == 1, "the client that reads nothing")
            streams = served.server._context.transport_streams
            async with reading(served) as other:
                await until(lambda: streams.count(served.front) == 2, "both")
                received = 0
                async with asyncio.timeout(30):
                    while streams.count(served.front) == 2:
                        received += len(await other.content.readany())
                assert received
                assert streams.count(served.front) == 1, "the one that reads nothing is disconnected"
