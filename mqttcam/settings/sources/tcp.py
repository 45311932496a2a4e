"""Pictures from a TCP connection."""

from typing import Literal

from pydantic import Field

from mqttcam.settings.field_types import Host, Network, Port
from mqttcam.settings.sources.limits import (
    DEFAULT_MAX_PIXELS,
    DEFAULT_SILENCE,
    LARGEST_JPEG,
    MaxPixels,
    Silence,
)
from mqttcam.settings.sources.section import SourceSection


class TcpSource(SourceSection):
    """A sender that connects to mqttcam: 4 bytes of length (big-endian), then a picture, repeatedly."""

    type: Literal["tcp"] = Field("tcp", description="A sender that connects to mqttcam.")
    host: Host = Field(
        "127.0.0.1",
        description="Address to listen on; 0.0.0.0: every interface. The most recent sender of pictures is used.",
    )
    port: Port = Field(description="Port to listen on.")
    allow: tuple[Network, ...] = Field(
        (), description="Addresses or networks that may send, such as 192.168.1.0/24; default: all."
    )
    max_bytes: int = Field(
        16_000_000, ge=10_000, le=LARGEST_JPEG, description="The largest picture accepted, in bytes."
    )
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS
    silence: Silence = DEFAULT_SILENCE
