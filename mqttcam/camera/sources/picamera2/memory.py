"""Smaller configurations for when camera memory is short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.sources.picamera2.failures import is_memory

log = camera_logger(__name__)

MIN_BUFFERS = 2
"""One buffer that is read, and one that the camera fills."""
_SMALLEST_WIDTH = 320


class StreamConfig(Struct, frozen=True):
    """A configuration of the main stream.

    Attributes:
        size: width and height in pixels, even.
        buffers: number of frame buffers in camera memory.
    """

    size: tuple[int, int]
    buffers: int

    def __str__(self) -> str:
        return f"{self.buffers} buffers of {self.size[0]}x{self.size[1]}"


def stream_configs(size: tuple[int, int], buffers: int) -> list[StreamConfig]:
    """Return the configurations to try while memory is short: fewer buffers first, then fewer pixels."""
    counts = [buffers, *(count for count in (3, MIN_BUFFERS) if count < buffers)]
    found = [StreamConfig(size, count) for count in counts]
    width, height = size
    while (width := width * 3 // 4 // 2 * 2) >= _SMALLEST_WIDTH:
        height = max(2, round(size[1] * width / size[0]) // 2 * 2)
        found.append(StreamConfig((width, height), counts[-1]))
    return found


def start_largest(
    camera: Any, configs: Sequence[StreamConfig], make: Callable[[StreamConfig], dict[str, Any]]
) -> StreamConfig:
    """Configure and start a camera with the first of some configurations that there is memory for; return that one.

    Args:
        make: returns picamera2's configuration.

    Raises:
        Exception: any that picamera2 raises.
    """
    for config in configs[:-1]:
        try:
            _start(camera, make(config))
        except Exception as error:
            if not is_memory(error):
                raise
            log.info("too little camera memory for %s; trying less", config)
        else:
            return config
    _start(camera, make(configs[-1]))
    return configs[-1]


def _start(camera: Any, config: dict[str, Any]) -> None:
    camera.configure(config)
    camera.start(show_preview=None)
