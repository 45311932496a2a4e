"""Pictures that stay below a size in bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.imaging.rate_control import JpegRateControl, steps, weight


@dataclass
class Made:
    """A picture of this many bytes."""

    jpeg: bytes
    quality: int
    width: int | None


class Camera:
    """Pictures as large as expected, times `busy`."""

    def __init__(self, busy: float = 1000.0, width: int = 1920) -> None:
        self.busy = busy
        self.width = width
        self.asked: list[tuple[int, int | None]] = []

    def make(self, quality: int, width: int | None) -> Made:
        self.asked.append((quality, width))
        factor = min(1.0, (width or self.width) / self.width)
        return Made(bytes(int(self.busy * weight((quality, factor)) * 1000)), quality, width)


def full_size(camera: Camera, quality: int = 85) -> int:
    return len(Camera(camera.busy).make(quality, None).jpeg)


@pytest.mark.parametrize("quality", [1, 10, 45, 85, 100])
def test_each_step_needs_less_than_the_one_before(quality: int) -> None:
    found = [weight(step) for step in steps(quality)]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == len(found)
    assert steps(quality)[0] == (quality, 1.0)


def test_expected_weights_match_real_sizes() -> None:
    rows, columns = np.mgrid[0:480, 0:640]
    photo = (np.sin(rows / 9) * np.cos(columns / 13) * 60 + 120)[..., None] + np.random.default_rng(1).normal(
        0, 12, (480, 640, 3)
    )
    pixels = photo.clip(0, 255).astype(np.uint8)
    sizes = [len(simplejpeg.encode_jpeg(pixels, quality, colorsubsampling="420")) for quality in (85, 65, 45)]
    for quality, size in zip((65, 45), sizes[1:], strict=True):
        expected = sizes[0] * weight((quality, 1.0)) / weight((85, 1.0))
        assert 0.4 < size / expected < 2.5


def test_picture_that_fits_is_made_as_requested() -> None:
    camera, fitter = Camera(), JpegRateControl()
    made = fitter.fit(camera.make, 85, 1920, full_size(camera))
    assert made is not None
    assert (made.quality, made.width, fitter.step) == (85, None, 0)
    assert len(camera.asked) == 1


@pytest.mark.parametrize("share", [0.9, 0.5, 0.2, 0.05, 0.01])
def test_quality_is_reduced_before_the_size(share: float) -> None:
    camera, fitter = Camera(), JpegRateControl()
    limit = int(full_size(camera) * share)
    made = fitter.fit(camera.make, 85, 1920, limit)
    assert made is not None
    assert len(made.jpeg) <= limit
    assert (made.width is None) == (made.quality != 45 or share > 0.4)
    camera.asked.clear()
    for _ in range(20):
        assert fitter.fit(camera.make, 85, 1920, limit)
    assert len(camera.asked) == 20, "usually one encoding a picture"


def test_better_step_is_tried_once_pictures_get_smaller() -> None:
    camera, fitter = Camera(), JpegRateControl()
    limit = full_size(camera) // 3
    fitter.fit(camera.make, 85, 1920, limit)
    assert fitter.step
    camera.busy /= 5
    for _ in range(400):
        assert fitter.fit(camera.make, 85, 1920, limit)
    assert fitter.step == 0


def test_better_step_that_did_not_fit_is_retried_later_each_time() -> None:
    camera, fitter = Camera(), JpegRateControl()
    limit = full_size(camera) // 2

    def make(quality: int, width: int | None) -> Made:
        camera.make(quality, width)
        return (
            Made(bytes(limit * 3), quality, width)
            if quality > 60
            else Made(bytes(limit // 3), quality, width)
        )

    for _ in range(1000):
        assert fitter.fit(make, 85, 1920, limit)
    assert len(camera.asked) < 1040
    assert fitter.step


def test_picture_that_cannot_fit_is_encoded_once_per_frame() -> None:
    camera, fitter = Camera(), JpegRateControl()
    assert fitter.fit(camera.make, 85, 1920, 10) is None
    camera.asked.clear()
    for _ in range(10):
        assert fitter.fit(camera.make, 85, 1920, 10) is None
    assert len(camera.asked) == 10
    assert fitter.fit(camera.make, 85, 1920, 10**9) is not None
    assert fitter.step == 0, "another limit begins anew"


@given(
    st.lists(st.floats(10, 5000), min_size=1, max_size=60), st.integers(1, 100), st.integers(5_000, 500_000)
)
def test_picture_never_exceeds_the_limit(scenes: list[float], quality: int, limit: int) -> None:
    camera, fitter = Camera(), JpegRateControl()
    for camera.busy in scenes:
        made = fitter.fit(camera.make, quality, 1920, limit)
        assert made is None or len(made.jpeg) <= limit
        assert 0 <= fitter.step < len(steps(quality))
