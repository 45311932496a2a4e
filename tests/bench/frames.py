"""Rings of raw frames that look like a camera's to an encoder; the same for every side of a comparison."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FRAMES = 16
_NOISE = 2.2
"""Sensor noise, in luma levels."""


def ring(width: int, height: int) -> Path:
    """A file of 16 I420 frames, made once per machine."""
    path = Path(tempfile.gettempdir()) / f"mqttcam-bench-{width}x{height}.i420"
    if not path.exists() or path.stat().st_size != FRAMES * width * height * 3 // 2:
        fresh = path.with_suffix(".new")
        _make(width, height).tofile(fresh)
        fresh.replace(path)
    return path


def _make(width: int, height: int) -> NDArray[np.uint8]:
    random = np.random.default_rng(8)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    scene = 118 + _texture(width, height) + 30 * (rows / height - 0.5) + 15 * (columns / width - 0.5)
    for _ in range(14):
        x, y = random.integers(0, width), random.integers(0, height)
        w, h = random.integers(width // 30, width // 5), random.integers(height // 30, height // 4)
        scene[y : y + h, x : x + w] += random.integers(-60, 60)
    blue = 128 + 14 * np.sin(columns[::2, ::2] / width * 5)
    red = 128 + 14 * np.cos(rows[::2, ::2] / height * 4)
    frames = np.empty((FRAMES, height * 3 // 2, width), np.uint8)
    for number, frame in enumerate(frames):
        luma = scene.copy()
        left = (width - width // 8) * number // FRAMES
        luma[height // 3 : height // 3 + height // 8, left : left + width // 8] = 200
        luma += random.standard_normal((height, width), dtype=np.float32) * _NOISE
        frame[:height] = np.clip(luma, 0, 255)
        chroma = frame[height:].reshape(2, height // 2, width // 2)
        for plane, base in zip(chroma, (blue, red), strict=True):
            plane[:] = np.clip(base + random.standard_normal(base.shape) * _NOISE / 2, 0, 255)
    return frames


def _texture(width: int, height: int) -> NDArray[np.float32]:
    """Detail of all sizes, as in photographs: amplitude falls with frequency to the power of 1.35."""
    random = np.random.default_rng(7)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None] * height, np.fft.rfftfreq(width)[None, :] * width)
    frequency[0, 0] = 1
    noise = random.standard_normal(frequency.shape) + 1j * random.standard_normal(frequency.shape)
    texture = np.fft.irfft2(noise / frequency**1.35, s=(height, width))
    return np.asarray((texture - texture.mean()) / texture.std() * 26, np.float32)
