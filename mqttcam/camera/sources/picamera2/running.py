"""A camera of picamera2 that is configured and started."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2 import streams
from mqttcam.camera.sources.picamera2.controls import libcamera_controls
from mqttcam.camera.sources.picamera2.frame_reader import FrameReader
from mqttcam.camera.sources.picamera2.requests import CompletedRequests
from mqttcam.camera.sources.picamera2.table import ControlTable
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.picamera2 import Picamera2Source


class RunningCamera:
    """A camera that is configured and started, with the controls that it is started with.

    Attributes:
        camera: picamera2's.
        libcamera: the module.
        settings: the configured ones.
        config: the configuration of its stream, as the camera has adjusted it.
        table: its controls.
        frames: makes frames of its requests.
        requests: its completed requests.
        notes: in words, what differs from the configuration.
    """

    def __init__(self, camera: Any, libcamera: Any, settings: CameraSettings, sensor_hdr: bool) -> None:
        """Configure and start; use fewer or smaller buffers if memory is short.

        Args:
            camera: picamera2's, acquired.
            sensor_hdr: whether the sensor itself does HDR.

        Raises:
            Exception: any that picamera2 raises.
        """
        source = settings.source
        assert isinstance(source, Picamera2Source)
        self.camera = camera
        self.libcamera = libcamera
        self.settings = settings
        size = streams.first_size(settings, tuple(camera.sensor_resolution))
        self._first = streams.first_controls(camera, settings, source, sensor_hdr)
        configs = streams.stream_configs(size, source.buffers)
        config = streams.start_largest(camera, libcamera, settings, source, configs, self._first)
        got = camera.camera_configuration()
        self.config: Mapping[str, Any] = dict(got)
        self.table = ControlTable(
            libcamera_controls(camera.camera_ctrl_info), settings.frame_rate, got.get("controls", {})
        )
        self.notes = streams.differences(settings, source, configs[0], config, got, self.table.rate)
        self.frames = FrameReader(camera, libcamera, settings)
        self.frames.prepare()
        self.requests = CompletedRequests(camera)

    @property
    def frame_interval(self) -> float:
        """Seconds between frames as they are set now, including a long exposure."""
        return max(1 / rate if (rate := self.table.rate) else 0.0, self.table.exposure)

    def restart(self, config: Mapping[str, Any]) -> None:
        """Stop, configure, and start with the controls as they are set.

        Raises:
            Exception: any that picamera2 raises.
        """
        self.frames.release()
        self.camera.stop()
        self.camera.configure(dict(config))
        self.start()
        self.frames.prepare()

    def start(self) -> None:
        """Start the stopped camera with the controls as they are set, as picamera2 forgets them at each start.

        Raises:
            Exception: any that picamera2 raises.
        """
        offered = self.camera.camera_ctrl_info
        controls = {
            name: value for name, value in (self._first | self.table.native).items() if name in offered
        }
        if "ScalerCrop" in controls:
            controls |= self.table.windows(controls["ScalerCrop"], libcamera_controls(offered))
        self.camera.set_controls(controls)
        self.camera.start(show_preview=None)

    def release(self) -> Any:
        """Release its buffers before the camera is closed; return the request that was held, if any.

        A running camera may still access a request that it did not take back: keep it until the camera is closed.
        """
        held = self.requests.held
        with contextlib.suppress(SourceError):  # the camera is closed in any case
            self.requests.release()
        self.requests.close()
        self.frames.release()
        return held
