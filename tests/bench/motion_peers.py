"""The motion detection of raspiCamSrv 4.10, as it is published, with its parameters and its slips.

Each algorithm is called with one frame after the other, and returns whether it sees motion. They need OpenCV, which
is among the requirements of the tests only, by sinetstream-type-image; they use one thread of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from mqttcam.imaging.raster import Plane, Planes

Detector = Callable[[Planes], bool]

MEAN_SQUARE = 10
LEAST_BOX = 400
"""Pixels; a box around changes must be larger."""
KERNEL = np.array((9, 9), np.uint8)
"""Meant as 9 x 9, but a column of two."""
FLOW_KERNEL = np.ones((7, 7), np.uint8)


@cache
def _opencv() -> Any:
    import cv2

    cv2.setNumThreads(1)
    return cv2


def available() -> bool:
    """Return whether OpenCV is installed, with the libraries that it needs."""
    try:
        _opencv()
    except ImportError:
        return False
    return True


class _BetweenFrames(ABC):
    """Compares each frame with the one before it."""

    def __init__(self) -> None:
        self._last: Any = None

    def __call__(self, planes: Planes) -> bool:
        now = self.prepared(planes)
        last, self._last = self._last, now
        return last is not None and self.differ(last, now)

    def prepared(self, planes: Planes) -> Any:
        return planes[0].copy()

    @abstractmethod
    def differ(self, last: Any, now: Any) -> bool: ...


class MeanSquare(_BetweenFrames):
    """The mean square of the differences of luma, which wrap at 256, as do their squares."""

    def differ(self, last: Plane, now: Plane) -> bool:
        return bool(np.square(np.subtract(now, last)).mean() > MEAN_SQUARE)


class FrameDifference(_BetweenFrames):
    """What has become brighter, against its surroundings."""

    def differ(self, last: Plane, now: Plane) -> bool:
        cv2 = _opencv()
        brighter = cv2.medianBlur(cv2.subtract(now, last), 3)
        mask = cv2.adaptiveThreshold(
            brighter, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY_INV, 11, 3
        )
        mask = cv2.medianBlur(mask, 3)
        return _has_box(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, KERNEL, iterations=1))


class OpticalFlow(_BetweenFrames):
    """Farneback's flow of more than one pixel."""

    def prepared(self, planes: Planes) -> Any:
        return _opencv().GaussianBlur(planes[0], ksize=(3, 3), sigmaX=5)

    def differ(self, last: Plane, now: Plane) -> bool:
        cv2 = _opencv()
        flow = cv2.calcOpticalFlowFarneback(
            last, now, None, pyr_scale=0.75, levels=3, winsize=5, iterations=3, poly_n=10, poly_sigma=1.2, flags=0
        )  # fmt: skip
        speed, _ = cv2.cartToPolar(flow[..., 0], flow[..., 1])
        mask = np.uint8(speed > 1) * np.uint8(255)
        mask = cv2.erode(mask, FLOW_KERNEL, iterations=1)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, FLOW_KERNEL, iterations=1)
        return _has_box(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, FLOW_KERNEL, iterations=3))


class BackgroundSubtraction:
    """OpenCV's model of the background of each pixel in colour; shadows count."""

    def __init__(self, kind: str) -> None:
        """`kind` is MOG2 or KNN."""
        cv2 = _opencv()
        if kind == "MOG2":
            self._model = cv2.createBackgroundSubtractorMOG2(varThreshold=16, detectShadows=True)
            self._model.setShadowThreshold(0.5)
        else:
            self._model = cv2.createBackgroundSubtractorKNN(dist2Threshold=1000, detectShadows=True)

    def __call__(self, planes: Planes) -> bool:
        cv2 = _opencv()
        y, u, v = planes
        packed = np.concatenate([plane.reshape(-1, y.shape[1]) for plane in (y, u, v)])
        mask = self._model.apply(cv2.cvtColor(packed, cv2.COLOR_YUV2RGB_I420))
        _, mask = cv2.threshold(mask, 0, 255, cv2.THRESH_BINARY)
        mask = cv2.medianBlur(mask, 3)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, KERNEL, iterations=1)
        return _has_box(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, KERNEL, iterations=1))


def _has_box(mask: Plane) -> bool:
    """Return whether a box around changed pixels is large enough; merging boxes leaves at least one of them."""
    cv2 = _opencv()
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_TC89_L1)
    sizes = (cv2.boundingRect(contour)[2:] for contour in contours)
    return any(width * height > LEAST_BOX for width, height in sizes)


PEERS: dict[str, Callable[[], Detector]] = {
    "mean square difference": MeanSquare,
    "frame difference": FrameDifference,
    "optical flow": OpticalFlow,
    "background, MOG2": lambda: BackgroundSubtraction("MOG2"),
    "background, KNN": lambda: BackgroundSubtraction("KNN"),
}
