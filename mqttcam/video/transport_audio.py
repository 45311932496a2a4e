"""AAC in MPEG-TS (ISO/IEC 13818-1), beside the video that FFmpeg muxes.

FFmpeg's muxer would hold each picture back until it has the audio of the same time.
"""

from __future__ import annotations

from mqttcam.camera.audio_packet import AudioFormat
from mqttcam.video.aac import with_header
from mqttcam.video.unit import AudioFrame

PACKET = 188
_SYNC = 0x47
_PAYLOAD = PACKET - 4
_PROGRAM_MAP_PID, _AUDIO_PID = 0x1000, 0x0101
"""FFmpeg's, as the PID of its first stream is 0x0100."""
_ADTS = 0x0F
"""The stream type of AAC with ADTS headers (ISO/IEC 13818-1, table 2-34)."""
_STREAM_ID = 0xC0
_MAX_PES_DATA = 0xFFFF - 8
"""Bytes of a PES packet, whose length has 16 bits (2.4.3.6), after the rest of its header."""
_PTS_MASK = (1 << 33) - 1
_CRC_POLYNOMIAL = 0x04C11DB7


class TransportAudio:
    """Makes packets of one audio stream."""

    def __init__(self, audio_format: AudioFormat) -> None:
        self._format = audio_format
        self._counter = 0

    def declare(self, chunk: bytes) -> bytes:
        """Return a chunk in whose first packets the program map has the audio, too."""
        for start in range(0, len(chunk), PACKET):
            pid = int.from_bytes(chunk[start + 1 : start + 3], "big") & 0x1FFF
            if pid == _PROGRAM_MAP_PID:
                end = start + PACKET
                return chunk[:start] + _with_audio(chunk[start:end]) + chunk[end:]
        return chunk

    def mux(self, frames: tuple[AudioFrame, ...], start: int) -> bytes:
        """Return frames, which follow one another without a gap, as packets of 188 bytes.

        Args:
            start: added to their time stamps.
        """
        muxed, data, pts = b"", b"", 0
        for frame in frames:
            one = with_header(frame.data, self._format)
            if data and len(data) + len(one) > _MAX_PES_DATA:
                muxed, data = muxed + self._packets(_pes_header(len(data), pts) + data), b""
            if not data:
                pts = start + frame.pts
            data += one
        return muxed + self._packets(_pes_header(len(data), pts) + data) if data else muxed

    def _packets(self, pes: bytes) -> bytes:
        packets = []
        for start in range(0, len(pes), _PAYLOAD):
            payload = pes[start : start + _PAYLOAD]
            first = 0x40 if start == 0 else 0
            padding = _PAYLOAD - len(payload)
            control = 0x10 | (0x20 if padding else 0) | self._counter
            self._counter = (self._counter + 1) & 0x0F
            packets += [
                bytes((_SYNC, first | _AUDIO_PID >> 8, _AUDIO_PID & 0xFF, control)),
                _stuffing(padding),
            ]
            packets.append(payload)
        return b"".join(packets)


def _stuffing(size: int) -> bytes:
    """Return an adaptation field (2.4.3.4) of `size` bytes."""
    if size < 2:
        return bytes(size)
    return bytes((size - 1, 0)) + b"\xff" * (size - 2)


def _pes_header(size: int, pts: int) -> bytes:
    """Return the header of a PES packet (2.4.3.6) with `size` bytes of data."""
    pts &= _PTS_MASK
    stamp = bytes(
        (
            0x21 | pts >> 29 & 0x0E,
            pts >> 22 & 0xFF,
            0x01 | pts >> 14 & 0xFE,
            pts >> 7 & 0xFF,
            0x01 | pts << 1 & 0xFE,
        )
    )
    length = size + 3 + len(stamp)
    return bytes((0, 0, 1, _STREAM_ID, length >> 8 & 0xFF, length & 0xFF, 0x84, 0x80, len(stamp))) + stamp


def _with_audio(packet: bytes) -> bytes:
    """Return the packet of a program map (2.4.4.8) with the audio added."""
    header, section = packet[:5], packet[5:]  # the pointer is 0
    length = int.from_bytes(section[1:3], "big") & 0x0FFF
    entry = bytes((_ADTS, 0xE0 | _AUDIO_PID >> 8, _AUDIO_PID & 0xFF, 0xF0, 0))
    body = section[3 : 3 + length - 4] + entry
    longer = len(body) + 4
    section = bytes((section[0], section[1] & 0xF0 | longer >> 8, longer & 0xFF)) + body
    section += _crc(section).to_bytes(4, "big")
    return (header + section).ljust(PACKET, b"\xff")


def _crc(data: bytes) -> int:
    """Return the CRC-32 of a section (ISO/IEC 13818-1, annex A)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (_CRC_POLYNOMIAL if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc
