"""Audio in MPEG-TS: the length in a PES packet is that of its data, however much audio a picture has."""

from __future__ import annotations

import io

import pytest

from mqttcam.camera.audio_packet import FRAME_SAMPLES, AudioFormat
from mqttcam.video.aac import with_header
from mqttcam.video.transport_audio import PACKET, TransportAudio
from mqttcam.video.transport_stream import TransportStream
from mqttcam.video.unit import CLOCK, AudioFrame, Unit

av = pytest.importorskip("av")

from mqttcam.video.aac import silent_frame  # noqa: E402 - it needs PyAV
from tests.support.video import transport_stream  # noqa: E402 - likewise

FORMAT = AudioFormat(48000, 2)
STEP = FRAME_SAMPLES * CLOCK // FORMAT.rate


def pes_packets(data: bytes) -> list[bytes]:
    """Return the PES packets of one stream, without checking them."""
    found: list[bytes] = []
    for start in range(0, len(data), PACKET):
        packet = data[start : start + PACKET]
        assert packet[0] == 0x47
        begin = 5 + packet[4] if packet[3] & 0x20 else 4
        if packet[1] & 0x40:
            found.append(b"")
        found[-1] += packet[begin:]
    return found


@pytest.mark.parametrize("count", [1, 80, 81, 400])
def test_audio_after_a_long_gap_in_the_video(count: int) -> None:
    """A camera with 320 kbit/s gives more than 64 kB, the most of a PES packet, in two seconds."""
    frames = tuple(AudioFrame(bytes((number % 251,)) * 811, number * STEP) for number in range(count))
    found = pes_packets(TransportAudio(FORMAT).mux(frames, 0))
    for packet in found:
        assert int.from_bytes(packet[4:6], "big") == len(packet) - 6
    assert b"".join(packet[9 + packet[8] :] for packet in found) == b"".join(
        with_header(frame.data, FORMAT) for frame in frames
    )
    assert len(found) == -(-count // 80)


def test_time_stamps_of_audio_before_the_first_picture() -> None:
    """A time stamp below 0 would be that of 26 hours later: Home Assistant then starts the stream again."""
    with av.open(io.BytesIO(b"".join(transport_stream(10)))) as container:
        pictures = [bytes(packet) for packet in container.demux(video=0) if packet.dts is not None]
    units = [
        Unit(
            picture,
            number * CLOCK // 10,
            number,
            number == 0,
            64,
            48,
            audio=(AudioFrame(silent_frame(FORMAT), (number - 1) * CLOCK // 10 + STEP),),
            audio_format=FORMAT,
        )
        for number, picture in enumerate(pictures)
    ]
    assert units[0].audio[0].pts < 0
    stream = TransportStream(units[0])
    with av.open(io.BytesIO(b"".join(map(stream.mux, units)))) as container:
        times = [
            float(packet.dts * packet.time_base) for packet in container.demux() if packet.dts is not None
        ]
    assert len(times) == 2 * len(units)
    assert 0 <= min(times) <= max(times) < 3
