"""A USB camera."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from mqttcam.settings.section import AnyCase
from mqttcam.settings.sources.device_number import number_or_text
from mqttcam.settings.sources.section import SourceSection


class V4l2Source(SourceSection):
    """A USB camera, or any other `/dev/video` device."""

    type: Literal["v4l2"] = Field("v4l2", description="A USB camera.")
    device: Annotated[int | str, BeforeValidator(number_or_text)] | None = Field(
        None,
        description="Its number (0 is /dev/video0), its path, or its id as `mqttcam cameras` prints it, "
        "the same on every port; default: the first camera.",
    )
    format: Annotated[Literal["auto", "mjpeg", "yuyv", "h264"], AnyCase(jpeg="mjpeg", mjpg="mjpeg")] = Field(
        "auto",
        description="`mjpeg` is passed through unchanged; `yuyv` is any uncompressed format, which is encoded here; "
        "`h264` (or H.265) is passed on as video, and decoded for pictures; `auto`: `h264` if `video.encoder` is "
        "`copy` or the camera offers nothing else, otherwise the better of the others.",
    )
    buffers: int = Field(4, ge=2, le=16, description="Frame buffers.")

    @property
    def exclusive_device(self) -> str | None:
        """The device, which only one program can open at a time; None for the first camera found."""
        return f"/dev/video{self.device}" if isinstance(self.device, int) else self.device
