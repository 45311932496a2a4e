"""The picture that is shown instead of a camera's while that delivers none."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def placeholder() -> bytes:
    """Return a JPEG of 640x480 pixels."""
    return files("mqttcam.web").joinpath("static", "unavailable.jpg").read_bytes()
