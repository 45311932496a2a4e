"""The frames of a configured camera, made from its completed requests."""

from __future__ import annotations

from typing import Any

from mqttcam.camera.adjustment import Adjustment
from mqttcam.camera.frame import Frame
from mqttcam.camera.markings import Markings
from mqttcam.camera.sources._timestamps import unix_time_ns
from mqttcam.camera.sources.picamera2.frames import FrameMetadata, MappedPlanes
from mqttcam.imaging.orientation import UPRIGHT, Orientation
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.picamera2 import DEFAULT_COLOUR_SPACE


class FrameReader:
    """Makes frames of the completed requests of one camera.

    Attributes:
        size: width and height of the main stream in pixels, as the camera gives it.
        adjustment: what is left to be done to its frames.
        metadata: of the newest frame; `None` before the first one.
    """

    def __init__(self, camera: Any, libcamera: Any, settings: CameraSettings) -> None:
        """Do nothing before `prepare`."""
        self._camera = camera
        self._libcamera = libcamera
        self._orientation = settings.orientation
        self._markings = Markings.from_settings(settings)
        self._main: MappedPlanes | None = None
        self._lores: MappedPlanes | None = None
        self._shown: FrameMetadata | None = None
        self.size = (0, 0)
        self.adjustment: Adjustment | None = None
        self.metadata: FrameMetadata | None = None

    def prepare(self, colour_space: str) -> None:
        """Prepare for the frames of the camera as it is configured now.

        Args:
            colour_space: that is configured, by picamera2's name; any but that of JPEG is converted.

        Raises:
            SourceError: their pixel format is not supported.
        """
        got = self._camera.camera_configuration()
        self.size = tuple(got["main"]["size"])
        transform = got["transform"]
        done = Orientation(False, bool(transform.hflip), bool(transform.vflip))
        left = done.inverse().then(self._orientation)
        self.adjustment = None if left == UPRIGHT else Adjustment(left)
        # What is drawn is drawn into the camera's buffers: copying them would cost more than all the drawing. The
        # encoder of the Raspberry Pi, which reads them as well, is not used then (`CameraSettings.changes_picture`).
        draws = self._markings is not None
        is_jpeg = colour_space == DEFAULT_COLOUR_SPACE
        self._main = MappedPlanes(self._camera, "main", is_jpeg=is_jpeg, writable=draws)
        self._lores = None
        if got.get("lores"):
            self._lores = MappedPlanes(self._camera, "lores", is_jpeg=is_jpeg, writable=draws)

    def release(self) -> None:
        """Release the buffers of the configuration that ends."""
        self._main = self._lores = None

    def frame(self, request: Any) -> Frame:
        """Return the frame of a request of the stream; valid until the request is released."""
        frame = self._frame(request)
        self._shown = self.metadata
        return frame

    def still(self, request: Any) -> Frame:
        """Return the frame of a request in full resolution, with the markings where the stream has them."""
        frame, shown = self._frame(request), self._shown
        if frame.markings is not None and shown is not None:
            crops = shown.get("ScalerCrop"), frame.metadata.get("ScalerCrop")
            frame.markings = frame.markings.in_larger_picture(*crops, frame.orientation)
        return frame

    def _frame(self, request: Any) -> Frame:
        assert self._main is not None
        raw = request.request.metadata
        self.metadata = FrameMetadata(raw)
        width, height = self.size
        frame = Frame(
            ts_ns=unix_time_ns(raw.get(self._libcamera.controls.SensorTimestamp)),
            width=width,
            height=height,
            planes=self._main.planes(request),
            metadata=self.metadata,
            lores=self._lores.planes(request) if self._lores is not None else None,
        )
        frame.adjustment, frame.markings = self.adjustment, self._markings
        return frame
