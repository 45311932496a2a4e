"""A made scene and a camera with noise that looks at it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.raster import Plane

Scene = NDArray[np.float32]
"""Luma before the sensor: neither rounded nor clipped."""

WIDTH, HEIGHT = 640, 480
_NOISES = 17
"""Number of pictures after which the noise repeats."""


def scene(seed: int = 8, width: int = WIDTH, height: int = HEIGHT) -> Scene:
    """Detail of all sizes, as in photographs, and some things with sharp edges."""
    random = np.random.default_rng(seed)
    luma = 110 + 22 * texture(seed, width, height)
    for _ in range(14):
        x, y = random.integers(0, width), random.integers(0, height)
        luma[y : y + random.integers(20, 120), x : x + random.integers(20, 130)] += random.integers(-60, 60)
    return luma.astype(np.float32)


def texture(seed: int, width: int = WIDTH, height: int = HEIGHT) -> Scene:
    """Amplitude falls with frequency to the power of 1.35; mean 0, deviation 1."""
    random = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None] * height, np.fft.rfftfreq(width)[None, :] * width)
    frequency[0, 0] = 1
    noise = random.standard_normal(frequency.shape) + 1j * random.standard_normal(frequency.shape)
    detail = np.fft.irfft2(noise / frequency**1.35, s=(height, width))
    return np.asarray((detail - detail.mean()) / detail.std(), np.float32)


def with_object(luma: Scene, left: int, top: int, width: int, height: int, what: float | Scene) -> Scene:
    """Something of one brightness, or with a texture of its own, before the scene."""
    covered = luma.copy()
    here = covered[top : top + height, left : left + width]
    here[:] = what[: here.shape[0], : here.shape[1]] if isinstance(what, np.ndarray) else what
    return covered


@cache
def _noise(height: int, width: int) -> NDArray[np.float32]:
    return np.random.default_rng(5).standard_normal((_NOISES, height, width), np.float32)


class Sensor:
    """Adds noise, rounds and clips."""

    def __init__(self, noise: float = 3.0) -> None:
        self._noise = np.float32(noise)
        self._count = 0

    def take(self, luma: Scene) -> Plane:
        """One picture."""
        self._count += 1
        noise = _noise(*luma.shape)[self._count % _NOISES]
        picture: Plane = np.clip(luma + noise * self._noise, 0, 255).astype(np.uint8)
        return picture

    def film(self, lumas: Iterable[Scene]) -> list[Plane]:
        """One picture of each."""
        return [self.take(luma) for luma in lumas]


def in_infrared(luma: Scene) -> Scene:
    """The scene without the camera's infrared filter: each material has another brightness, and foliage is bright."""
    material = texture(77)
    other = 128 + 0.5 * (luma - luma.mean()) + 45 * np.sign(material) * (np.abs(material) > 0.6)
    return np.asarray(other, np.float32)


def with_bright_foliage(luma: Scene, least: float) -> Scene:
    """Foliage that is white in infrared; the rest of the scene has the same light as before."""
    return np.where(texture(77) > least, np.float32(210), luma)


def torn(luma: Scene, whole: float) -> Scene:
    """A picture that is cut off after a share of its rows; decoders fill the rest with grey."""
    cut = luma.copy()
    cut[int(len(luma) * whole) :] = 128
    return cut
