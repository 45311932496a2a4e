"""A picture that is taken for itself, and not as one of a stream."""

from __future__ import annotations

from msgspec import Struct

from mqttcam.camera.frame import Frame


class Still(Struct, frozen=True):
    """A picture that is taken for itself.

    Attributes:
        frame: its pixels and metadata; for any thread.
        dng: the sensor's data of the same capture as a DNG file; `None` unless it was requested.
        paused: whether the stream was paused to take it.
    """

    frame: Frame
    dng: bytes | None = None
    paused: bool = False
