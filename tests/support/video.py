"""Real videos of known colours."""

from __future__ import annotations

import io
from collections.abc import Container
from pathlib import Path
from typing import Any

import av
import numpy as np

COLOUR = (200, 40, 90)
BT709, BT601 = 1, 5
LIMITED, FULL = 1, 2


def transport_stream(
    count: int = 30,
    *,
    key_frames: Container[int] = (0,),
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    **options: Any,
) -> list[bytes]:
    """Return MPEG-TS with H.264 or H.265 of one colour, 10 frames per second, in pieces of one frame."""
    pieces = []
    sink = io.BytesIO()
    picture = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), COLOUR, np.uint8), format="rgb24")
    with av.open(sink, "w", format="mpegts", options={"flush_packets": "1"}) as container:
        stream: Any = container.add_stream(
            codec, rate=10, options={"g": "10000", "tune": "zerolatency", "threads": "1", **options}
        )
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(count):
            frame = picture.reformat(format="yuv420p")
            frame.pict_type = av.video.frame.PictureType.I if number in key_frames else 0
            for packet in stream.encode(frame):
                container.mux(packet)
                pieces.append(sink.getvalue())
                sink.seek(0)
                sink.truncate()
        for packet in stream.encode():
            container.mux(packet)
    return [*pieces, sink.getvalue()]


def video(path: Path, count: int = 5, size: tuple[int, int] = (64, 48), **options: Any) -> Path:
    """Write a video of one colour; its upper left quarter is black, its frames get brighter with `fade`."""
    pixels = np.empty((size[1], size[0], 3), np.uint8)
    space, limits = options.get("space", BT601), options.get("limits", LIMITED)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            options.get("codec", "libx264"), rate=10, options=options.get("options", {})
        )
        stream.width, stream.height = size
        stream.pix_fmt = options.get("pixels", "yuv420p")
        if options.get("named", True):
            stream.codec_context.colorspace, stream.codec_context.color_range = space, limits
        for number in range(count):
            pixels[:] = number * 40 if options.get("fade") else COLOUR
            pixels[: size[1] // 2, : size[0] // 2] = 0
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            converted = frame.reformat(format=stream.pix_fmt, dst_colorspace=space, dst_color_range=limits)
            for packet in stream.encode(converted):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path
