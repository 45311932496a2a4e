"""The camera that `check-pi.py` checks, and helpers to compare its pictures."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source
from mqttcam.camera.sources import AttachedCamera, create
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings, Size
from mqttcam.settings.polygon import Polygon
from mqttcam.settings.sources.picamera2 import Picamera2Source
from mqttcam.settings.sources.v4l2 import V4l2Source

STREAM, RATE = Size(1280, 720), 15


class NotOffered(Exception):
    """The camera lacks the feature that a check needs; the message names it."""


@dataclass(frozen=True)
class Subject:
    """The camera to check."""

    found: AttachedCamera
    source: Picamera2Source | V4l2Source

    @contextlib.contextmanager
    def opened(
        self,
        size: Size = STREAM,
        *,
        rotation: int = 0,
        privacy: Sequence[Any] = (),
        state_dir: Path | None = None,
        **source: Any,
    ) -> Iterator[Any]:
        """Open the camera for the duration of the block; `source` are other settings of its source."""
        polygons = tuple(Polygon.model_validate(one) for one in privacy)
        chosen = self.source.model_copy(update=source)
        settings = CameraSettings(
            source=chosen, size=size, frame_rate=RATE, rotation=rotation, privacy=polygons
        )  # type: ignore[arg-type]
        camera = create(settings, Wakeup())
        camera.state_dir = state_dir
        camera.open()
        try:
            yield camera
        finally:
            camera.close()

    def needs(self, control: str) -> None:
        if control not in {one.name for one in self.found.controls}:
            raise NotOffered(f"the camera has no {control}")


def frames(camera: Any, count: int) -> Frame:
    """Read `count` frames, and return the last one."""
    for _ in range(count):
        frame: Frame | None = camera.read(5.0)
        assert frame is not None, "no frame within 5 s"
    assert frame is not None
    return frame


def luma(camera: Any, settle: int) -> Any:
    """Return the luma of a frame, after `settle` frames."""
    raster = frames(camera, settle).raster()
    assert isinstance(raster, tuple)
    return raster[0].astype(np.float32)


def middle_of(picture: Any, shape: tuple[int, int]) -> Any:
    """Return the largest central part of a picture with the aspect ratio of `shape`."""
    height, width = picture.shape
    high, wide = min(height, width * shape[0] // shape[1]), min(width, height * shape[1] // shape[0])
    y, x = (height - high) // 2, (width - wide) // 2
    return picture[y : y + high, x : x + wide]


def correlation(one: Any, other: Any) -> float:
    """Return the correlation of two pictures of the same aspect ratio, whatever their sizes."""
    return float(np.corrcoef(coarse(one), coarse(other))[0, 1])


def coarse(picture: Any) -> Any:
    """Return the mean luma of each of 64x36 areas."""
    height, width = picture.shape[0] // 36, picture.shape[1] // 64
    places = picture[: 36 * height, : 64 * width].reshape(36, height, 64, width)
    return places.mean(axis=(1, 3)).ravel()


def with_notes(camera: Source, line: str) -> str:
    """Return a line, with the camera's differences from its configuration."""
    return f"{line} ({'; '.join(camera.notes)})" if camera.notes else line
