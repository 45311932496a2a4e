"""HTTP cameras that speak a dialect, fail now and then, or send slowly."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import pytest

from mqttcam.camera.source import SourceError
from tests.camera.sources.conftest import OpenUrl
from tests.camera.sources.raw_http_camera import raw_http_camera
from tests.camera.sources.reading import failure_of, frame_of
from tests.support.pictures import claiming, jpeg
from tests.support.waiting import wait_for

PICTURE = jpeg(64, 48)
OK = b"HTTP/1.1 200 OK\r\n"
SNAPSHOT = b"Content-Type: image/jpeg\r\nConnection: close\r\n\r\n" + PICTURE
MULTIPART = b"Content-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"
PART = b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(PICTURE) + PICTURE + b"\r\n"


@pytest.mark.parametrize(
    "head",
    [
        OK + b"Server: GoAhead\r\nTue, 12 Jun 2012 01:56:34 GMT\r\n",
        OK + b"X-Frame-Options : SAMEORIGIN\r\n",
        OK + b": nothing\r\n\xff\xfe\r\nX: y\r\n",
        b"ICY 200 OK\r\n",
        b"",
    ],
    ids=["no name", "space before the colon", "nonsense", "ICY", "no status line"],
)
def test_header_line_that_is_not_valid_hides_no_other(opened: OpenUrl, head: bytes) -> None:
    with raw_http_camera(lambda _: [head + MULTIPART, PART, PART]) as url:
        camera = opened(url, timeout=2)
        assert frame_of(camera).jpeg == PICTURE
        camera.close()


def test_snapshot_that_is_multipart_is_its_first_part(opened: OpenUrl) -> None:
    with raw_http_camera(lambda _: [OK + MULTIPART, PART, b"--b--"]) as url:
        assert frame_of(opened(url, kind="snapshot", timeout=2)).jpeg == PICTURE


def test_snapshots_that_fail_now_and_then_are_left_out(opened: OpenUrl) -> None:
    requests = 0

    def respond(_request: bytes) -> list[bytes]:
        nonlocal requests
        requests += 1
        fails = requests % 3 == 0
        return [b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" if fails else OK + SNAPSHOT]

    with raw_http_camera(respond) as url:
        camera = opened(url, interval=0.05, timeout=2)
        for _ in range(10):
            assert frame_of(camera).jpeg == PICTURE
        camera.close()
    assert requests > 12


def test_snapshots_that_always_fail_are_a_failure(opened: OpenUrl) -> None:
    responses = iter([OK + SNAPSHOT])
    with raw_http_camera(
        lambda _: [next(responses, b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")]
    ) as url:
        assert "responds with status 503" in failure_of(opened(url, interval=0.05, timeout=2))


def endless(start: bytes, piece: bytes) -> Iterator[bytes]:
    yield start
    while True:
        time.sleep(0.05)
        yield piece


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (OK + b"X-", b"a"),
        (OK, b"X-a: b\r\n"),
        (OK + MULTIPART + b"--b\r\nContent-Length: 30000000\r\n\r\n\xff\xd8", b"x"),
        (OK + b"Content-Type: image/jpeg\r\n\r\n\xff\xd8", b"x"),
        (OK + MULTIPART, b"--b\r\nContent-Length: 0\r\n\r\n\r\n" * 100),
    ],
    ids=["header", "headers", "part", "snapshot", "empty parts"],
)
def test_camera_that_sends_slowly_fails_in_time_and_leaves_nothing_behind(
    opened: OpenUrl, start: bytes, piece: bytes
) -> None:
    with raw_http_camera(lambda _: endless(start, piece)) as url:
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(2):
            started = time.monotonic()
            with pytest.raises(SourceError):
                opened(url, timeout=0.5)
            assert time.monotonic() - started < 30
        wait_for(
            lambda: not [one for one in threading.enumerate() if one.name.startswith("reader-")],
            "the threads have ended",
        )
        # The server's own ends may be open until its next write.
        wait_for(lambda: len(os.listdir("/proc/self/fd")) <= before, "the sockets are closed")


def test_closing_frees_the_thread_of_a_camera_that_has_stalled(opened: OpenUrl) -> None:
    def stall(_request: bytes) -> Iterator[bytes]:
        yield OK + MULTIPART + PART
        time.sleep(3)

    with raw_http_camera(stall) as url:
        camera = opened(url, timeout=60)
        frame_of(camera)
        camera.close()
        assert not [one for one in threading.enumerate() if one.name.startswith("reader-")]


def test_picture_that_would_take_all_memory_is_left_out(opened: OpenUrl) -> None:
    bomb = claiming(65500, 65500)
    part = b"--b\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb + b"\r\n"
    with raw_http_camera(lambda _: [OK + MULTIPART, part, PART]) as url:
        assert frame_of(opened(url, timeout=2)).jpeg == PICTURE
