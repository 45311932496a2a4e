"""WebSocket messages (RFC 6455) made once and written to the connections of many clients."""

from __future__ import annotations

import struct

import orjson

from mqttcam.video.fragments import Fragments
from mqttcam.video.unit import Unit

_FINAL = 0x80
_TEXT, _BINARY = 1, 2


def text_message(data: object) -> bytes:
    """Return JSON as a text message."""
    return _message(_TEXT, orjson.dumps(data))


def binary_message(data: bytes) -> bytes:
    """Return bytes as a binary message."""
    return _message(_BINARY, data)


def picture_message(jpeg: bytes, _ts_ns: int, _seq: int) -> bytes:
    """Return a picture as a binary message."""
    return _message(_BINARY, jpeg)


def timed_picture_message(jpeg: bytes, ts_ns: int, seq: int) -> bytes:
    """Return a picture as a binary message, after a text message with its capture time and number."""
    return text_message({"ts": ts_ns / 1e9, "seq": seq}) + _message(_BINARY, jpeg)


def _message(opcode: int, data: bytes) -> bytes:
    """Return a message of one frame (RFC 6455, 5.2). A server does not mask its data."""
    first, size = _FINAL | opcode, len(data)
    if size < 126:
        return struct.pack(">BB", first, size) + data
    if size < 0x10000:
        return struct.pack(">BBH", first, 126, size) + data
    return struct.pack(">BBQ", first, 127, size) + data


class FragmentMessages:
    """Muxes units as messages with fragments for Media Source Extensions.

    Attributes:
        header: a text message with the codec, and the initialization segment.
    """

    def __init__(self, heartbeat: float, first: Unit) -> None:
        """Begin with `first`, a keyframe, which is still to be muxed.

        Args:
            heartbeat: the longest time in seconds between two messages, for the client's information.
        """
        self._fragments = Fragments(first)
        opening = {"codec": self._fragments.codec, "heartbeat": heartbeat}
        self.header = text_message(opening) + binary_message(self._fragments.header)

    def fits(self, keyframe: Unit) -> bool:
        """Return whether the header still applies from this keyframe on; otherwise a new muxer is needed."""
        return self._fragments.fits(keyframe)

    def mux(self, unit: Unit) -> bytes:
        """Return a unit as one message. Before that of a keyframe is a text with its capture time and video time."""
        time = self._fragments.time
        message = binary_message(self._fragments.mux(unit))
        if unit.is_keyframe:
            return text_message({"ts": unit.ts_ns / 1e9, "time": time}) + message
        return message

    def close(self) -> None:
        """Free the muxer's memory."""
        self._fragments.close()
