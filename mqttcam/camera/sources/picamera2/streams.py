"""picamera2's configuration from the settings, and smaller ones for when camera memory is short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.sources.picamera2.failures import is_memory
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.picamera2 import Picamera2Source, parse_mode

log = camera_logger(__name__)

DEFAULT_SIZE = (1280, 720)
MIN_BUFFERS = 2
"""One that is read, and one that the camera fills."""
_SMALLEST_WIDTH = 320
_SAME_RATE = 0.02
"""Relative difference of frame rates that counts as equal: a frame lasts a whole number of sensor lines."""


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """A configuration of the main stream.

    Attributes:
        size: width and height in pixels, even.
        buffers: number of frame buffers in camera memory.
    """

    size: tuple[int, int]
    buffers: int


def stream_configs(size: tuple[int, int], buffers: int) -> list[StreamConfig]:
    """Return the configurations to try while memory is short: fewer buffers first, then fewer pixels."""
    counts = [buffers, *(count for count in (3, MIN_BUFFERS) if count < buffers)]
    found = [StreamConfig(size, count) for count in counts]
    width, height = size
    while (width := width * 3 // 4 // 2 * 2) >= _SMALLEST_WIDTH:
        height = max(2, round(size[1] * width / size[0]) // 2 * 2)
        found.append(StreamConfig((width, height), counts[-1]))
    return found


def start_largest(
    camera: Any,
    libcamera: Any,
    settings: CameraSettings,
    source: Picamera2Source,
    configs: Sequence[StreamConfig],
    controls: dict[str, Any],
) -> StreamConfig:
    """Configure and start a camera with the first of some configurations that there is memory for; return that one.

    Raises:
        Exception: any that picamera2 raises.
    """
    for config in configs[:-1]:
        try:
            _start(camera, stream(camera, libcamera, settings, source, config, controls))
        except Exception as error:
            if not is_memory(error):
                raise
            log.info(
                "too little camera memory for %d buffers of %s; trying less",
                config.buffers,
                _text(config.size),
            )
        else:
            return config
    _start(camera, stream(camera, libcamera, settings, source, configs[-1], controls))
    return configs[-1]


def _start(camera: Any, config: dict[str, Any]) -> None:
    camera.configure(config)
    camera.start(show_preview=None)


def first_size(settings: CameraSettings, sensor: tuple[int, int]) -> tuple[int, int]:
    """Return the size to request: the configured one, or 720p unless the sensor is smaller."""
    if settings.size is not None:
        return settings.size.width, settings.size.height
    return min(DEFAULT_SIZE, sensor)


def first_controls(
    camera: Any, settings: CameraSettings, source: Picamera2Source, sensor_hdr: bool
) -> dict[str, Any]:
    """Return the controls to set from the first frame on.

    Args:
        sensor_hdr: whether the sensor itself does HDR, so that the Pi must not do it as well.
    """
    offered = camera.camera_controls
    controls: dict[str, Any] = {}
    if "FrameDurationLimits" in offered and settings.frame_rate:
        duration = round(1_000_000 / settings.frame_rate)
        controls["FrameDurationLimits"] = (duration, duration)
    if source.hdr is not None and "HdrMode" in offered:
        from libcamera import controls as ids

        modes = ids.HdrModeEnum
        controls["HdrMode"] = int(modes.SingleExposure if source.hdr and not sensor_hdr else modes.Off)
    return controls


def stream(
    camera: Any,
    libcamera: Any,
    settings: CameraSettings,
    source: Picamera2Source,
    config: StreamConfig,
    controls: dict[str, Any],
) -> dict[str, Any]:
    """Return a picamera2 configuration for planar 4:2:0 in full range, as needed for JPEG.

    To save memory there is no raw stream (libcamera chooses the sensor mode without it) and no display stream.
    """
    lores = None
    if source.lores_size is not None:
        small = (min(source.lores_size.width, config.size[0]), min(source.lores_size.height, config.size[1]))
        lores = {"size": small, "format": "YUV420"}
    sensor: dict[str, Any] = {}
    if source.sensor_mode is not None:
        size, bits = parse_mode(source.sensor_mode)
        # Without a bit depth, picamera2 would choose the sensor's greatest depth, even if that changes the size.
        bits = bits or max((depth for mode, depth in modes(camera, libcamera) if mode == size), default=None)
        sensor = {"output_size": size} | ({"bit_depth": bits} if bits else {})
    made: dict[str, Any] = camera.create_video_configuration(
        main={"size": config.size, "format": "YUV420"},
        lores=lores,
        buffer_count=config.buffers,
        sensor=sensor,
        **_common(libcamera, settings, controls),
    )
    return made


def modes(camera: Any, libcamera: Any) -> list[tuple[tuple[int, int], int]]:
    """Return the modes of the sensor, each as (width, height) and bits per pixel; none if the camera reports none."""
    raw = camera.camera.generate_configuration([libcamera.StreamRole.Raw])
    if raw is None:
        return []
    from picamera2.formats import is_raw
    from picamera2.sensor_format import SensorFormat

    formats = raw.at(0).formats
    return [
        ((size.width, size.height), int(SensorFormat(str(pixels)).bit_depth))
        for pixels in formats.pixel_formats
        if is_raw(str(pixels))
        for size in formats.sizes(pixels)
    ]


def still(camera: Any, libcamera: Any, settings: CameraSettings) -> dict[str, Any]:
    """Return a configuration for one picture in the sensor's full resolution."""
    made: dict[str, Any] = camera.create_still_configuration(
        main={"size": tuple(camera.sensor_resolution), "format": "YUV420"},
        buffer_count=1,
        **_common(libcamera, settings, {}),
    )
    return made


