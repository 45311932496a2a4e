"""Decoding on demand: what is wanted is decoded, in full, and nothing else."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest

from mqttcam.camera.sources._demanded_pictures import DemandedPictures
from tests.camera.sources.test_stream_packets import container_of

av = pytest.importorskip("av")


class Decoder:
    """Counts the packets that reach a decoder."""

    def __init__(self, decoder: Any) -> None:
        self.packets = 0
        self._decoder = decoder

    def decode(self, packet: Any) -> list[Any]:
        self.packets += packet is not None
        found: list[Any] = self._decoder.decode(packet)
        return found

    def flush_buffers(self) -> None:
        self._decoder.flush_buffers()


class Stream:
    """Twenty pictures, each brighter than the one before; the first and the eleventh are keyframes."""

    def __init__(self, **options: Any) -> None:
        self.wanted = math.inf
        container = av.open(io.BytesIO(container_of("mpegts")))
        stream = container.streams.video[0]
        stream.codec_context.flags |= 1 << 19  # low_delay, as for a network camera
        self.decoder = Decoder(stream.codec_context)
        self._pictures = DemandedPictures(self.decoder, lambda: self.wanted, **options)
        self._packets = (packet for packet in container.demux(stream) if packet.size)

    def next(self, count: int = 1) -> list[int | None]:
        """Return the brightness of the next pictures; None for those that are not decoded."""
        found: list[int | None] = []
        for _ in range(count):
            pictures = self._pictures.decode(next(self._packets))
            found.append(None if pictures is None else round(float(np.mean(pictures[0].to_ndarray("gray")))))
        return found


EVERY = Stream().next(20)


def test_every_picture_while_they_are_wanted() -> None:
    assert None not in EVERY
    assert sorted(EVERY) == EVERY  # type: ignore[type-var]


def test_nothing_is_decoded_while_nothing_is_wanted_and_the_next_one_is_whole() -> None:
    stream = Stream()
    stream.wanted = 0
    assert stream.next(6) == [EVERY[0], *[None] * 5], "the first proves that it can be decoded"
    assert stream.decoder.packets == 1
    stream.wanted = math.inf
    assert stream.next(2) == EVERY[6:8]
    assert stream.decoder.packets == 8
    stream.wanted = 0
    assert stream.next(10) == [None] * 10
    assert stream.decoder.packets == 8
    stream.wanted = math.inf
    assert stream.next(2) == EVERY[18:]
    assert stream.decoder.packets == 18, "from the keyframe before it"


def test_keyframes_suffice_for_slow_pictures() -> None:
    stream = Stream()
    stream.next(11)  # a second from one keyframe to the next
    stream.wanted = 0.5
    assert stream.next(4) == [None] * 4
    stream.wanted = math.inf
    assert stream.next(5) == EVERY[15:]

    slow = Stream()
    slow.wanted = 1.0
    assert slow.next(10) == EVERY[:10], "it is not known yet how often keyframes come"
    assert slow.next(10) == [EVERY[10], *[None] * 9]
    fast = Stream()
    fast.wanted = 2.0
    assert fast.next(20) == EVERY


def test_keyframes_alone_if_that_is_set() -> None:
    stream = Stream(keyframes_only=True)
    assert stream.next(20) == [EVERY[0], *[None] * 9, EVERY[10], *[None] * 9]
    assert stream.decoder.packets == 2


def test_a_very_long_group_of_pictures_is_not_kept() -> None:
    stream = Stream(max_packets=4)
    stream.wanted = 0
    stream.next(9)
    stream.wanted = math.inf
    packet = next(stream._packets)
    assert stream._pictures.decode(packet) == [], "without what it depends on"
    assert stream.next(2) == EVERY[10:12]
