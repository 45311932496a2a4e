"""Audio in MPEG-TS: the length in a PES packet is that of its data, however much audio a picture has."""

from __future__ import annotations

import pytest

from mqttcam.camera.audio_packet import FRAME_SAMPLES, AudioFormat
from mqttcam.video.aac import with_header
from mqttcam.video.transport_audio import PACKET, TransportAudio
from mqttcam.video.unit import CLOCK, AudioFrame

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
    found = pes_packets(TransportAudio(FORMAT).mux(frames))
    for packet in found:
        assert int.from_bytes(packet[4:6], "big") == len(packet) - 6
    assert b"".join(packet[9 + packet[8] :] for packet in found) == b"".join(
        with_header(frame.data, FORMAT) for frame in frames
    )
    assert len(found) == -(-count // 80)