def _common(libcamera: Any, settings: CameraSettings, controls: dict[str, Any]) -> dict[str, Any]:
    turned, hflip, vflip = settings.orientation
    return {
        "raw": None,
        # No camera turns by 90 degrees; what turns the pixels mirrors them as well.
        "transform": libcamera.Transform(hflip=hflip and not turned, vflip=vflip and not turned),
        "colour_space": libcamera.ColorSpace.Sycc(),
        "controls": controls,
        "display": None,
        "encode": None,
    }


def differences(
    settings: CameraSettings,
    source: Picamera2Source,
    first: StreamConfig,
    config: StreamConfig,
    got: dict[str, Any],
    rate: float = 0.0,
) -> list[str]:
    """Return in words how the camera differs from the settings.

    Args:
        first: the configuration that was requested.
        config: the one for which there was enough memory.
        got: `camera_configuration()`.
        rate: frames per second that the camera aims for, 0 if unknown.
    """
    notes = []
    if config != first:
        notes.append(
            f"too little camera memory (CMA): {config.buffers} buffers of {_text(config.size)} "
            f"instead of {first.buffers} of {_text(first.size)}"
        )
    size = tuple(got["main"]["size"])
    if size != config.size and settings.size is not None:
        notes.append(f"the camera gives {_text(size)} instead of {_text(config.size)}")
    wanted_rate = settings.frame_rate if "frame_rate" in settings.model_fields_set else 0.0
    if rate and wanted_rate and abs(rate / wanted_rate - 1) > _SAME_RATE:
        mode = f" at {_text(size)}" if rate < wanted_rate else ""
        notes.append(f"the camera gives {rate:g} frames per second{mode} instead of {wanted_rate:g}")
    sensor = got.get("sensor")
    if source.sensor_mode is not None and sensor:
        wanted, bits = parse_mode(source.sensor_mode)
        chosen = tuple(sensor["output_size"])
        if chosen != wanted or (bits and sensor["bit_depth"] != bits):
            notes.append(
                f"the sensor has no mode {source.sensor_mode}: it uses {_text(chosen)}:{sensor['bit_depth']}"
            )
    return notes


def _text(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
