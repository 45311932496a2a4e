"""From the settings to picamera2's configuration, and to a smaller one where camera memory is short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.picamera2 import Picamera2Source, parse_mode

DEFAULT_SIZE = (1280, 720)
MIN_BUFFERS = 2
"""One that we look at, one that the camera fills."""
_SMALLEST_WIDTH = 320
_SAME_RATE = 0.02
"""Frames last whole lines of the sensor; what differs by less is what was asked for."""


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """What the main stream is to be.

    Attributes:
        size: width and height in pixels, even.
        buffers: frames that fit into the camera memory.
    """

    size: tuple[int, int]
    buffers: int


def stream_configs(size: tuple[int, int], buffers: int) -> list[StreamConfig]:
    """What to try one after the other when memory is short: fewer buffers first, then fewer pixels."""
    counts = [buffers, *(count for count in (3, MIN_BUFFERS) if count < buffers)]
    found = [StreamConfig(size, count) for count in counts]
    width, height = size
    while (width := width * 3 // 4 // 2 * 2) >= _SMALLEST_WIDTH:
        height = max(2, round(size[1] * width / size[0]) // 2 * 2)
        found.append(StreamConfig((width, height), counts[-1]))
    return found


def first_size(settings: CameraSettings, sensor: tuple[int, int]) -> tuple[int, int]:
    """The size to ask for: the configured one, or 720p where the sensor has as much."""
    if settings.size is not None:
        return settings.size.width, settings.size.height
    return min(DEFAULT_SIZE, sensor)


def first_controls(
    camera: Any, settings: CameraSettings, source: Picamera2Source, sensor_hdr: bool
) -> dict[str, Any]:
    """The controls that hold from the first frame on.

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
    """A picamera2 configuration: planar 4:2:0 in full range, as JPEG wants it.

    Nothing that costs memory for nothing: neither a raw stream (libcamera chooses the sensor mode all the same) nor a
    display.
    """
    lores = None
    if source.lores_size is not None:
        small = (min(source.lores_size.width, config.size[0]), min(source.lores_size.height, config.size[1]))
        lores = {"size": small, "format": "YUV420"}
    sensor: dict[str, Any] = {}
    if source.sensor_mode is not None:
        size, bits = parse_mode(source.sensor_mode)
        # Without bits picamera2 looks for the sensor's greatest depth, and rather takes another size that has it.
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
    """Each mode of the sensor: width and height, and bits a pixel. None of a camera without any."""
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
    """A configuration for one picture in the sensor's full resolution."""
    made: dict[str, Any] = camera.create_still_configuration(
        main={"size": tuple(camera.sensor_resolution), "format": "YUV420"},
        buffer_count=1,
        **_common(libcamera, settings, {}),
    )
    return made


def _common(libcamera: Any, settings: CameraSettings, controls: dict[str, Any]) -> dict[str, Any]:
    hflip, vflip = settings.mirrored
    return {
        "raw": None,
        "transform": libcamera.Transform(hflip=hflip, vflip=vflip),
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
    """In words, what the camera does otherwise than it was asked to.

    Args:
        rate: frames a second that it aims for; 0: unknown.
        first: what was asked for.
        config: what memory was enough for.
        got: `camera_configuration()`.
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
        notes.append(f"the camera gives {rate:g} frames a second{mode} instead of {wanted_rate:g}")
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
