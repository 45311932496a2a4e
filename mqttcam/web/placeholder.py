"""The picture that stands where a camera gives none."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def placeholder() -> bytes:
    """A JPEG, 640x480."""
    return files("mqttcam.web").joinpath("static", "unavailable.jpg").read_bytes()
