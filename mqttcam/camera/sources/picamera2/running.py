"""A configured and started camera of picamera2."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2 import streams
from mqttcam.camera.sources.picamera2.capabilities import SensorMode, capabilities, describe, properties
from mqttcam.camera.sources.picamera2.controls import libcamera_controls
from mqttcam.camera.sources.picamera2.differences import differences, impossible
from mqttcam.camera.sources.picamera2.frame_reader import FrameReader
from mqttcam.camera.sources.picamera2.memory import start_largest, stream_configs
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
        source: those of the source.
        offered: what the camera offers.
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
        self.source = source
        self.offered = capabilities(camera, libcamera)
        self._first = streams.first_controls(camera, settings, source, sensor_hdr)
        configs = stream_configs(streams.first_size(settings, self.offered.resolution), source.buffers)
        config = start_largest(
            camera,
            configs,
            lambda one: streams.stream(camera, libcamera, settings, source, self.offered, one, self._first),
        )
        got = camera.camera_configuration()
        self.config: Mapping[str, Any] = dict(got)
        self.table = ControlTable(
            libcamera_controls(camera.camera_ctrl_info), settings.frame_rate, got.get("controls", {})
        )
        self.notes = [
            *differences(settings, source, configs[0], config, got, self.table.rate),
            *impossible(source, self.offered, got),
        ]
        self.frames = FrameReader(camera, libcamera, settings)
        self.frames.prepare(source.colour_space)
        self.requests = CompletedRequests(camera)

    @property
    def frame_interval(self) -> float:
        """The current number of seconds between frames, including a long exposure."""
        return max(1 / rate if (rate := self.table.rate) else 0.0, self.table.exposure)

    def configure(self, settings: CameraSettings) -> list[str]:
        """Change the settings for pictures in full resolution; return what the camera does not offer, in words."""
        assert isinstance(settings.source, Picamera2Source)
        self.settings, self.source = settings, settings.source
        return impossible(self.source, self.offered, dict(self.config))

    def describe(self) -> dict[str, object]:
        """Return the camera's capabilities and configuration as JSON-able data."""
        sensor, main = self.config.get("sensor"), self.config["main"]
        return describe(self.offered, properties(self.camera)) | {
            "sensor_mode": str(SensorMode(tuple(sensor["output_size"]), sensor["bit_depth"]))
            if sensor
            else None,
            "format": main["format"],
            "buffers": self.config["buffer_count"],
        }

    @property
    def stream_is_full_resolution(self) -> bool:
        """Whether a frame of the stream is configured like a picture in full resolution."""
        source, photo = self.source, self.source.photo
        size = streams.photo_size(
            source, streams.first_size(self.settings, self.offered.resolution), self.offered.resolution
        )
        return (
            self.frames.size == size
            and (photo.format, photo.colour_space) == (source.format, source.colour_space)
            and photo.sensor_mode in (None, source.sensor_mode)
        )

    def start_still(self, *, raw: bool = False) -> None:
        """Stop the stream, and start with the configuration for a picture in full resolution.

        Args:
            raw: with a raw stream beside it.

        Raises:
            Exception: any that picamera2 raises.
        """
        config = streams.still(self.camera, self.libcamera, self.settings, self.source, self.offered, raw=raw)
        self._restart(config, self.source.photo.colour_space)

    def start_stream(self) -> None:
        """Stop what runs, and start the stream with the controls as they are set.

        Raises:
            Exception: any that picamera2 raises.
        """
        self._restart(self.config, self.source.colour_space)

    def _restart(self, config: Mapping[str, Any], colour_space: str) -> None:
        self.frames.release()
        self.camera.stop()
        self.camera.configure(dict(config))
        self.start()
        self.frames.prepare(colour_space)

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
