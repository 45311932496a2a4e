"""A camera module on the Raspberry Pi's connector."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from mqttcam.settings.section import AnyCase, Section, refuse
from mqttcam.settings.size import SizeSetting
from mqttcam.settings.sources.device_number import number_or_text
from mqttcam.settings.sources.section import SourceSection

_MODE = re.compile(r"(\d{2,5})x(\d{2,5})(?::(8|10|12|14|16))?")
_MODE_ALLOWED = "WIDTHxHEIGHT or WIDTHxHEIGHT:BITS, as `mqttcam cameras` prints them"
_RAW = re.compile(r"[A-Z0-9_]{2,32}")


def _mode(text: str) -> str:
    if not _MODE.fullmatch(text):
        raise refuse("is not a sensor mode", _MODE_ALLOWED)
    return text


def parse_mode(text: str) -> tuple[tuple[int, int], int | None]:
    """Return the size in pixels and the bits per pixel of a sensor mode (`2304x1296:10`).

    The bits are None if the mode does not name them: any will do.
    """
    match = _MODE.fullmatch(text)
    assert match is not None, "checked by the model"
    width, height, bits = match.groups()
    return (int(width), int(height)), int(bits) if bits else None


def _raw_format(text: str) -> str:
    if not _RAW.fullmatch(name := text.strip().upper()):
        raise refuse("is not a raw format", "a name of libcamera's, such as SRGGB12 or SRGGB12_CSI2P")
    return name


SensorMode = Annotated[str, AfterValidator(_mode)]
PixelFormat = Annotated[
    Literal["YUV420", "YVU420", "NV12", "NV21", "RGB888", "BGR888", "XRGB8888", "XBGR8888"], AnyCase()
]
"""The formats that JPEGs can be made from, by libcamera's names."""
ColourSpace = Annotated[Literal["Sycc", "Smpte170m", "Rec709"], AnyCase(jpeg="Sycc")]
DEFAULT_FORMAT: Literal["YUV420"] = "YUV420"
DEFAULT_COLOUR_SPACE: Literal["Sycc"] = "Sycc"


class PhotoStream(Section):
    """How the camera is configured for a picture in full resolution."""

    size: SizeSetting | None = Field(None, description="Default: the sensor's full resolution.")
    format: PixelFormat = Field(DEFAULT_FORMAT, description="As `format` of the source.")
    colour_space: ColourSpace = Field(
        DEFAULT_COLOUR_SPACE, description="As `colour_space` of the source; converted for JPEG."
    )
    buffers: int = Field(1, ge=1, le=16, description="Frame buffers.")
    sensor_mode: SensorMode | None = Field(None, description="Default: the one that suits the size best.")


class RawStream(Section):
    """The raw picture of the sensor that can be saved beside a photo."""

    sensor_mode: SensorMode | None = Field(
        None, description="Default: that of the photo, which is the largest one unless `photo.size` is set."
    )
    format: Annotated[str, AfterValidator(_raw_format)] | None = Field(
        None, description="`SRGGB12`, or packed `SRGGB12_CSI2P`; default: the sensor's own, not packed."
    )


class StreamSettings(Section):
    """How the streams of a camera module are configured; a preset can change it."""

    buffers: int = Field(
        4, ge=2, le=16, description="Frame buffers. More of them take more of the camera memory."
    )
    format: PixelFormat = Field(
        DEFAULT_FORMAT,
        description="Pixel format of the frames; anything but YUV420 is converted, which takes time.",
    )
    colour_space: ColourSpace = Field(
        DEFAULT_COLOUR_SPACE,
        description="`Sycc`, that of JPEG; Smpte170m and Rec709 are for the Pi's own H.264 encoder.",
    )
    sensor_mode: SensorMode | None = Field(
        None, description="`2304x1296` or `2304x1296:10`; default: the one that suits the size best."
    )
    tuning_file: str | None = Field(
        None,
        min_length=1,
        description="A file of libcamera's or your own (`imx219_noir.json`), or a path; one per camera model.",
    )
    hdr: bool | None = Field(
        None,
        description="true: high dynamic range (Camera Module 3, or any on a Pi 5); default: unchanged.",
    )
    lores_size: SizeSetting | None = Field(
        None, description="A second, small image of every frame for analysis (motion); default: none."
    )
    same_aspect: bool = Field(
        False, description="true: pictures in full resolution have the aspect ratio of the stream."
    )
    photo: PhotoStream = Field(default_factory=PhotoStream, description="For pictures in full resolution.")
    raw: RawStream = Field(default_factory=RawStream, description="For raw pictures (DNG).")


class CameraModule(Section):
    """Which camera module it is."""

    type: Literal["picamera2"] = Field("picamera2", description="A Raspberry Pi camera module.")
    camera: Annotated[int | str, BeforeValidator(number_or_text)] = Field(
        0, description="Its number, or its id or model as `mqttcam cameras` prints them."
    )


class Picamera2Source(StreamSettings, CameraModule, SourceSection):
    """A Raspberry Pi camera module, through Picamera2."""

    @property
    def opening(self) -> "Picamera2Source":
        """The settings of the stream; the others are only used for each picture in full resolution."""
        return self.model_copy(update={"photo": PhotoStream(), "raw": RawStream(), "same_aspect": False})

    @property
    def exclusive_device(self) -> int | str:
        """The device, which only one program can open at a time."""
        return self.camera
