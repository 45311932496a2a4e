"""Cameras that exist: on the Raspberry Pi's connector, on USB, and in the network."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from mqttcam.settings.base import OneOf, Section, refuse
from mqttcam.settings.size import SizeSetting

URL_SCHEMES = ("rtsp", "rtsps", "http", "https")
_MODE = re.compile(r"(\d{2,5})x(\d{2,5})(?::(8|10|12|14|16))?")
_MODE_ALLOWED = "WIDTHxHEIGHT or WIDTHxHEIGHT:BITS, as `rpicam-hello --list-cameras` shows them"


def _number_or_id(raw: object) -> object:
    return int(raw) if isinstance(raw, str) and raw.isdecimal() and len(raw) < 4 else raw


def _mode(text: str) -> str:
    if not _MODE.fullmatch(text):
        raise refuse("is not a sensor mode", _MODE_ALLOWED)
    return text


def parse_mode(text: str) -> tuple[tuple[int, int], int | None]:
    """Size and bits a pixel of a sensor mode (`2304x1296:10`); no bits: any."""
    match = _MODE.fullmatch(text)
    assert match is not None, "checked by the model"
    width, height, bits = match.groups()
    return (int(width), int(height)), int(bits) if bits else None


def _address(url: SecretStr) -> SecretStr:
    """No message repeats any of the address: its user, password and often its path are secret."""
    allowed = f"an address that starts with {', '.join(f'{scheme}://' for scheme in URL_SCHEMES)}"
    try:
        parts = urlsplit(url.get_secret_value().strip())
        usable = parts.scheme in URL_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.get_secret_value().strip().isprintable():
        raise refuse("is not an address of a camera", allowed)
    return SecretStr(url.get_secret_value().strip())


class Picamera2Source(Section):
    """A Raspberry Pi camera module, through Picamera2."""

    type: Literal["picamera2"] = Field("picamera2", description="A Raspberry Pi camera module.")
    camera: Annotated[int | str, BeforeValidator(_number_or_id)] = Field(
        0, description="Which one: its number, or its id or model as `mqttcam cameras` prints them."
    )
    buffers: int = Field(
        4, ge=2, le=16, description="Frame buffers. More of them take more of the camera memory."
    )
    sensor_mode: Annotated[str, AfterValidator(_mode)] | None = Field(
        None, description="`2304x1296` or `2304x1296:10`; without it, the one that suits the size best."
    )
    tuning_file: str | None = Field(
        None,
        min_length=1,
        description="A name in libcamera's folder (`imx219_noir.json`) or a path; all cameras share one.",
    )
    hdr: bool | None = Field(
        None,
        description="true: high dynamic range (Camera Module 3, or any on a Pi 5); without it, untouched.",
    )
    lores_size: SizeSetting | None = Field(
        None, description="A second, small picture of every frame for analysis (motion); without it, none."
    )


class V4l2Source(Section):
    """A USB camera, or whatever else is a `/dev/video` device."""

    type: Literal["v4l2"] = Field("v4l2", description="A USB camera.")
    device: Annotated[int | str, BeforeValidator(_number_or_id)] | None = Field(
        None,
        description="Its number (0 is /dev/video0), its path, or its id as `mqttcam cameras` prints it, "
        "the same on every port; without it, the first one.",
    )
    format: Annotated[Literal["auto", "mjpeg", "yuyv"], OneOf(jpeg="mjpeg", mjpg="mjpeg")] = Field(
        "auto",
        description="`mjpeg` passes through as it is; `yuyv` is encoded here; `auto`: the better one.",
    )
    buffers: int = Field(4, ge=2, le=16, description="Frame buffers.")


class UrlSource(Section):
    """A camera in the network."""

    type: Literal["url"] = Field("url", description="A camera in the network.")
    url: Annotated[SecretStr, AfterValidator(_address)] = Field(
        description="rtsp://, rtsps://, http:// or https://; it may have the user and password in it."
    )
    kind: Annotated[Literal["auto", "rtsp", "mjpeg", "snapshot"], OneOf()] = Field(
        "auto",
        description="`rtsp`; `mjpeg`: an endless HTTP answer; `snapshot`: one picture a request. "
        "`auto`: what the server gives.",
    )
    username: str | None = Field(None, description="Where the camera wants one.")
    password: SecretStr | None = Field(None, description="The user's password.")
    interval: float = Field(
        1.0, ge=0.02, le=86400, description="Seconds from one `snapshot` request to the next."
    )
    timeout: float = Field(
        10.0,
        ge=0.5,
        le=120,
        description="Seconds to connect, and without a picture until it is given up.",
    )
    transport: Annotated[Literal["tcp", "udp"], OneOf()] = Field("tcp", description="Of `rtsp`.")
    keyframes_only: bool = Field(
        False,
        description="Of `rtsp`: only whole pictures, one every few seconds; saves most of the work.",
    )
    insecure: bool = Field(False, description="true: do not check the certificate of https:// and rtsps://.")
