"""H.264 video of a camera."""

import re
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema, field_validator

from mqttcam.settings.outputs import MAX_RATE
from mqttcam.settings.section import AnyCase, Section, refuse
from mqttcam.settings.size import SizeSetting

MIN_BITRATE, MAX_BITRATE = 50_000, 100_000_000
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}
_BITRATE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([kKmM]?)")
_ALLOWED = "bits per second from 50k to 100M, such as 2M or 800k"


def parse_bitrate(raw: object) -> int:
    """Return the bits per second written as `2000000`, `800k` or `2M`.

    Raises:
        PydanticCustomError: it is something else, or out of range.
    """
    match = _BITRATE.fullmatch(str(raw).strip()) if isinstance(raw, int | float | str) else None
    if match is None or isinstance(raw, bool):
        raise refuse("is not a bit rate", _ALLOWED)
    bits = round(float(match[1]) * _UNITS[match[2].lower()])
    if not MIN_BITRATE <= bits <= MAX_BITRATE:
        raise refuse("is out of range", _ALLOWED)
    return bits


_BITRATE_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": MIN_BITRATE, "maximum": MAX_BITRATE},
        {"type": "string", "pattern": r"^\d+(\.\d+)?\s*[kKmM]?$"},
    ]
}
Bitrate = Annotated[int, PlainValidator(parse_bitrate), WithJsonSchema(_BITRATE_SCHEMA)]


class VideoSettings(Section):
    """H.264 video of a camera. It is encoded only while something reads it."""

    encoder: Annotated[Literal["auto", "copy", "picamera2", "libx264", "h264_v4l2m2m"], AnyCase()] = Field(
        "auto",
        description="copy: the H.264 or H.265 of a network or USB camera, unchanged. picamera2, h264_v4l2m2m: the "
        "hardware of a Raspberry Pi 4 and older, for its camera modules and for any camera. auto: the first that "
        "works, but a copy only where rotation, size, fps, quality and bitrate need no encoding.",
    )
    quality: int = Field(
        23,
        ge=1,
        le=51,
        description="Constant rate factor of libx264: lower values mean better quality and larger files.",
    )
    bitrate: Bitrate | None = Field(
        None,
        description="Maximum bits per second, such as 2M, averaged over a second; instead of `quality`.",
    )
    keyframe_interval: float = Field(
        2.0, ge=0.25, le=60, description="Seconds between keyframes; a new reader gets one at once."
    )
    size: SizeSetting | None = Field(
        None, description="Maximum width x height in pixels, before rotation; default: the camera's own."
    )
    fps: float | None = Field(
        None, ge=0.1, le=MAX_RATE, description="Maximum frames per second; default: every frame."
    )

    audio: bool = Field(
        True,
        description="Include the sound of a network camera, as AAC; other cameras have none.",
    )

    @field_validator("bitrate")
    @classmethod
    def _not_beside_quality(cls, bitrate: int | None, info: ValidationInfo) -> int | None:
        if bitrate is not None and info.data.get("quality", 23) != 23:
            raise refuse("is given together with quality", "one of them")
        return bitrate
