"""Settings of the sources that wait for pictures sent by others."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

LARGEST_JPEG = 64_000_000
"""Bytes."""
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
