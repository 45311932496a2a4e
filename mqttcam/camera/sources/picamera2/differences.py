"""Descriptions of how an open camera differs from its settings."""

from __future__ import annotations

from typing import Any

from mqttcam.camera.sources.picamera2.capabilities import Capabilities
from mqttcam.camera.sources.picamera2.memory import StreamConfig
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.picamera2 import (
    DEFAULT_COLOUR_SPACE,
    DEFAULT_FORMAT,
    Picamera2Source,
    parse_mode,
)

_SAME_RATE = 0.02
"""Relative difference of frame rates that counts as equal: a frame lasts a whole number of sensor lines."""


def differences(
    settings: CameraSettings,
    source: Picamera2Source,
    first: StreamConfig,
    config: StreamConfig,
    got: dict[str, Any],
    rate: float = 0.0,
) -> list[str]:
    """Return descriptions of how the camera differs from the settings.

    Args:
        first: the configuration that was requested.
        config: the one for which there was enough memory.
        got: `camera_configuration()`.
        rate: frames per second that the camera aims for, 0 if unknown.
    """
    notes = []
    if config != first:
        notes.append(
            f"too little camera memory (CMA): {config} instead of {first.buffers} of {_text(first.size)}"
        )
    size = tuple(got["main"]["size"])
    if size != config.size and settings.size is not None:
        notes.append(f"the camera gives {_text(size)} instead of {_text(config.size)}")
    wanted_rate = settings.frame_rate if "frame_rate" in settings.model_fields_set else 0.0
    if rate and wanted_rate and abs(rate / wanted_rate - 1) > _SAME_RATE:
        mode = f" at {_text(size)}" if rate < wanted_rate else ""
        notes.append(f"the camera gives {rate:g} frames per second{mode} instead of {wanted_rate:g}")
    space = got.get("colour_space")
    if source.colour_space != DEFAULT_COLOUR_SPACE and space is not None:
        given = str(space).removeprefix("<libcamera.ColorSpace '").removesuffix("'>")
        if given.casefold() != source.colour_space.casefold():
            notes.append(f"source.colour_space: the camera gives {given} instead of {source.colour_space}")
    return notes


def impossible(source: Picamera2Source, offered: Capabilities, got: dict[str, Any]) -> list[str]:
    """Return in words which values of the settings this camera does not offer, with what it offers, and uses instead.

    Args:
        got: `camera_configuration()`.
    """
    notes = []
    uses = f"; it uses {got['main']['format']}"
    if source.format not in offered.formats and source.format != DEFAULT_FORMAT:
        notes.append(_no("source.format", source.format, offered.formats) + uses)
    if source.photo.format not in offered.formats and source.photo.format != DEFAULT_FORMAT:
        notes.append(_no("source.photo.format", source.photo.format, offered.formats))
    sensor = got.get("sensor")
    uses = f"; it uses {_text(sensor['output_size'])}:{sensor['bit_depth']}" if sensor else ""
    modes = [str(mode) for mode in offered.modes]
    wanted = {
        "source.sensor_mode": source.sensor_mode,
        "source.photo.sensor_mode": source.photo.sensor_mode,
        "source.raw.sensor_mode": source.raw.sensor_mode,
    }
    for field, mode in wanted.items():
        if mode is not None and not _has_mode(mode, offered):
            notes.append(_no(field, mode, modes) + (uses if field == "source.sensor_mode" else ""))
    if (mode := source.sensor_mode) is not None and _has_mode(mode, offered) and not _is_mode(mode, sensor):
        notes.append(f"source.sensor_mode: {mode} does not suit the size{uses}")
    if (raw := source.raw.format) is not None and raw not in offered.raw_formats:
        notes.append(_no("source.raw.format", raw, offered.raw_formats))
    size, (width, height) = source.photo.size, offered.resolution
    if size is not None and (size.width > width or size.height > height):
        notes.append(f"source.photo.size: {size} is larger than the sensor, {_text((width, height))}")
    return notes


def _has_mode(text: str, offered: Capabilities) -> bool:
    size, bits = parse_mode(text)
    return any(mode.size == size and bits in (None, mode.bits) for mode in offered.modes)


def _is_mode(text: str, sensor: dict[str, Any] | None) -> bool:
    """Return whether this is the mode of a configured camera, or True if the mode is unknown."""
    size, bits = parse_mode(text)
    return not sensor or (tuple(sensor["output_size"]) == size and bits in (None, sensor["bit_depth"]))


def _no(field: str, value: str, offered: tuple[str, ...] | list[str]) -> str:
    return f"{field}: the camera has no {value}, only {', '.join(offered) or 'its own'}"


def _text(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
