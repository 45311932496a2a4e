"""A camera that `check-pi.py` looks at."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source
from mqttcam.camera.sources import AttachedCamera, create
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings, Size
from mqttcam.settings.sources.picamera2 import Picamera2Source
from mqttcam.settings.sources.v4l2 import V4l2Source

STREAM, RATE = Size(1280, 720), 15


class NotOffered(Exception):
    """The camera lacks what a check is about; the message says what."""


@dataclass(frozen=True)
class Subject:
    """The camera that is looked at."""

    found: AttachedCamera
    source: Picamera2Source | V4l2Source

    @contextlib.contextmanager
    def opened(self, size: Size = STREAM, *, rotation: int = 0, **source: Any) -> Iterator[Any]:
        """The camera, giving frames; `source` are other settings of its source."""
        chosen = self.source.model_copy(update=source)
        settings = CameraSettings(source=chosen, size=size, frame_rate=RATE, rotation=rotation)  # type: ignore[arg-type]
        camera = create(settings, Wakeup())
        camera.open()
        try:
            yield camera
        finally:
            camera.close()

    def needs(self, control: str) -> None:
        if control not in {one.name for one in self.found.controls}:
            raise NotOffered(f"the camera has no {control}")


def frames(camera: Any, count: int) -> Frame:
    """The last of `count` frames."""
    for _ in range(count):
        frame: Frame | None = camera.read(5.0)
        assert frame is not None, "no frame within 5 s"
    assert frame is not None
    return frame


def luma(camera: Any, settle: int) -> Any:
    """The brightness of each pixel, after so many frames."""
    planes = frames(camera, settle).planes
    assert planes is not None
    return planes[0].astype(np.float32)


def middle_of(picture: Any, shape: tuple[int, int]) -> Any:
    """As much of a picture's middle as another shape has room for."""
    height, width = picture.shape
    high, wide = min(height, width * shape[0] // shape[1]), min(width, height * shape[1] // shape[0])
    y, x = (height - high) // 2, (width - wide) // 2
    return picture[y : y + high, x : x + wide]


def alike(one: Any, other: Any) -> float:
    """How much two pictures of one shape look the same, whatever their sizes: their correlation."""
    return float(np.corrcoef(coarse(one), coarse(other))[0, 1])


def coarse(picture: Any) -> Any:
    """The mean brightness of 64x36 places."""
    height, width = picture.shape[0] // 36, picture.shape[1] // 64
    places = picture[: 36 * height, : 64 * width].reshape(36, height, 64, width)
    return places.mean(axis=(1, 3)).ravel()


def noted(camera: Source, line: str) -> str:
    """A line with what is otherwise than it was asked for."""
    return f"{line} ({'; '.join(camera.notes)})" if camera.notes else line
