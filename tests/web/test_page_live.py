"""The page's video in a real browser: it plays, stays close to the newest frame, comes back, and gives way to MJPEG."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from mqttcam.settings.video import VideoSettings
from mqttcam.video.encoder import VideoUnavailable
from mqttcam.video.fragments import Fragments
from mqttcam.video.unit import Unit
from mqttcam.web import live, messages
from mqttcam.web.video_streams import VideoClient
from tests.camera.sources.raw_http_camera import raw_http_camera
from tests.support.sounding import sounding
from tests.support.video import COLOUR, transport_stream
from tests.web.browser import Page
from tests.web.serving import Served, serving_in_thread

pytest.importorskip("av")

ONE = {"front": {"name": "Front door", "size": "320x240", "frame_rate": 10}}
PLAYS = "return Boolean(document.querySelector('.picture > video:not([hidden])')?.videoWidth)"
NO_WEBSOCKET = (
    "window.WebSocket = class { constructor() { setTimeout(() => this.onclose?.()); } close() {} };"
)
_FRAMES = """
const video = document.querySelector(".picture > video"), {buffered} = video;
const {totalVideoFrames, droppedVideoFrames} = video.getVideoPlaybackQuality();
return [totalVideoFrames, droppedVideoFrames, buffered.length, buffered.end(0) - video.currentTime];
"""
_EXTREMES = """
const canvas = new OffscreenCanvas(32, 24), drawing = canvas.getContext("2d");
drawing.drawImage(document.querySelector(".picture > video"), 0, 0, 32, 24);
const {data} = drawing.getImageData(0, 0, 32, 24);
const greys = Array.from({length: 32 * 24}, (_, i) => (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3);
return [Math.min(...greys), Math.max(...greys)];
"""


_SOUND = """
const {muted, webkitAudioDecodedByteCount} = document.querySelector(".picture > video");
return [muted, webkitAudioDecodedByteCount];
"""


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Served, asyncio.AbstractEventLoop]]:
    with serving_in_thread(ONE) as found:
        yield found


@pytest.fixture
def served(running: tuple[Served, asyncio.AbstractEventLoop]) -> Served:
    return running[0]


@pytest.fixture
def front(page: Page, served: Served) -> Page:
    """The page of the one camera, playing."""
    page.open(served.url)
    plays(page)
    return page


def plays(page: Page) -> None:
    page.find(".stage[data-status=running]")
    page.until(lambda: page.script(PLAYS), "video")
    assert page.moves()


def shows_pictures(page: Page, served: Served) -> None:
    page.until(lambda: page.all(".picture > video[hidden]"), "pictures instead of video")
    page.find(".stage[data-status=running]")
    assert page.moves()
    assert page.picture_width() == 320
    assert served.streams.count(served.front) == 1


def test_frames_are_shown_soon_and_without_a_hole(front: Page, served: Served) -> None:
    """How many and how soon exactly is measured by `tests/bench/live.py`: a busy machine drops frames."""
    before = front.script(_FRAMES)
    front.until(lambda: front.script(_FRAMES)[0] >= before[0] + 40, "40 frames")
    frames, dropped, ranges, behind = front.script(_FRAMES)
    assert ranges == 1
    assert not front.find(".stage").find_elements("css selector", "[aria-label^=Sound]:not([hidden])")
    assert dropped - before[1] <= 0.25 * (frames - before[0])
    assert behind < 2
    assert served.streams.count(served.front) == 0, "no JPEG is encoded for it"
    assert front.text(".badge") == "Live"


def test_what_is_too_far_behind_is_skipped(front: Page) -> None:
    front.until(lambda: front.script("return document.querySelector('video').buffered.end(0) > 3"), "3 s")
    front.script("const video = document.querySelector('video'); video.currentTime = video.buffered.start(0)")
    front.until(lambda: front.script(_FRAMES)[3] < 1, "the newest frames")
    assert front.moves()


def test_the_video_of_a_network_camera_is_shown_as_it_is(page: Page) -> None:
    """With several slices per picture and delimiters, as cameras make it."""
    pieces = transport_stream(
        150,
        key_frames=range(0, 150, 5),
        size=(320, 240),
        profile="high",
        **{"x264-params": "slices=4:aud=1"},
    )

    def respond(_request: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n\r\n"
        for piece in pieces:
            yield piece
            time.sleep(0.1)

    with raw_http_camera(respond) as url:
        source = {"type": "url", "url": url, "kind": "video"}
        with serving_in_thread({"front": {"source": source, "size": None}}) as (served, _loop):
            page.open(served.url)
            page.until(lambda: page.script(PLAYS), "video")
            assert served.front.video.encoder == "copy"
            assert page.picture_width() == 320
            darkest, brightest = page.script(_EXTREMES)
            assert brightest - darkest < 5, "all slices are there"
            assert darkest == pytest.approx(sum(COLOUR) / 3, abs=15)


def test_sound_is_muted_until_it_is_wanted(page: Page) -> None:
    pieces = sounding(60, "flv", "pcm_alaw", 8000)

    def respond(_request: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\n"
        for piece in pieces:
            yield piece
            time.sleep(0.1)

    with raw_http_camera(respond) as url:
        source = {"type": "url", "url": url, "kind": "video"}
        with serving_in_thread({"front": {"source": source, "size": None}}) as (served, _loop):
            page.open(served.url)
            plays(page)
            button = page.find(".tools [aria-label^=Sound]")
            assert page.script(_SOUND)[0], "muted"
            button.click()
            muted, decoded = page.script(_SOUND)
            assert not muted
            assert button.get_attribute("aria-pressed") == "true"
            page.until(lambda: page.script(_SOUND)[1] > decoded, "more sound")
            frames = page.script(_FRAMES)[0]
            page.until(lambda: page.script(_FRAMES)[0] >= frames + 20, "20 frames")
            page.until(lambda: page.script(_FRAMES)[2] == 1, "sound and picture without a hole")
            assert page.script(_SOUND)[0] is False, "it goes on"
            button.click()
            assert page.script(_SOUND)[0]


def test_a_hidden_page_receives_nothing(front: Page, served: Served) -> None:
    hide = """Object.defineProperty(document, "hidden", {value: arguments[0], configurable: true});
    document.dispatchEvent(new Event("visibilitychange"))"""
    front.script(hide, True)
    front.until(lambda: served.server.viewers == 0, "no viewer")
    assert not front.script(PLAYS)
    front.script(hide, False)
    plays(front)


def test_another_size_while_it_plays(
    front: Page, served: Served, running: tuple[Served, asyncio.AbstractEventLoop]
) -> None:
    smaller = VideoSettings.model_validate({"size": "160x120"})
    running[1].call_soon_threadsafe(served.front.video.configure, smaller)
    front.until(lambda: front.picture_width() == 160, "the new size")
    assert front.moves()


def test_it_comes_back_after_a_failure_of_the_stream(
    front: Page, served: Served, running: tuple[Served, asyncio.AbstractEventLoop]
) -> None:
    stream = front.script("return document.querySelector('.stage').dataset.stream")
    camera_stream = served.server._context.fragment_streams._streams[served.front]
    running[1].call_soon_threadsafe(camera_stream.fail, "a test")
    front.until(
        lambda: front.script("return document.querySelector('.stage').dataset.stream") != stream, "another"
    )
    plays(front)


def test_a_browser_with_a_managed_media_source_alone(page: Page, served: Served) -> None:
    """As on iPhones; Chromium's own one stands in for it."""
    with page.prepared("window.ManagedMediaSource = MediaSource; delete window.MediaSource"):
        page.open(served.url)
        plays(page)


@pytest.mark.parametrize(
    "script", ["delete window.MediaSource", NO_WEBSOCKET], ids=["no media source", "no WebSocket"]
)
def test_a_browser_that_cannot_shows_pictures(page: Page, served: Served, script: str) -> None:
    with page.prepared(script):
        page.open(served.url)
        shows_pictures(page, served)


def test_a_server_without_video_shows_pictures(
    page: Page, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise VideoUnavailable("video needs PyAV")

    monkeypatch.setattr(live, "check_available", missing)
    page.open(served.url)
    shows_pictures(page, served)


def test_a_codec_that_the_browser_does_not_have_shows_pictures(
    page: Page, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hevc(Fragments):
        def __init__(self, first: Unit) -> None:
            super().__init__(first)
            self.codec = "hvc1.1.6.L60.90"

    monkeypatch.setattr(messages, "Fragments", Hevc)
    page.open(served.url)
    shows_pictures(page, served)


def test_a_connection_that_is_too_slow_for_video_shows_pictures(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, groups = VideoClient.offer, [0]

    def lose_every_other_group(
        client: VideoClient, chunk: bytes, header: bytes, *, is_keyframe: bool
    ) -> None:
        groups[0] += is_keyframe
        if groups[0] % 2:
            real(client, chunk, header, is_keyframe=is_keyframe)

    monkeypatch.setattr(VideoClient, "offer", lose_every_other_group)
    cameras = {"front": ONE["front"] | {"video": {"keyframe_interval": 0.25}}}
    with serving_in_thread(cameras) as (served, _loop):
        page.open(served.url)
        shows_pictures(page, served)
        assert groups[0] >= 10, "it does not give up at the first loss"


def test_an_encoder_that_does_not_open_shows_pictures(page: Page) -> None:
    cameras = {"front": ONE["front"] | {"video": {"encoder": "h264_v4l2m2m"}}}
    with serving_in_thread(cameras) as (served, _loop):
        page.open(served.url)
        shows_pictures(page, served)
