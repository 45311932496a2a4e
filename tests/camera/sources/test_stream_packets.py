"""Packets of containers as they are, with their parameter sets before each keyframe, once."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest

from mqttcam.camera.sources._stream_packets import StreamPackets, passable
from mqttcam.camera.video_packet import VideoPacket
from mqttcam.imaging.annex_b import nal_units, parameter_sets, with_parameter_sets

av = pytest.importorskip("av")

SETS = {"h264": [7, 8], "hevc": [32, 33, 34]}
FULL = 100_000_000


def container_of(
    name: str, codec: str = "libx264", size: tuple[int, int] = (64, 48), count: int = 20
) -> bytes:
    """Return a container with frames of which every tenth is a keyframe."""
    sink = io.BytesIO()
    options = {"g": "10", "tune": "zerolatency", "x265-params": "log-level=none:bframes=0:keyint=10"}
    with av.open(sink, "w", format=name) as container:
        stream = container.add_stream(codec, rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(count):
            picture = np.full((size[1], size[0], 3), 8 * number, np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return sink.getvalue()


def packets_of(data: bytes, max_pixels: int = FULL, wanted_from: int = 0) -> list[VideoPacket]:
    """Return what is passed on of a container, from packet number `wanted_from` on."""
    found: list[VideoPacket] = []

    def deliver(packet: VideoPacket) -> None:
        found.append(packet)

    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        codec = passable(stream.codec_context.name)
        assert codec is not None
        packets = StreamPackets(av, codec, max_pixels, stream)
        for number, packet in enumerate(container.demux(stream)):
            if size := packet.size:
                packets.offer(packet, deliver if number >= wanted_from else None)
                assert packet.size == size, "its data are still to be decoded"
    return found


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("mpegts", "libx264"),
        ("flv", "libx264"),
        ("matroska", "libx264"),
        ("mpegts", "libx265"),
        ("matroska", "libx265"),
    ],
)
def test_each_keyframe_stands_alone_and_nothing_is_lost(name: str, codec: str) -> None:
    packets = packets_of(container_of(name, codec))
    assert [number for number, packet in enumerate(packets) if packet.is_keyframe] == [0, 10]
    assert len(packets) == 20
    for packet in packets:
        assert (packet.width, packet.height) == (64, 48)
        kinds = [kind for kind, _, _ in nal_units(packet.data, packet.codec)]
        sets = [kind for kind in kinds if kind in SETS[packet.codec]]
        assert sets == (SETS[packet.codec] if packet.is_keyframe else []), "once, and before keyframes only"
    decoder = av.CodecContext.create(packets[0].codec, "r")
    pictures = [picture for packet in packets for picture in decoder.decode(av.Packet(packet.data))]
    pictures += decoder.decode(None)
    assert len(pictures) == 20
    steps = {after.pts_ns - before.pts_ns for before, after in itertools.pairwise(packets)}  # type: ignore[operator]
    assert steps == {100_000_000}


def test_packets_of_a_transport_stream_are_untouched() -> None:
    data = container_of("mpegts")
    with av.open(io.BytesIO(data)) as container:
        raw = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    assert [packet.data for packet in packets_of(data)] == raw


@pytest.mark.parametrize("name", ["mpegts", "matroska"])
def test_they_begin_at_the_last_keyframe(name: str) -> None:
    data = container_of(name)
    packets = packets_of(data, wanted_from=3)
    assert len(packets) == 20
    assert packets[0].is_keyframe
    assert [packet._replace(ts_ns=0) for packet in packets] == [
        packet._replace(ts_ns=0) for packet in packets_of(data)
    ]


def test_they_begin_at_the_next_keyframe_if_that_is_due_soon() -> None:
    """The packets come all at once here, so each is due at once."""
    packets = packets_of(container_of("mpegts", count=30), wanted_from=13)
    assert len(packets) == 10
    assert packets[0].is_keyframe


def test_a_new_size_is_seen() -> None:
    packets = packets_of(container_of("mpegts") + container_of("mpegts", size=(128, 96)))
    sizes = [(packet.width, packet.height) for packet in packets if packet.is_keyframe]
    assert sizes == [(64, 48), (64, 48), (128, 96), (128, 96)]


def test_pictures_beyond_the_limit_are_left_out() -> None:
    assert not packets_of(container_of("mpegts", size=(256, 192)), max_pixels=64 * 48)


def test_parameter_sets_stand_behind_the_delimiter() -> None:
    sets = b"\0\0\0\1\x67ab\0\0\0\1\x68c"
    keyframe = b"\0\0\0\1\x09\x10\0\0\1\x65picture"
    whole = with_parameter_sets(keyframe, sets, "h264")
    assert whole == b"\0\0\0\1\x09\x10" + sets + b"\0\0\1\x65picture"
    assert parameter_sets(whole, "h264") == sets
    assert with_parameter_sets(b"\0\0\1\x65picture", sets, "h264") == sets + b"\0\0\1\x65picture"
    assert parameter_sets(b"\0\0\1\x68c\0\0\1\x65picture", "h264") == b"", "no SPS"
    assert parameter_sets(b"", "h264") == b""
