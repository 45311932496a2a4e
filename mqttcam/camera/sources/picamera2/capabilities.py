"""What an acquired camera module offers: sensor modes, pixel formats and properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from mqttcam.camera.sources.picamera2.frames import FORMATS, python_value

Size = tuple[int, int]


class SensorMode(Struct, frozen=True, order=True):
    """A mode of the sensor; ``str`` gives `2304x1296:10`.

    Attributes:
        size: width and height in pixels.
        bits: per pixel.
    """

    size: Size
    bits: int

    def __str__(self) -> str:
        return f"{self.size[0]}x{self.size[1]}:{self.bits}"


class Capabilities(Struct, frozen=True):
    """What a camera offers.

    Attributes:
        resolution: of the sensor, width and height in pixels.
        modes: of the sensor, the smallest first; none if the camera reports none.
        raw_formats: of raw pictures, by libcamera's names; none if the camera gives no raw pictures.
        formats: of frames, those of `FORMATS` that the camera offers.
    """

    resolution: Size
    modes: tuple[SensorMode, ...]
    raw_formats: tuple[str, ...]
    formats: tuple[str, ...]


def capabilities(camera: Any, libcamera: Any) -> Capabilities:
    """Return what an acquired camera offers."""
    roles = libcamera.StreamRole
    frames = camera.camera.generate_configuration([roles.Viewfinder])
    offered = set() if frames is None else {str(pixels) for pixels in frames.at(0).formats.pixel_formats}
    modes, raw_formats = _raw(camera, libcamera)
    return Capabilities(
        tuple(camera.sensor_resolution), modes, raw_formats, tuple(one for one in FORMATS if one in offered)
    )


def _raw(camera: Any, libcamera: Any) -> tuple[tuple[SensorMode, ...], tuple[str, ...]]:
    """Return the modes of the sensor and the names of its raw formats."""
    raw = camera.camera.generate_configuration([libcamera.StreamRole.Raw])
    if raw is None:
        return (), ()
    from picamera2.formats import is_raw
    from picamera2.sensor_format import SensorFormat

    formats = raw.at(0).formats
    modes: set[SensorMode] = set()
    names: list[str] = []
    for pixels in formats.pixel_formats:
        if is_raw(name := str(pixels)):
            names.append(name)
            bits = int(SensorFormat(name).bit_depth)
            modes |= {SensorMode((size.width, size.height), bits) for size in formats.sizes(pixels)}
    return tuple(sorted(modes)), tuple(names)


def describe(offered: Capabilities, properties: Mapping[str, object]) -> dict[str, object]:
    """Return a camera's capabilities and properties as JSON-able data."""
    return {
        "resolution": f"{offered.resolution[0]}x{offered.resolution[1]}",
        "sensor_modes": {str(mode): {} for mode in offered.modes},
        "formats": list(offered.formats),
        "raw_formats": list(offered.raw_formats),
        "properties": dict(properties),
    }


def properties(camera: Any) -> dict[str, object]:
    """Return libcamera's properties of an acquired camera by name, as JSON-able data."""
    return {name: _json(value) for name, value in sorted(camera.camera_properties.items())}


def _json(value: object) -> object:
    value = python_value(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    return [_json(item) for item in value] if isinstance(value, tuple) else str(value)
