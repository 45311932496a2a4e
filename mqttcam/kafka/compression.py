"""Decompresses the messages of writers with `data_compression`, within a limit: some bytes may become gigabytes."""

from __future__ import annotations

import io
import zlib


def decompress(data: bytes, algorithm: str, max_bytes: int) -> bytes:
    """Return decompressed data.

    Args:
        algorithm: `gzip` (which SINETStream writes in zlib's format) or `zstd`.

    Raises:
        ValueError: it is not in this format, is incomplete, or becomes more than `max_bytes`.
    """
    if algorithm == "zstd":
        found = _zstd(data, max_bytes)
    else:
        try:
            stream = zlib.decompressobj()
            found = stream.decompress(data, max_bytes + 1)
        except zlib.error as error:
            raise ValueError(str(error)) from None
        if not stream.eof and len(found) <= max_bytes:
            raise ValueError("the compressed data is incomplete")
    if len(found) > max_bytes:
        raise ValueError(f"it is decompressed to more than max_bytes, {max_bytes}")
    return found


def _zstd(data: bytes, max_bytes: int) -> bytes:
    import zstandard

    try:
        with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)) as reader:
            return reader.read(max_bytes + 1)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None
