"""The body of an HTTP response as it arrives, decompressed."""

from __future__ import annotations

import zlib
from http.client import HTTPResponse

from mqttcam.camera.source import SourceError


class Body:
    """A stream of bytes that does not end at the Content-Length, which some cameras count wrongly.

    Attributes:
        length: the announced number of bytes; `None` if it is not announced, or if the body is compressed.
    """

    def __init__(self, response: HTTPResponse) -> None:
        """Raise SourceError if the response is compressed in a way that is not supported."""
        self._response = response
        self.length, response.length = response.length or None, None
        coding = response.headers.get("Content-Encoding", "identity").strip().casefold()
        self._inflater = None
        if coding in ("gzip", "x-gzip", "deflate"):
            self.length = None
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, by their headers
        elif coding not in ("", "identity"):
            raise SourceError(
                f"the response has the Content-Encoding {coding!r}; gzip and deflate are supported"
            )

    def read1(self, size: int, /) -> bytes:
        """Return at most `size` bytes as soon as there are some; `b""` at the end.

        Raises:
            SourceError: they are not compressed as announced.
        """
        if self._inflater is None:
            return self._response.read1(size)
        try:
            while not self._inflater.eof:
                packed = self._inflater.unconsumed_tail or self._response.read1(size)
                if (data := self._inflater.decompress(packed, size)) or not packed:
                    return data
        except zlib.error as error:
            raise SourceError("the response cannot be decompressed") from error
        return b""
