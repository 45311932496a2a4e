"""JPEGs and raw frames for tests, and what is in a JPEG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import simplejpeg


def jpeg(width: int = 320, height: int = 240, *, seed: int = 0, noise: int = 20, quality: int = 90) -> bytes:
    """Return a coloured gradient, different for each seed. `noise` (0 to 255) makes it large."""
    random = np.random.default_rng(seed)
    ramp = np.linspace(0, 255, width, dtype=np.uint8)
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    pixels[:] = ramp[None, :, None]
    pixels[:, :, seed % 3] = 255 - pixels[:, :, seed % 3]
    pixels[seed * 7 % height] = (255, 255, 255)
    if noise:
        pixels = pixels + random.integers(0, noise, pixels.shape, dtype=np.uint8)
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), quality=quality))


def claiming(width: int, height: int, start_of_frame: int = 0xC2) -> bytes:
    """A JPEG whose header claims a size, progressive (0xC2) or baseline (0xC0), with nothing in it and no end."""
    whole = jpeg(16, 16)
    frame, scan = whole.index(b"\xff\xc0"), whole.index(b"\xff\xda")
    head = bytearray(whole[: scan + 2 + int.from_bytes(whole[scan + 2 : scan + 4], "big")])
    head[frame + 1] = start_of_frame
    head[frame + 5 : frame + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    if start_of_frame == 0xC2:
        head[-3:] = b"\0\0\0"  # the first scan of a progressive JPEG has the DC coefficients alone
    return bytes(head)


def jpeg_folder(directory: Path, count: int = 4, width: int = 320, height: int = 240) -> list[bytes]:
    """Write `001.jpg` … into `directory`; return their contents in order."""
    directory.mkdir(parents=True, exist_ok=True)
    pictures = [jpeg(width, height, seed=number) for number in range(count)]
    for number, data in enumerate(pictures, 1):
        (directory / f"{number:03}.jpg").write_bytes(data)
    return pictures


def raw_ring(path: Path, count: int = 4, width: int = 320, height: int = 240) -> Path:
    """Write a file of `count` planar 4:2:0 frames, each a different grey."""
    chroma = np.full(width * height // 2, 128, np.uint8).tobytes()
    with path.open("wb") as file:
        for number in range(count):
            file.write(np.full(width * height, 30 + 50 * number % 200, np.uint8).tobytes() + chroma)
    return path


def size_of(data: bytes) -> tuple[int, int]:
    """Return width and height of a JPEG, decoding all of it.

    Raises:
        ValueError: it is none.
    """
    height, width, _ = simplejpeg.decode_jpeg(data).shape
    return int(width), int(height)


def brightness_of(data: bytes) -> float:
    """Return the mean of a JPEG's grey values, 0 to 255."""
    return float(simplejpeg.decode_jpeg(data, colorspace="GRAY").mean())
