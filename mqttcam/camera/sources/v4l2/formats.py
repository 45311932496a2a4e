"""The format of a V4L2 device, and a buffer in it."""

from __future__ import annotations

from msgspec import Struct

from mqttcam.imaging.raster import Plane


class PixelFormat(Struct, frozen=True):
    """The format of a configured device.

    Attributes:
        fourcc: `MJPG`, `YUYV`, …
        stride: bytes from one row to the next; of luma if it is separate. 0 if unknown.
        rate: frames per second, 0 if unknown.
        full_range: whether black is 0 instead of 16; None if the device does not report it.
        is_bt709: whether its colours are those of ITU-R BT.709 instead of BT.601.
    """

    fourcc: str
    width: int
    height: int
    stride: int
    rate: float
    full_range: bool | None
    is_bt709: bool = False


class Buffer(Struct, frozen=True):
    """A filled buffer, valid until it is given back.

    Attributes:
        timestamp_ns: on the monotonic clock; 0 if the device uses another one.
        is_broken: whether the driver reports that its data is damaged.
        sequence: counts all frames, also those that the device had no buffer for.
    """

    index: int
    data: Plane
    timestamp_ns: int
    is_broken: bool
    sequence: int = 0
