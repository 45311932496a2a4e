"""A V4L2 device that gives H.264, in the place of `mqttcam.camera.sources.v4l2.device.Device`.

The kernel's virtual devices (tests/virtual_pi) give none.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from mqttcam.camera.sources.v4l2.device import Device
from mqttcam.camera.sources.v4l2.formats import Buffer, PixelFormat

_PERIOD = 0.005
"""Seconds between two frames."""


class FakeDevice:
    """Gives one access unit after the other, again and again; or the same JPEG.

    Attributes:
        opened: how often it was opened.
        format: the configured one (fourcc).
        buffers: the number of buffers; 0 while it is closed.
        requests: for keyframes.
        given: the access units so far, also those that were lost.
        lost: number of frames to lose next.
        damaged: whether the next buffer is damaged.
    """

    driver, card, bus = "uvcvideo", "H.264 camera", "usb-1.2"
    is_capture = True

    def __init__(self, path: str, formats: Sequence[str], units: Sequence[bytes], jpeg: bytes = b"") -> None:
        self.path = path
        self.opened = self.buffers = self.requests = self.lost = 0
        self.format = ""
        self.given: list[bytes] = []
        self.damaged = False
        self._formats, self._units, self._jpeg = list(formats), units, jpeg
        self._sequence = self._held = 0

    def open(self, path: str) -> Device:
        """Stand for the class `Device`."""
        assert path == self.path
        self.opened += 1
        return cast("Device", self)

    def formats(self) -> list[str]:
        return self._formats

    def configure(self, fourcc: str, width: int, height: int, rate: float) -> PixelFormat:
        self.format = fourcc
        return PixelFormat(fourcc, 64, 48, 0, rate, None)

    def start(self, buffers: int) -> None:
        self.buffers = buffers
        self._sequence = self._held = 0

    def restart(self) -> None:
        self.start(self.buffers)

    def close(self) -> None:
        self.buffers = 0

    def call(self, name: str, structure: Any) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), name)

    def request_keyframe(self) -> None:
        self.requests += 1

    def wait(self, timeout: float) -> bool:
        time.sleep(max(0, min(_PERIOD, timeout)))
        return True

    def newest(self) -> Buffer | None:
        return self.next()

    def next(self) -> Buffer | None:
        lost, self.lost = self.lost, 0
        for _ in range(lost):
            self._unit()
        unit = self._unit()
        damaged, self.damaged = self.damaged, False
        data = np.frombuffer(self._jpeg if self.format == "MJPG" else unit, np.uint8)
        self._held += 1
        assert self._held == 1, "a buffer was not given back"
        return Buffer(0, data, time.monotonic_ns(), damaged, self._sequence - 1)

    def give_back(self, buffer: Buffer) -> None:
        self._held -= 1

    def _unit(self) -> bytes:
        unit = self._units[self._sequence % len(self._units)]
        self._sequence += 1
        self.given.append(unit)
        return unit
