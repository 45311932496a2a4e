"""Where a camera's frames come from: one model a kind, told apart by `type`.

A new kind is a model here and its name in `SourceSettings`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from mqttcam.settings.base import ByType, OneOf, Section
from mqttcam.settings.size import SizeSetting
from mqttcam.settings.sources_real import Picamera2Source, UrlSource, V4l2Source
from mqttcam.settings.sources_remote import MqttSource, SinetstreamSource, TcpSource


class TestPatternSource(Section):
    """A moving test picture with a clock and a frame counter: needs no camera."""

    __test__ = False

    type: Literal["test_pattern"] = Field("test_pattern", description="A moving test picture.")
    pattern: str = Field("bars", min_length=1, description="The picture to start with.")


class FileSource(Section):
    """Pictures from disk: a folder of JPEGs, one JPEG, a video file, or raw planar frames."""

    type: Literal["file"] = Field("file", description="Pictures from disk.")
    path: Path = Field(description="A folder of JPEGs, one JPEG, a video file, or a file of raw frames.")
    format: Annotated[Literal["yuv420"], OneOf()] | None = Field(
        None, description="`yuv420` for raw planar frames (I420); otherwise the file says itself what it is."
    )
    size: SizeSetting | None = Field(
        None, description="Size of the raw frames; the camera's `size` if not given."
    )
    loop: bool = Field(True, description="Start again at the end.")


SourceSettings = Annotated[
    TestPatternSource
    | FileSource
    | Picamera2Source
    | V4l2Source
    | UrlSource
    | MqttSource
    | SinetstreamSource
    | TcpSource,
    ByType(),
]


def device_of(source: object) -> tuple[str, int | str | None] | None:
    """What tells a device that one program alone can have; `None`: the source has none."""
    if isinstance(source, Picamera2Source):
        return source.type, source.camera
    if isinstance(source, V4l2Source):
        number = source.device
        return source.type, f"/dev/video{number}" if isinstance(number, int) else number
    return None
