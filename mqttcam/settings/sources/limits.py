"""Settings that several sources of pictures from elsewhere share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mqttcam.imaging.limits import LARGEST_MAX_PIXELS, MAX_PIXELS

LARGEST_JPEG = 64_000_000
"""Bytes."""
MaxPixels = Annotated[
    int,
    Field(
        ge=10_000,
        le=LARGEST_MAX_PIXELS,
        description="The largest picture that is decoded: width times height. Decoding takes up to 12 bytes per pixel.",
    ),
]
DEFAULT_MAX_PIXELS = MAX_PIXELS
DEFAULT_SILENCE = 15.0
Silence = Annotated[
    float,
    Field(
        ge=1,
        le=86_400,
        description="Seconds without a picture after which the camera counts as unavailable; longer than "
        "the sender's pause between two pictures.",
    ),
]
