"""A camera module on the Raspberry Pi's connector."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from mqttcam.settings.section import refuse
from mqttcam.settings.size import SizeSetting
from mqttcam.settings.sources.device_number import number_or_text
from mqttcam.settings.sources.section import SourceSection

_MODE = re.compile(r"(\d{2,5})x(\d{2,5})(?::(8|10|12|14|16))?")
_MODE_ALLOWED = "WIDTHxHEIGHT or WIDTHxHEIGHT:BITS, as `rpicam-hello --list-cameras` prints them"


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


class Picamera2Source(SourceSection):
    """A Raspberry Pi camera module, through Picamera2."""

    type: Literal["picamera2"] = Field("picamera2", description="A Raspberry Pi camera module.")
    camera: Annotated[int | str, BeforeValidator(number_or_text)] = Field(
        0, description="Its number, or its id or model as `mqttcam cameras` prints them."
    )
    buffers: int = Field(
        4, ge=2, le=16, description="Frame buffers. More of them take more of the camera memory."
    )
    sensor_mode: Annotated[str, AfterValidator(_mode)] | None = Field(
        None, description="`2304x1296` or `2304x1296:10`; default: the one that suits the size best."
    )
    tuning_file: str | None = Field(
        None,
        min_length=1,
        description="A file in libcamera's folder (`imx219_noir.json`) or a path; all cameras share it.",
    )
    hdr: bool | None = Field(
        None,
        description="true: high dynamic range (Camera Module 3, or any on a Pi 5); default: unchanged.",
    )
    lores_size: SizeSetting | None = Field(
        None, description="A second, small image of every frame for analysis (motion); default: none."
    )

    @property
    def exclusive_device(self) -> int | str:
        """The device, which only one program can open at a time."""
        return self.camera
