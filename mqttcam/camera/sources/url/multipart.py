"""The pictures of a `multipart/x-mixed-replace` response, as cameras really send it."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message
from typing import Protocol

from mqttcam.camera.source import SourceError

MAX_PICTURE = 32 * 1024 * 1024
"""Bytes; a longer part is not a picture."""
_MAX_HEADERS = 16 * 1024
_CHUNK = 64 * 1024


class Stream(Protocol):
    """A stream of bytes; `b""` marks its end."""

    def read1(self, size: int, /) -> bytes: ...


def boundary_of(content_type: str) -> bytes:
    """Return the boundary between two parts without dashes, which some cameras include and some do not."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_param("boundary")
    return (boundary if isinstance(boundary, str) else "").strip('"- ').encode("latin-1", "replace")


def pictures(stream: Stream, boundary: bytes) -> Iterator[bytes]:
    """Yield the content of each part, empty ones too: by its Content-Length, or without one, up to the next boundary.

    Raises:
        SourceError: a part is longer than any picture, or the stream is not multipart.
    """
    reader = _Reader(stream)
    marker = b"--" + boundary
    if not reader.skip_past(marker, MAX_PICTURE):
        return
    while True:
        headers = _headers(reader)
        if headers is None:
            return
        length = _length(headers)
        content = reader.exactly(length) if length is not None else reader.up_to(b"\n" + marker, MAX_PICTURE)
        if content is None:
            return
        if length is None and headers[0].endswith(b"\r"):
            content = content.removesuffix(b"\r")
        yield content
        if length is not None and not reader.skip_past(marker, MAX_PICTURE):
            return


def _headers(reader: _Reader) -> list[bytes] | None:
    """Return the lines up to the empty one, including the rest of the boundary's; some cameras end them without CR."""
    lines: list[bytes] = []
    left = _MAX_HEADERS
    while (line := reader.up_to(b"\n", left)) is not None:
        if lines and line in (b"", b"\r"):
            return lines
        lines.append(line)
        left -= len(line) + 1
    return None


def _length(headers: list[bytes]) -> int | None:
    for line in headers:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            length = int(value)
            if length > MAX_PICTURE:
                raise SourceError(
                    f"the camera announces a picture of {length} bytes, at most {MAX_PICTURE} are allowed"
                )
            return length
    return None


class _Reader:
    """Reads a stream up to a length or marker; returns `None` if it ends before that."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = bytearray()

    def exactly(self, length: int) -> bytes | None:
        while len(self._buffer) < length:
            if not self._fill():
                return None
        return self._take(length)

    def up_to(self, marker: bytes, limit: int) -> bytes | None:
        searched = 0
        while (at := self._buffer.find(marker, searched)) < 0:
            searched = max(0, len(self._buffer) - len(marker) + 1)
            if len(self._buffer) > limit:
                raise SourceError("the stream is not a multipart stream of pictures")
            if not self._fill():
                return None
        found = self._take(at)
        del self._buffer[: len(marker)]
        return found

    def skip_past(self, marker: bytes, limit: int) -> bool:
        return self.up_to(marker, limit) is not None

    def _fill(self) -> bool:
        data = self._stream.read1(_CHUNK)
        self._buffer += data
        return bool(data)

    def _take(self, length: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:length])
        del self._buffer[:length]
        return taken
