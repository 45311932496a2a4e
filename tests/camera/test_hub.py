"""Frames for every consumer."""

from __future__ import annotations

import threading

import pytest

from mqttcam.camera.frame import Frame
from mqttcam.camera.hub import Hub
from tests.camera.broken import grey_planes


class Reader:
    """Takes every frame, or fails on it."""

    def __init__(
        self, *, wants: bool = True, error: Exception | None = None, asks: Exception | None = None
    ) -> None:
        self.frames: list[Frame] = []
        self._wants, self._error, self._asks = wants, error, asks

    def wants(self, frame: Frame) -> bool:
        if self._asks is not None:
            raise self._asks
        return self._wants

    def deliver(self, frame: Frame) -> None:
        if self._error is not None:
            raise self._error
        self.frames.append(frame)


def frame() -> Frame:
    return Frame(1, 64, 48, planes=grey_planes())


def test_subscribers_get_the_frames_that_they_want() -> None:
    hub, some, none = Hub(), Reader(), Reader(wants=False)
    assert not hub.publish(frame()), "nobody is there"
    hub.subscribe(none)
    assert not hub.publish(frame())
    hub.subscribe(some)
    assert hub.publish(frame())
    hub.unsubscribe(some)
    assert not hub.publish(frame())
    assert (len(some.frames), len(none.frames)) == (1, 0)


def test_failing_subscriber_does_not_affect_the_others(caplog: pytest.LogCaptureFixture) -> None:
    hub = Hub("camera front")
    bad, worse, good = Reader(error=RuntimeError("x")), Reader(asks=KeyError("y")), Reader()
    for one in (bad, worse, good):
        hub.subscribe(one)
    for _ in range(5):
        assert hub.publish(frame())
    assert len(good.frames) == 5
    assert hub.failures == 10
    said = [record for record in caplog.records if "could not be used" in record.getMessage()]
    assert len(said) == 2, "each once"
    assert all(record.exc_info for record in said)
    assert said[0].getMessage().startswith("camera front: ")


def test_subscribers_can_unsubscribe_during_publish() -> None:
    hub = Hub()

    class Once(Reader):
        def deliver(self, frame: Frame) -> None:
            super().deliver(frame)
            hub.unsubscribe(self)

    once, after = Once(), Reader()
    hub.subscribe(once)
    hub.subscribe(after)
    hub.publish(frame())
    hub.publish(frame())
    assert (len(once.frames), len(after.frames)) == (1, 2)


def test_threads_can_subscribe_concurrently() -> None:
    hub = Hub()
    together = threading.Barrier(8)

    def subscribe() -> None:
        together.wait()
        for _ in range(200):
            kept, gone = Reader(), Reader()
            hub.subscribe(kept)
            hub.subscribe(gone)
            hub.unsubscribe(gone)

    several = [threading.Thread(target=subscribe) for _ in range(8)]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert len(hub._subscribers) == 8 * 200
