"""MJPEG streams: content, rate and size, and that no client slows down another."""

from __future__ import annotations

import asyncio
import math
import socket
import threading
import time
from contextlib import AsyncExitStack
from unittest import mock

import pytest

from mqttcam.camera import frame
from mqttcam.camera.feed import PictureFeed
from mqttcam.camera.frame import Frame, Picture, PictureSpec
from mqttcam.camera.status import CameraStatus
from mqttcam.imaging.raster import Raster, encode
from mqttcam.web.mjpeg import MjpegClient
from mqttcam.web.placeholder import placeholder
from mqttcam.web.timing import Timing
from tests.support.pictures import size_of
from tests.support.unsent import unsent_bytes
from tests.support.waiting import PATIENCE, until
from tests.web.serving import Parts, Served, client, serving, watching


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, PictureSpec]]:
    """The number and specification of every picture requested from a frame."""
    asked: list[tuple[int, PictureSpec]] = []
    real = Frame.picture

    def picture(self: Frame, spec: PictureSpec) -> Picture:
        asked.append((self.seq, spec))
        return real(self, spec)

    monkeypatch.setattr(Frame, "picture", picture)
    return asked


def viewer_sockets(served: Served, count: int) -> list[socket.socket]:
    """Open streams that read nothing, with small buffers."""
    sockets = []
    for _ in range(count):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", served.server.port))
        sock.sendall(b"GET /stream.mjpg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        sock.setblocking(False)
        sockets.append(sock)
    return sockets


async def test_every_part_is_a_newer_picture() -> None:
    async with serving() as served, watching(served) as parts:
        pictures = [await parts.next() for _ in range(6)]
        assert all(size_of(part.jpeg) == (320, 240) for part in pictures)
        assert all(part.headers["content-type"] == "image/jpeg" for part in pictures)
        numbers = [int(part.headers["x-sequence"]) for part in pictures]
        assert numbers == sorted(set(numbers))
        assert all(abs(time.time() - part.ts) < 10 for part in pictures)
        assert len({part.jpeg for part in pictures}) == len(pictures)


async def test_width_reduces_the_picture_but_never_enlarges_it() -> None:
    async with serving() as served:
        async with watching(served, "/stream.mjpg?width=160") as parts:
            width, height = size_of((await parts.next()).jpeg)
            assert width <= 160
            assert abs(width / height - 4 / 3) < 0.05
        async with watching(served, "/stream.mjpg?width=2000") as parts:
            assert size_of((await parts.next()).jpeg) == (320, 240)


async def test_each_client_has_its_own_rate() -> None:
    async with (
        serving() as served,
        watching(served, "/stream.mjpg?fps=4") as slow,
        watching(served) as fast,
    ):
        times = [(await slow.next()).ts for _ in range(5)]
        # Every 0.25 s by the camera's clock, whatever the load. A late picture does not delay those after it, and one
        # may be early by a part of that.
        assert all(later - times[0] > 0.25 * n - 0.125 for n, later in enumerate(times))
        numbers = [int((await fast.next()).headers["x-sequence"]) for _ in range(8)]
        assert numbers[-1] - numbers[0] < 24


async def test_without_clients_nothing_is_encoded(encoded: list[tuple[int, PictureSpec]]) -> None:
    async with serving() as served:
        async with watching(served) as parts:
            await parts.next()
        await until(lambda: served.server.viewers == 0)
        frames = served.front.camera.stats.frames
        await until(lambda: served.front.camera.stats.frames > frames + 1)
        encoded.clear()
        await until(lambda: served.front.camera.stats.frames > frames + 8)
        assert not encoded


async def test_clients_share_an_encoded_picture(encoded: list[tuple[int, PictureSpec]]) -> None:
    async with (
        serving() as served,
        watching(served) as one,
        watching(served) as two,
        watching(served) as three,
    ):
        seen = [[(await parts.next()).jpeg for _ in range(4)] for parts in (one, two, three)]
        assert set(seen[0]) & set(seen[1]) & set(seen[2])
        # Once per frame, however many clients there are.
        assert len(encoded) == len(set(encoded))


async def test_many_sizes_cost_a_few_encodings_and_none_of_the_capture_threads_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_encode = threading.Event()
    threads: set[str] = set()

    def slowly(raster: Raster, quality: int) -> bytes:
        threads.add(threading.current_thread().name)
        if quality != 77:
            may_encode.wait()
        return encode(raster, quality)

    monkeypatch.setattr(frame, "encode", slowly)
    async with serving() as served, AsyncExitStack() as stack:
        hub, taken = served.front.camera.hub, list[int]()

        def take(picture: Picture) -> None:
            taken.append(picture.seq)
            images.ready = True

        images = PictureFeed(hub, asyncio.get_running_loop(), take, PictureSpec(77), math.inf)
        for n in range(16):
            path = f"/stream.mjpg?width={100 + 10 * n}&quality={30 + n}"
            await stack.enter_async_context(watching(served, path))
        http = await stack.enter_async_context(client(served))
        snapshots = [
            asyncio.create_task(http.get(f"/cameras/front/snapshot.jpg?width={50 + n}")) for n in range(16)
        ]
        await until(lambda: served.server.viewers == 16)
        taken.clear()
        # Viewers' pictures are stuck; if they were encoded in the capture thread, no frame would come any more.
        await until(lambda: len(taken) >= 24)
        may_encode.set()
        images.close()
        answers = await asyncio.gather(*snapshots)
        assert {answer.status for answer in answers} == {200}
        assert len({(await answer.read()) for answer in answers}) <= 2 * 5
        assert len({encoding for _, encoding in served.streams._streams}) <= 5
    assert threads == {"capture-front", "encode front"}


async def test_above_the_limit_the_nearest_encoding_is_served() -> None:
    async with serving() as served, AsyncExitStack() as stack:

        async def width(query: str) -> int:
            parts = await stack.enter_async_context(watching(served, f"/stream.mjpg?{query}"))
            return size_of((await parts.next()).jpeg)[0]

        assert [await width(f"width={wanted}") for wanted in (16, 80, 160, 200)] == [16, 80, 160, 200]
        assert await width("width=90") == 80
        assert await width("width=160") == 160
        # The camera's own is always there: nobody is left with a stamp because others want stamps.
        assert await width("width=300") == 320
        assert await width("quality=80") == 320
    async with serving() as served, watching(served, "/stream.mjpg?width=90") as parts:
        assert size_of((await parts.next()).jpeg)[0] == 90


async def test_a_clock_that_is_set_back_does_not_freeze_a_paced_client() -> None:
    client = MjpegClient(mock.create_autospec(asyncio.Transport, instance=True), fps=2)
    second = 10**9
    now = 1_700_000_000 * second
    assert sum(client.is_due(now + n * second // 10) for n in range(40)) == 8
    now -= 3600 * second
    assert sum(client.is_due(now + n * second // 10) for n in range(40)) == 8


async def test_quality_follows_the_entity() -> None:
    async with serving() as served, watching(served) as parts:
        fine = len((await parts.next()).jpeg)
        served.front.set_image_quality(5)
        for _ in range(30):
            if len((await parts.next()).jpeg) < fine * 0.8:
                break
        else:
            pytest.fail("the stream never became smaller")


async def test_a_stalled_client_does_not_slow_down_others() -> None:
    big = {"front": {"size": "1280x720"}}
    async with serving(big) as served:
        (stalled,) = viewer_sockets(served, 1)
        async with watching(served) as parts:
            await until(lambda: served.server.viewers == 2)
            await until(lambda: served.streams.dropped > 2)
            first = await parts.next()
            pictures = [await parts.next() for _ in range(12)]
            assert served.server.viewers == 2
            numbers = [int(part.headers["x-sequence"]) for part in (first, *pictures)]
            # The other continues; some frames may be missed on a busy machine, but not most of them.
            assert numbers[-1] - numbers[0] < 3 * len(numbers)
        stalled.close()
        await until(lambda: served.server.viewers == 0)


async def test_with_stalled_clients_only_nothing_is_encoded(encoded: list[tuple[int, PictureSpec]]) -> None:
    async with serving({"front": {"size": "1280x720"}}) as served:
        sockets = viewer_sockets(served, 2)
        await until(lambda: served.server.viewers == 2)

        def quiet() -> bool:
            frames = served.front.camera.stats.frames
            return bool(encoded) and frames - encoded[-1][0] > 12

        await until(quiet)
        for sock in sockets:
            sock.close()


async def test_pictures_for_a_slow_client_are_dropped_and_not_queued_in_the_kernel() -> None:
    async with serving({"front": {"size": "1280x720"}}) as served:
        (slow,) = viewer_sockets(served, 1)
        await until(lambda: served.streams.dropped > 2)
        (streaming,) = served.streams._clients()
        assert unsent_bytes(streaming._transport.get_extra_info("socket").fileno()) < 100_000
        slow.close()


async def test_a_client_that_reads_nothing_is_disconnected() -> None:
    async with serving({"front": {"size": "1280x720"}}, timing=Timing(stalled=0.3)) as served:
        (stalled,) = viewer_sockets(served, 1)
        await until(lambda: served.server.viewers == 1)
        await until(lambda: served.server.viewers == 0)
        stalled.close()


async def test_without_a_new_picture_the_last_one_is_sent_again() -> None:
    async with (
        serving(timing=Timing(heartbeat=0.1)) as served,
        watching(served, "/stream.mjpg?fps=0.01") as parts,
    ):
        first = await parts.next()
        assert [await parts.next() for _ in range(3)] == [first] * 3
        served.front.set_enabled(False)
        async with asyncio.timeout(PATIENCE):
            while (await parts.next()).jpeg != placeholder():
                pass
        assert [(await parts.next()).jpeg for _ in range(3)] == [placeholder()] * 3


async def test_a_stalled_client_skips_to_the_latest_picture() -> None:
    async with serving({"front": {"size": "1280x720"}}) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port, limit=4096)
        writer.write(b"GET /stream.mjpg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await until(lambda: served.streams.dropped > 2)
        await reader.readuntil(b"\r\n\r\n")
        parts = Parts(reader)
        # The kernel's buffers hold old pictures; those after them are new.
        for _ in range(200):
            if time.time() - (await parts.next()).ts < 1:
                break
        else:
            pytest.fail("the stream stays behind")
        writer.transport.abort()


async def test_switching_the_camera_off_shows_the_placeholder_and_on_the_picture() -> None:
    async with serving() as served, watching(served) as parts:
        await parts.next()
        served.front.set_enabled(False)
        await until(lambda: served.front.camera.status is CameraStatus.OFF)
        async with asyncio.timeout(PATIENCE):
            while (await parts.next()).jpeg != placeholder():
                pass
        async with client(served) as http:
            refused = await http.get("/stream.mjpg")
            assert refused.status == 503
            assert refused.content_type == "image/jpeg"
            assert "off" in refused.headers["X-Reason"]
            assert int(refused.headers["Retry-After"]) > 0
            assert await refused.read() == placeholder()
            said = await (await http.get("/stream.mjpg", headers={"Accept": "application/json"})).json()
            assert said["error"]["code"] == "unavailable"
        switched_on = time.time()
        served.front.set_enabled(True)
        async with asyncio.timeout(PATIENCE):
            while (part := await parts.next()).jpeg == placeholder():
                pass
        # No frame that was being sent when the camera was switched off came after the placeholder.
        assert part.ts > switched_on


async def test_clients_above_the_limit_are_refused() -> None:
    async with serving(max_viewers=1) as served, watching(served) as parts, client(served) as http:
        await parts.next()
        refused = await http.get("/stream.mjpg")
        assert refused.status == 503
        assert (await refused.json())["error"]["allowed"] == {"max_viewers": 1}


async def test_a_removed_camera_ends_its_streams_and_a_new_one_has_its_own() -> None:
    async with serving() as served:
        async with watching(served) as parts:
            await parts.next()
            await served.remove("front")
            await parts.end()
        async with client(served) as http:
            assert (await http.get("/stream.mjpg")).status == 404
        await served.add("front", size="160x120")
        async with watching(served) as parts:
            assert size_of((await parts.next()).jpeg) == (160, 120)


async def test_paths_of_other_programs_show_the_first_camera() -> None:
    async with serving({"front": {}, "back": {"size": "160x120"}}) as served:
        for path, size in {
            "/stream.mjpg": (320, 240),
            "/video_feed": (320, 240),
            "/video_feed2": (160, 120),
            "/cameras/back/stream.mjpg": (160, 120),
        }.items():
            async with watching(served, path) as parts:
                assert size_of((await parts.next()).jpeg) == size, path


@pytest.mark.parametrize("query", ["fps=0", "fps=nan", "width=1", "width=x", "quality=101", "fps=1e9"])
async def test_numbers_out_of_range_are_refused(query: str) -> None:
    async with serving() as served, client(served) as http:
        for path in ("/stream.mjpg", "/cameras/front/snapshot.jpg"):
            refused = await http.get(f"{path}?{query}")
            assert refused.status == 400
            error = (await refused.json())["error"]
            assert error["code"] == "invalid_value"
            assert error["field"] == query.split("=")[0]
            assert error["allowed"]["max"] > error["allowed"]["min"]


async def test_http_1_0_clients_get_a_stream_too() -> None:
    async with serving() as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
        writer.write(b"GET /stream.mjpg HTTP/1.0\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        assert size_of((await Parts(reader).next()).jpeg) == (320, 240)
        writer.transport.abort()
