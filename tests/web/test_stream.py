"""Streams: what is in them, at which rate and size, and that one viewer never costs another anything."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from mqttcam.camera.frame import Frame, Picture, PictureSpec
from mqttcam.camera.status import CameraStatus
from mqttcam.web.placeholder import placeholder
from mqttcam.web.timing import Timing
from tests.support.pictures import size_of
from tests.support.waiting import until
from tests.web.serving import Parts, Served, client, serving, watching


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, PictureSpec]]:
    """Every picture that anybody has asked a frame for: its number and specification."""
    asked: list[tuple[int, PictureSpec]] = []
    real = Frame.picture

    def picture(self: Frame, spec: PictureSpec) -> Picture:
        asked.append((self.seq, spec))
        return real(self, spec)

    monkeypatch.setattr(Frame, "picture", picture)
    return asked


def viewer_sockets(served: Served, count: int) -> list[socket.socket]:
    """Viewers that read nothing, with little room in between."""
    sockets = []
    for _ in range(count):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", served.server.port))
        sock.sendall(b"GET /stream.mjpg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        sock.setblocking(False)
        sockets.append(sock)
    return sockets


async def test_every_part_is_a_picture_newer_than_the_last() -> None:
    async with serving() as served, watching(served) as parts:
        pictures = [await parts.next() for _ in range(6)]
        assert all(size_of(part.jpeg) == (320, 240) for part in pictures)
        assert all(part.headers["content-type"] == "image/jpeg" for part in pictures)
        numbers = [int(part.headers["x-sequence"]) for part in pictures]
        assert numbers == sorted(set(numbers))
        assert all(abs(time.time() - part.ts) < 10 for part in pictures)
        assert len({part.jpeg for part in pictures}) == len(pictures)


async def test_width_makes_it_smaller_and_never_larger() -> None:
    async with serving() as served:
        async with watching(served, "/stream.mjpg?width=160") as parts:
            width, height = size_of((await parts.next()).jpeg)
            assert width <= 160
            assert abs(width / height - 4 / 3) < 0.05
        async with watching(served, "/stream.mjpg?width=2000") as parts:
            assert size_of((await parts.next()).jpeg) == (320, 240)


async def test_each_viewer_has_its_own_rate() -> None:
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


async def test_nobody_watching_means_no_picture_is_made(encoded: list[tuple[int, PictureSpec]]) -> None:
    async with serving() as served:
        async with watching(served) as parts:
            await parts.next()
        await until(lambda: served.server.viewers == 0)
        frames = served.front.camera.stats.frames
        await until(lambda: served.front.camera.stats.frames > frames + 1)
        encoded.clear()
        await until(lambda: served.front.camera.stats.frames > frames + 8)
        assert not encoded


async def test_viewers_of_the_same_picture_share_it(encoded: list[tuple[int, PictureSpec]]) -> None:
    async with (
        serving() as served,
        watching(served) as one,
        watching(served) as two,
        watching(served) as three,
    ):
        seen = [[(await parts.next()).jpeg for _ in range(4)] for parts in (one, two, three)]
        assert set(seen[0]) & set(seen[1]) & set(seen[2])
        # Asked for once a frame, whoever watches.
        assert len(encoded) == len(set(encoded))


async def test_quality_follows_the_entity() -> None:
    async with serving() as served, watching(served) as parts:
        fine = len((await parts.next()).jpeg)
        served.front.set_image_quality(5)
        for _ in range(30):
            if len((await parts.next()).jpeg) < fine * 0.8:
                break
        else:
            pytest.fail("the stream never became smaller")


async def test_a_stalled_viewer_costs_only_its_own_frames() -> None:
    big = {"front": {"size": "1280x720"}}
    async with serving(big) as served:
        (stalled,) = viewer_sockets(served, 1)
        async with watching(served) as parts:
            await until(lambda: served.server.viewers == 2)
            await until_dropping(served)
            first = await parts.next()
            pictures = [await parts.next() for _ in range(12)]
            assert served.server.viewers == 2
            numbers = [int(part.headers["x-sequence"]) for part in (first, *pictures)]
            # The other goes on; some frames may be missed on a busy machine, not most of them.
            assert numbers[-1] - numbers[0] < 3 * len(numbers)
        stalled.close()
        await until(lambda: served.server.viewers == 0)


async def until_dropping(served: Served) -> None:
    """Wait until somebody's buffers are full."""
    async with client(served) as http:
        end = time.monotonic() + 15
        while True:
            text = await (await http.get("/metrics")).text()
            dropped = next(
                line for line in text.splitlines() if line.startswith("mqttcam_web_frames_dropped_total")
            )
            if float(dropped.split()[1]) > 2:
                return
            assert time.monotonic() < end, "nothing was ever dropped"
            await asyncio.sleep(0.05)


async def test_only_stalled_viewers_means_no_picture_is_made(encoded: list[tuple[int, PictureSpec]]) -> None:
    async with serving({"front": {"size": "1280x720"}}) as served:
        sockets = viewer_sockets(served, 2)
        await until(lambda: served.server.viewers == 2)
        await until(lambda: len(encoded) > 2)

        def quiet() -> bool:
            frames = served.front.camera.stats.frames
            return bool(encoded) and frames - encoded[-1][0] > 12

        await until(quiet, timeout=20)
        for sock in sockets:
            sock.close()


async def test_a_client_that_reads_nothing_is_disconnected() -> None:
    async with serving({"front": {"size": "1280x720"}}, timing=Timing(stalled=0.3)) as served:
        (stalled,) = viewer_sockets(served, 1)
        await until(lambda: served.server.viewers == 1)
        await until(lambda: served.server.viewers == 0, timeout=20)
        stalled.close()


async def test_what_a_stalled_viewer_sees_first_is_new() -> None:
    async with serving({"front": {"size": "1280x720"}}) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port, limit=4096)
        writer.write(b"GET /stream.mjpg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await until_dropping(served)
        await reader.readuntil(b"\r\n\r\n")
        parts = Parts(reader)
        # What the kernel's buffers hold is old; what follows is not.
        for _ in range(200):
            if time.time() - (await parts.next()).ts < 1:
                break
        else:
            pytest.fail("the stream stays behind")
        writer.transport.abort()


async def test_switched_off_shows_at_once_and_comes_back() -> None:
    async with serving() as served, watching(served) as parts:
        await parts.next()
        served.front.set_enabled(False)
        await until(lambda: served.front.camera.status is CameraStatus.OFF)
        async with asyncio.timeout(10):
            while (await parts.next()).jpeg != placeholder():
                pass
        # It stays: no frame that was still on its way comes after it.
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(parts.next(), 0.3)
        async with client(served) as http:
            refused = await http.get("/stream.mjpg")
            assert refused.status == 503
            assert refused.content_type == "image/jpeg"
            assert "off" in refused.headers["X-Reason"]
            assert int(refused.headers["Retry-After"]) > 0
            assert await refused.read() == placeholder()
            said = await (await http.get("/stream.mjpg", headers={"Accept": "application/json"})).json()
            assert said["error"]["code"] == "unavailable"
        served.front.set_enabled(True)
        async with asyncio.timeout(10):
            while (await parts.next()).jpeg == placeholder():
                pass


async def test_too_many_viewers_are_told_so() -> None:
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


async def test_the_names_of_the_seeds_are_the_first_camera() -> None:
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
