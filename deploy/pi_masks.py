"""The check of `check-pi.py` that only a sensor can answer: what a privacy mask hides in a picture that shows more."""

from __future__ import annotations

from typing import Any

import numpy as np
import simplejpeg
from pi_subject import RATE, NotOffered, Subject, correlation, frames, luma

from mqttcam.camera.frame import PictureSpec

_MIDDLE = [{"points": [(0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)]}]
_BLACK = 12


def masked_still(subject: Subject) -> str:
    """Hide the middle of the stream, turned by a quarter; a still picture must hide the same things."""
    with subject.opened(rotation=90) as camera:
        whole = luma(camera, RATE)
        plain = still_luma(camera)
    with subject.opened(rotation=90, privacy=_MIDDLE) as camera:
        stream = luma(camera, RATE)
        masked = still_luma(camera)
    height, width = stream.shape
    middle = slice(height // 4, height * 3 // 4), slice(width // 4, width * 3 // 4)
    assert stream[middle].max() < _BLACK, "the stream shows what is to be hidden"
    if whole[middle].std() < 5:
        raise NotOffered("detail in the middle: point the camera at something else")
    rows, columns = (black_range(masked, axis) for axis in (1, 0))
    alike = correlation(whole[middle], plain[rows, columns])
    assert alike > 0.7, f"the still hides other things than the stream: correlation {alike:.0%}"
    share = (rows.stop - rows.start) * (columns.stop - columns.start) / masked.size
    return f"{masked.shape[1]}x{masked.shape[0]}, {share:.0%} of it black, correlation {alike:.0%}"


def still_luma(camera: Any) -> Any:
    frames(camera, 1)
    grey = simplejpeg.decode_jpeg(camera.take_still().frame.picture(PictureSpec(90)).jpeg, colorspace="GRAY")[
        ..., 0
    ]
    return grey.astype(np.float32)


def black_range(picture: Any, axis: int) -> slice:
    """Return the rows (axis 1) or columns (axis 0) that are black along the middle of a picture."""
    middle = picture.shape[axis] // 2
    strip = np.take(picture, range(middle - 8, middle + 8), axis=axis)
    black = np.flatnonzero(strip.max(axis=axis) < _BLACK)
    assert black.size, "nothing is black in the still"
    return slice(int(black[0]), int(black[-1]) + 1)
