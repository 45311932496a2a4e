"""Streams of video that FFmpeg reads, over HTTP and UDP: MPEG-TS and HLS, with rare key frames."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
import simplejpeg

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import Frame, PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.url import UrlCamera
from mqttcam.camera.status import CameraStatus
from mqttcam.camera.timing import Timing
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.url import UrlSource
from tests.camera.sources.conftest import OpenUrl
from tests.camera.sources.raw_http_camera import raw_http_camera
from tests.camera.sources.reading import frame_of
from tests.support.cameras import failed, running
from tests.support.video import COLOUR, transport_stream
from tests.support.waiting import free_port, until

OK = b"HTTP/1.1 200 OK\r\n"
TS = OK + b"Content-Type: video/mp2t\r\n\r\n"
WAITING = "video comes, no key frame yet"


def assert_shows_colour(frame: Frame) -> None:
    pixels = simplejpeg.decode_jpeg(frame.picture(PictureSpec(95)).jpeg)
    assert np.abs(pixels[24, 48].astype(int) - COLOUR).max() <= 12


def endless(pieces: list[bytes], period: float = 0.1) -> Iterator[bytes]:
    """Yield the header, and the pieces as a camera sends them."""
    yield TS
    for piece in pieces:
        yield piece
        time.sleep(period)


def settings_of(url: str, timeout: float) -> CameraSettings:
    return CameraSettings(source=UrlSource(url=url, timeout=timeout))  # type: ignore[arg-type]


async def test_rare_key_frame_is_waited_for_while_video_comes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    go_on = threading.Event()
    pieces = transport_stream(60, key_frames=(0, 30))

    def respond(_request: bytes) -> Iterator[bytes]:
        yield from endless(pieces[1:30], 0.02)
        number = 0
        while not go_on.wait(0.05):  # packets without a key frame, for longer than any timeout
            number += 1
            yield pieces[1 + number % 29]
        yield from endless(pieces[30:])

    with raw_http_camera(respond) as url:
        camera = Camera("front", settings_of(url, timeout=0.5), timing=Timing(open_timeout=0.5, tick=0.05))
        camera.start()
        try:
            await until(lambda: camera.last_error == WAITING)
            capture = await until(lambda: camera._supervisor.capture)
            await until(lambda: time.monotonic() > capture.started + 3, "longer than any timeout")
            assert camera.status is CameraStatus.STARTING
            assert caplog.text.count(f"camera front: {WAITING}") == 1
            go_on.set()
            await running(camera)
            assert camera.last_error is None
        finally:
            go_on.set()
            await camera.stop()


async def test_silence_before_the_key_frame_is_a_failure() -> None:
    pieces = transport_stream(30)
    stop = threading.Event()

    def respond(_request: bytes) -> Iterator[bytes]:
        yield from endless(pieces[1:], 0.01)
        stop.wait(20)

    with raw_http_camera(respond) as url:
        camera = Camera("front", settings_of(url, timeout=0.5), timing=Timing(tick=0.05))
        camera.start()
        try:
            await failed(camera)
            assert "does not answer within 0.5 s" in str(camera.last_error)
        finally:
            stop.set()
            await camera.stop()


@pytest.mark.parametrize("content_type", [b"video/mp2t", b"application/octet-stream"])
@pytest.mark.parametrize("kind", ["auto", "video"])
def test_mpeg_ts_over_http(opened: OpenUrl, content_type: bytes, kind: str) -> None:
    pieces = transport_stream(60, key_frames=range(0, 60, 10))

    def respond(_request: bytes) -> Iterator[bytes]:
        yield OK + b"Content-Type: " + content_type + b"\r\n\r\n"
        yield from list(endless(pieces, 0))[1:]
        time.sleep(1)

    with raw_http_camera(respond) as url:
        camera = opened(url, kind=kind, timeout=3)
        for _ in range(3):
            assert_shows_colour(frame_of(camera))
        camera.close()


def test_hls_is_paced(opened: OpenUrl) -> None:
    segment = b"".join(transport_stream(15))
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.5,\n0.ts\n#EXTINF:1.5,\n1.ts\n"

    def respond(request: bytes) -> list[bytes]:
        if b".ts" in request:
            return [TS, segment]
        return [OK + b"Content-Type: application/vnd.apple.mpegurl\r\n\r\n" + playlist]

    with raw_http_camera(respond) as url:
        camera = opened(url.replace("/x", "/x.m3u8"), timeout=3)
        start = time.monotonic()
        for _ in range(8):
            assert_shows_colour(frame_of(camera))
        assert time.monotonic() - start > 0.4, "10 frames per second"
        camera.close()


def test_mpeg_ts_over_udp(opened: OpenUrl) -> None:
    port = free_port()
    stopping = threading.Event()
    pieces = transport_stream(20, key_frames=range(0, 20, 5))

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, contextlib.suppress(OSError):
            while not stopping.is_set():
                data = b"".join(pieces)
                for start in range(0, len(data), 7 * 188):
                    sender.sendto(data[start : start + 7 * 188], ("127.0.0.1", port))
                    stopping.wait(0.05)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        assert_shows_colour(frame_of(opened(f"udp://127.0.0.1:{port}", timeout=5)))
    finally:
        stopping.set()
        thread.join()


def test_kinds_of_http_need_an_http_address() -> None:
    camera = UrlCamera(
        CameraSettings(source=UrlSource(url="rtmp://cam/x", kind="snapshot")),  # type: ignore[arg-type]
        Wakeup(),
    )
    with pytest.raises(SourceError, match="kind snapshot needs an HTTP address, not rtmp://"):
        camera.open()


async def test_a_connection_that_ends_while_no_picture_is_wanted_is_no_failure() -> None:
    pieces = transport_stream(110, key_frames=range(0, 110, 10))
    connections: list[bytes] = []

    def respond(request: bytes) -> Iterator[bytes]:
        connections.append(request)
        yield from endless(pieces, 0.015)

    with raw_http_camera(respond) as url:
        settings = CameraSettings(source=UrlSource(url=url, kind="video", timeout=0.5))  # type: ignore[arg-type]
        camera = Camera("front", settings, timing=Timing(tick=0.05))
        failures: list[str | None] = []
        camera.add_listener(lambda: failures.append(camera.last_error))
        camera.start()
        try:
            await running(camera)
            await until(lambda: len(connections) >= 3, "two more connections")
            assert not any(failures)
            assert camera.stats.restarts == 0
        finally:
            await camera.stop()
