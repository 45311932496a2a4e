"""The JPEGs of an HTTP response, as cameras really send them.

They are found by their own structure, as the text between them is often wrong: cameras announce one boundary and send
another, count the bytes of a picture wrongly or not at all, or send no text between pictures. Only where a picture has
no end marker, its Content-Length or the next boundary tells where it ends.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from email.message import Message
from typing import Protocol

from mqttcam.camera.source import SourceError
from mqttcam.imaging.received import read_picture

MAX_PICTURE = 32 * 1024 * 1024
"""Bytes; nothing longer is a picture."""
_CHUNK = 64 * 1024
_MAX_TEXT = 16 * 1024
"""Bytes before a picture in which its Content-Length is looked for."""
_MAX_HEAD = 2 * 1024
"""Bytes before a picture in which its boundary is looked for."""
_START, _END, _SCAN, _TABLES = b"\xff\xd8\xff", b"\xff\xd9", b"\xff\xda", b"\xff\xc4"
_NEAR_END = 64
"""Bytes that may follow a picture within its Content-Length."""
_LENGTH = re.compile(rb"^content-length[ \t]*:[ \t]*([0-9]{1,9})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_TEXT = re.compile(rb"(?:\r?\n)?--[\x20-\x7e]+(?:\r?\n[\t\x20-\x7e]*)*\Z")
"""A boundary and the headers after it, at the end of a part."""


class Stream(Protocol):
    """A stream of bytes; `b""` marks its end."""

    def read1(self, size: int, /) -> bytes: ...


def boundary_of(content_type: str) -> bytes:
    """Return the boundary between two parts without dashes, which some cameras include and some do not."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_param("boundary")
    return (boundary if isinstance(boundary, str) else "").strip('"- ').encode("latin-1", "replace")


def pictures(stream: Stream, boundary: bytes, length: int | None = None) -> Iterator[bytes]:
    """Yield each JPEG, up to its end marker; the last one may be cut off, as the stream may have been.

    Args:
        boundary: the announced one; used only where a picture has no end marker.
        length: the Content-Length of the response if it is one picture.

    Raises:
        SourceError: a picture is too long, or the data contains none.
    """
    parser = _Parser(stream, boundary, length)
    while parser.skip_to_start():
        yield parser.picture()
        if length is not None:
            return


class _Parser:
    """The state between two reads; a picture that is being read starts at the start of the buffer."""

    def __init__(self, stream: Stream, boundary: bytes, length: int | None) -> None:
        self._stream = stream
        self._boundary = b"--" + boundary
        self._length = length
        self._trusts_length = True
        self._buffer = bytearray()
        self._searched = 0
        self._in_scan = False

    def skip_to_start(self) -> bool:
        """Drop what is before the next picture; return False at the end of the stream."""
        skipped = searched = 0
        buffer = self._buffer
        while (start := buffer.find(_START, searched)) < 0:
            if (extra := len(buffer) - _MAX_TEXT) > 0:
                del buffer[:extra]
                skipped += extra
            if skipped > MAX_PICTURE:
                raise SourceError("the stream has no JPEGs")
            searched = max(0, len(buffer) - len(_START) + 1)
            if skipped + len(buffer) >= (self._length or math.inf) or not self._fill():
                return False
        lengths = _LENGTH.findall(buffer, max(0, start - _MAX_TEXT), start)
        if lengths:
            self._length = int(lengths[-1])
        del buffer[:start]
        return True

    def picture(self) -> bytes:
        """Take the picture, and forget its length."""
        length, self._length = self._length, None
        if length and self._trusts_length:
            if end := self._end_by_length(length):
                return self._take(end)
            self._trusts_length = False
        self._searched, self._in_scan = len(_END), False
        while (end := self._end_by_marker()) is None:
            if length and len(self._buffer) >= length:
                if _is_complete(bytes(memoryview(self._buffer)[:length])):
                    return self._take(length)
                length = None
            if not self._fill():
                return self._take(self._end_before_text(len(self._buffer)))
        return self._take(end)

    def _end_by_length(self, length: int) -> int | None:
        """Return where the picture ends; `None` if its length is wrong, or its end marker is missing."""
        while len(self._buffer) < length:
            if self._buffer[-2 * len(_END) :].rstrip(b"\r\n").endswith(_END):
                # Perhaps the length is too large, and nothing else comes.
                self._searched, self._in_scan = len(_END), False
                if end := self._end_by_marker():
                    return end
            if length > MAX_PICTURE or not self._fill():
                return None
        end = self._buffer.rfind(_END, max(0, length - _NEAR_END), length)
        return end + len(_END) if end >= 0 else None

    def _end_by_marker(self) -> int | None:
        """Return where the picture ends, be it that another one starts; `None` if more has to come.

        Segments are skipped by their length: they may contain whole JPEGs.
        """
        buffer = self._buffer
        while True:
            at = self._searched
            if self._in_scan:
                end = buffer.find(_END, at)
                limit = end if end >= 0 else len(buffer)
                start, *segments = (buffer.find(marker, at, limit) for marker in (_START, _TABLES, _SCAN))
                segment = min((found for found in segments if found >= 0), default=-1)
                if start >= 0 and not 0 <= segment < start:
                    return self._end_before_text(start)
                if segment < 0:
                    self._searched = max(at, len(buffer) - len(_START) + 1)
                    return end + len(_END) if end >= 0 else None
                self._searched, self._in_scan = segment, False
            elif len(buffer) < at + 4:
                return None
            elif buffer.startswith(_END, at):
                return at + len(_END)
            elif buffer.startswith(_START, at):
                return at
            elif buffer.startswith(b"\xff\xff", at):  # fill bytes may precede a marker (ITU-T T.81, B.1.1.2)
                self._searched += 1
            else:
                self._in_scan = buffer[at] != 0xFF or buffer.startswith(_SCAN, at)
                if buffer[at] == 0xFF:
                    self._searched += 2 + int.from_bytes(buffer[at + 2 : at + 4], "big")

    def _end_before_text(self, end: int) -> int:
        """Return where a picture without an end marker ends, if what precedes `end` is the start of the next part."""
        first = max(0, end - _MAX_HEAD)
        text = _TEXT.search(self._buffer, first, end)
        found = text.start() if text else self._buffer.rfind(self._boundary, first, end)
        return found if found > 0 else end

    def _take(self, end: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:end])
        del self._buffer[:end]
        return taken

    def _fill(self) -> bool:
        if len(self._buffer) > MAX_PICTURE:
            raise SourceError(f"a picture of the stream is longer than {MAX_PICTURE} bytes")
        data = self._stream.read1(_CHUNK)
        self._buffer += data
        return bool(data)


def _is_complete(jpeg: bytes) -> bool:
    """Return whether nothing but the end marker is missing."""
    try:
        read_picture(jpeg)
    except ValueError:
        return False
    return True
