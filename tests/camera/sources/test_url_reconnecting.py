"""A network camera that fails now and then: its connections follow each other, and its failures are logged once."""

from __future__ import annotations

import logging
import math
import time

import pytest

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.url.http_connection import PeerConnection
from mqttcam.camera.sources.url.reader_thread import Frames
from mqttcam.camera.sources.url.reconnecting import Reconnecting
from mqttcam.camera.sources.url.stream_video import StreamVideo

FRAME = Frame(0, 64, 48, jpeg=b"")


class Connections:
    """Yields the outcomes of connections in turn: `1` is a frame, text a failure; then each connection is refused."""

    def __init__(self, *outcomes: list[int | str]) -> None:
        self._outcomes = list(outcomes)
        self.made = 0

    def __call__(self) -> Frames:
        self.made += 1
        for outcome in self._outcomes.pop(0) if self._outcomes else ["cam refuses"]:
            if isinstance(outcome, str):
                raise SourceError(outcome)
            yield FRAME


def frames_of(
    connections: Connections,
    timeout: float = 60,
    peer: PeerConnection | None = None,
    *,
    is_stream: bool = True,
) -> Frames:
    video = StreamVideo(lambda: math.inf)
    return Reconnecting("cam", peer or PeerConnection(), timeout, video, lambda: is_stream)(connections)


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == level]


def test_each_kind_of_failure_is_logged_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    connections = Connections([1], [1, "cam: 503 of 17"], [1, "cam: 503 of 18"], [1], [1])
    frames = frames_of(connections)
    for _ in range(5):
        assert next(frames) is FRAME
    frames.close()
    assert lines(caplog, logging.WARNING) == [
        "cam has ended the stream; connecting again",
        "cam: 503 of 17; connecting again",
    ]
    assert lines(caplog, logging.INFO) == ["cam: frames come again, after 1 failure"] * 2


@pytest.mark.parametrize("is_stream", [True, False])
def test_five_failures_in_a_row_are_one_of_the_camera(is_stream: bool) -> None:
    connections = Connections([1])
    frames = frames_of(connections, is_stream=is_stream)
    next(frames)
    with pytest.raises(SourceError, match="cam refuses"):
        next(frames)
    assert connections.made == 5


def test_first_connection_has_to_succeed() -> None:
    connections = Connections()
    with pytest.raises(SourceError, match="cam refuses"):
        next(frames_of(connections))
    assert connections.made == 1


def test_stream_without_a_frame_for_its_timeout_has_failed() -> None:
    connections = Connections([1, "cam does not answer within 0 s"])
    frames = frames_of(connections, timeout=0)
    next(frames)
    with pytest.raises(SourceError, match="does not answer"):
        next(frames)
    assert connections.made == 1


def test_stopping_ends_the_pause() -> None:
    peer = PeerConnection()
    frames = frames_of(Connections([1]), peer=peer)
    next(frames)
    peer.end()
    start = time.monotonic()
    assert list(frames) == []
    assert time.monotonic() - start < 1


def test_a_peer_cannot_fill_the_log_with_ever_new_failures(caplog: pytest.LogCaptureFixture) -> None:
    outcomes: list[list[int | str]] = [[1, f"cam: {letter}"] for letter in "abcdefghijklmnop"]
    frames = frames_of(Connections(*outcomes, [1]))
    for _ in range(len(outcomes) + 1):
        next(frames)
    frames.close()
    assert len(lines(caplog, logging.WARNING)) == 10
