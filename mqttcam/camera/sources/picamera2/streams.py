"""picamera2's configurations, from the settings: of the stream, and of pictures in full resolution."""

from __future__ import annotations

from typing import Any

from mqttcam.camera.sources.picamera2.capabilities import Capabilities, Size
from mqttcam.camera.sources.picamera2.memory import StreamConfig
from mqttcam.imaging.raster import fit_within
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.picamera2 import DEFAULT_FORMAT, Picamera2Source, parse_mode

DEFAULT_SIZE = (1280, 720)


def first_size(settings: CameraSettings, sensor: Size) -> Size:
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
    offered: Capabilities,
    config: StreamConfig,
    controls: dict[str, Any],
) -> dict[str, Any]:
    """Return a picamera2 configuration of the stream.

    To save memory there is no raw stream (libcamera chooses the sensor mode without it) and no display stream.
    """
    lores = None
    if source.lores_size is not None:
        small = (min(source.lores_size.width, config.size[0]), min(source.lores_size.height, config.size[1]))
        lores = {"size": small, "format": DEFAULT_FORMAT}
    made: dict[str, Any] = camera.create_video_configuration(
        main={"size": config.size, "format": _format(source.format, offered)},
        lores=lores,
        raw=None,
        buffer_count=config.buffers,
        sensor=_sensor(source.sensor_mode, offered),
        colour_space=_colour_space(libcamera, source.colour_space),
        controls=controls,
        **_common(libcamera, settings),
    )
    return made


def still(
    camera: Any,
    libcamera: Any,
    settings: CameraSettings,
    source: Picamera2Source,
    offered: Capabilities,
    *,
    raw: bool = False,
) -> dict[str, Any]:
    """Return a configuration for one picture in full resolution.

    Args:
        raw: with a raw stream, from which the same capture can be saved as DNG. One capture has one sensor mode:
            that of the raw picture if one is set.
    """
    photo = source.photo
    mode = (source.raw.sensor_mode if raw else None) or photo.sensor_mode
    streams: dict[str, Any] = {"raw": None}
    if raw:
        streams["raw"] = _raw_stream(source, mode, offered)
    made: dict[str, Any] = camera.create_still_configuration(
        main={
            "size": photo_size(source, first_size(settings, offered.resolution), offered.resolution),
            "format": _format(photo.format, offered),
        },
        buffer_count=photo.buffers,
        sensor=_sensor(mode, offered),
        colour_space=_colour_space(libcamera, photo.colour_space),
        controls={},
        **_common(libcamera, settings),
        **streams,
    )
    return made


def photo_size(source: Picamera2Source, stream_size: Size, resolution: Size) -> Size:
    """Return the size of pictures in full resolution: as configured, and at most `resolution`.

    Args:
        stream_size: of the stream, whose aspect ratio they get if `same_aspect` is set.
    """
    size = source.photo.size
    largest = resolution if size is None else fit_within(*size, *resolution)
    if not source.same_aspect:
        return largest
    scale = min(largest[0] / stream_size[0], largest[1] / stream_size[1])
    return round(stream_size[0] * scale) // 2 * 2, round(stream_size[1] * scale) // 2 * 2


def _raw_stream(source: Picamera2Source, mode: str | None, offered: Capabilities) -> dict[str, Any]:
    """Return what differs from picamera2's own raw stream, which has the size of the main stream."""
    made: dict[str, Any] = {}
    if mode is not None:
        made["size"] = parse_mode(mode)[0]
    if source.raw.format in offered.raw_formats:
        made["format"] = source.raw.format
    return made


def _format(wanted: str, offered: Capabilities) -> str:
    return wanted if wanted in offered.formats else DEFAULT_FORMAT


def _sensor(mode: str | None, offered: Capabilities) -> dict[str, Any]:
    """Return picamera2's choice of a sensor mode."""
    if mode is None:
        return {}
    size, bits = parse_mode(mode)
    # Without a bit depth, picamera2 would choose the sensor's greatest depth, even if that changes the size.
    bits = bits or max((one.bits for one in offered.modes if one.size == size), default=None)
    return {"output_size": size} | ({"bit_depth": bits} if bits else {})


def _colour_space(libcamera: Any, name: str) -> Any:
    return getattr(libcamera.ColorSpace, name)()


def _common(libcamera: Any, settings: CameraSettings) -> dict[str, Any]:
    turned, hflip, vflip = settings.orientation
    return {
        # No camera turns by 90 degrees; what turns the pixels mirrors them as well.
        "transform": libcamera.Transform(hflip=hflip and not turned, vflip=vflip and not turned),
        "display": None,
        "encode": None,
    }
