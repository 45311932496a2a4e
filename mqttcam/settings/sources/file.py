"""Pictures from disk."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from mqttcam.settings.section import AnyCase
from mqttcam.settings.size import SizeSetting
from mqttcam.settings.sources.limits import DEFAULT_MAX_PIXELS, MaxPixels
from mqttcam.settings.sources.section import SourceSection


class FileSource(SourceSection):
    """Pictures from disk: a folder of pictures, one picture, a video file, or raw planar frames."""

    type: Literal["file"] = Field("file", description="Pictures from disk.")
    path: Path = Field(
        description="A folder of pictures (JPEG, PNG, WebP, BMP, GIF), one picture, a video file, or raw frames."
    )
    format: Annotated[Literal["yuv420"], AnyCase()] | None = Field(
        None, description="`yuv420` for raw planar frames (I420); otherwise detected from the file."
    )
    size: SizeSetting | None = Field(
        None, description="Size of the raw frames; default: the camera's `size`."
    )
    loop: bool = Field(True, description="Start again at the end.")
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS
