"""Substitutes for what the unmodified picamera2 needs on a computer with libcamera's virtual cameras.

Import it before mqttcam opens a camera. Each gap is closed at one place:

1. pykms, the screen of a Pi: a stand-in, as picamera2 only imports it.
2. `/dev/dma_heap`: buffers are memfds, handed to libcamera the same way. `MemfdAllocator.limit` is the camera memory.
3. no raw stream role: the sensor's modes are those of the viewfinder.
4. virtual cameras insist on four buffers: as many are made as picamera2 asked for.
5. virtual cameras give frames as fast as they are taken: `pace` holds them to a rate.

What a virtual camera cannot show: exposure, gain, colour, focus, crop, raw, sensor time-outs, an unplugged cable.
"""

from __future__ import annotations

import errno
import mmap
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

os.environ["LIBCAMERA_LOG_LEVELS"] = "*:FATAL"
os.environ["LIBCAMERA_PIPELINES_MATCH_LIST"] = "virtual"
sys.modules.setdefault("pykms", MagicMock(name="pykms"))

import libcamera  # noqa: E402
import picamera2.picamera2 as implementation  # noqa: E402
from picamera2 import Picamera2  # noqa: E402
from picamera2.allocators.allocator import Allocator  # noqa: E402

_CHROMA = {"NV12": (2,), "NV21": (2,), "YUV420": (4, 4), "YVU420": (4, 4)}
"""Chroma planes, each this many times smaller than the luma."""


class _Sync:
    """A dma-buf is synchronised before the processor looks at it; a memfd need not be."""

    def __init__(self, allocator: MemfdAllocator, buffer: Any, write: bool) -> None:
        self._memory = allocator.mapped_buffers[buffer]

    def __enter__(self) -> mmap.mmap:
        return self._memory

    def __exit__(self, *_: object) -> None:
        """Do nothing."""

    def get_buffer(self) -> mmap.mmap:
        return self._memory


class MemfdAllocator(Allocator):  # type: ignore[misc]
    """Picamera2's DmaAllocator without dma-bufs."""

    limit: int | None = None
    """Maximum bytes of all buffers of a camera; more fails as with the kernel's CMA."""
    wanted = 4
    """Number of buffers that picamera2 requested last."""

    def __init__(self) -> None:
        super().__init__()
        self.sync = _Sync
        self.mapped_buffers: dict[Any, mmap.mmap] = {}
        self.frame_buffers: dict[Any, list[Any]] = {}
        self._descriptors: list[int] = []

    def allocate(self, libcamera_config: Any, use_case: object) -> None:
        self.close()
        taken = 0
        for stream in libcamera_config:
            count = self.wanted
            luma = stream.stride * stream.size.height
            chroma = _CHROMA.get(str(stream.pixel_format))
            sizes = [luma, *(luma // part for part in chroma)] if chroma else [stream.frame_size]
            taken += count * sum(sizes)
            if self.limit is not None and taken > self.limit:
                raise OSError(errno.ENOMEM, "Cannot allocate memory")
            self.frame_buffers[stream.stream] = [self._buffer(sizes) for _ in range(count)]

    def buffers(self, stream: Any) -> list[Any]:
        return self.frame_buffers[stream]

    def close(self) -> None:
        self.mapped_buffers, self.frame_buffers = {}, {}
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = []

    __del__ = close

    def _buffer(self, sizes: list[int]) -> Any:
        descriptor = os.memfd_create("picamera2")
        self._descriptors.append(descriptor)
        os.ftruncate(descriptor, sum(sizes))
        planes, offset = [], 0
        for size in sizes:
            plane = libcamera.FrameBuffer.Plane()
            plane.fd, plane.offset, plane.length = descriptor, offset, size
            offset += size
            planes.append(plane)
        buffer = libcamera.FrameBuffer(planes)
        self.mapped_buffers[buffer] = mmap.mmap(descriptor, sum(sizes), mmap.MAP_SHARED)
        return buffer


def _viewfinder_modes(camera: Any) -> list[dict[str, Any]]:
    formats = camera.camera.generate_configuration([libcamera.StreamRole.Viewfinder]).at(0).formats
    return [
        {"format": str(pixels), "size": (size.width, size.height)}
        for pixels in formats.pixel_formats
        for size in formats.sizes(pixels)
    ]


_update = Picamera2._update_libcamera_stream_config


def _note_buffers(libcamera_stream_config: Any, stream_config: Any, buffer_count: int) -> None:
    MemfdAllocator.wanted = buffer_count
    _update(libcamera_stream_config, stream_config, buffer_count)


implementation.DmaAllocator = MemfdAllocator
Picamera2._update_libcamera_stream_config = staticmethod(_note_buffers)
Picamera2._get_raw_modes = _viewfinder_modes


@contextmanager
def pace(rate: float) -> Iterator[None]:
    """Limit every camera to `rate` frames per second for the duration of the block."""
    process = Picamera2.process_requests
    due: dict[int, float] = {}

    def paced(self: Any, display: object) -> None:
        due[id(self)] = max(due.get(id(self), 0.0) + 1 / rate, time.monotonic())
        time.sleep(max(0.0, due[id(self)] - time.monotonic()))
        with self._requestslock:  # one frame at a time, as a sensor gives them; the others wait in line
            self._requests, waiting = self._requests[:1], self._requests[1:]
        process(self, display)
        if waiting:
            with self._requestslock:
                self._requests = waiting + self._requests
            self._run_process_requests()

    Picamera2.process_requests = paced
    try:
        yield
    finally:
        Picamera2.process_requests = process


@contextmanager
def memory(limit: int) -> Iterator[None]:
    """Limit the camera memory of each camera to `limit` bytes for the duration of the block."""
    MemfdAllocator.limit = limit
    try:
        yield
    finally:
        MemfdAllocator.limit = None


def info(minimum: Any, maximum: Any, default: Any = None, values: tuple[Any, ...] = ()) -> SimpleNamespace:
    """The range of a control, like libcamera's ControlInfo, which has no constructor in Python."""
    return SimpleNamespace(min=minimum, max=maximum, default=default, values=list(values))


def module_3() -> dict[Any, SimpleNamespace]:
    """The controls of a Camera Module 3 on a Pi 5, with libcamera's own ids, as they are after `configure`."""
    ids = libcamera.controls
    rectangle = libcamera.Rectangle
    full = rectangle(0, 0, 4608, 2592)
    return {
        ids.AeEnable: info(False, True, True, (False, True)),
        ids.ExposureTime: info(9, 11767556, 20000),
        ids.ExposureTimeMode: info(0, 1, 0, (0, 1)),
        ids.AnalogueGain: info(1.1228070259094238, 16.0, 1.0),
        ids.AnalogueGainMode: info(0, 1, 0, (0, 1)),
        ids.AeMeteringMode: info(0, 3, 0, (0, 1, 2, 3)),
        ids.AeExposureMode: info(0, 3, 0, (0, 1, 2, 3)),
        ids.ExposureValue: info(-8.0, 8.0, 0.0),
        ids.AeFlickerMode: info(0, 1, 0, (0, 1)),
        ids.AeFlickerPeriod: info(100, 1000000),
        ids.Brightness: info(-1.0, 1.0, 0.0),
        ids.Contrast: info(0.0, 32.0, 1.0),
        ids.Saturation: info(0.0, 32.0, 1.0),
        ids.Sharpness: info(0.0, 16.0, 1.0),
        ids.AwbEnable: info(False, True, None, (False, True)),
        ids.AwbMode: info(0, 7, 0, tuple(range(8))),
        ids.ColourGains: info(0.0, 32.0),
        ids.ColourTemperature: info(100, 100000),
        ids.ColourCorrectionMatrix: info(0.0, 8.0),
        ids.draft.NoiseReductionMode: info(0, 4, 0, (0, 1, 2, 3, 4)),
        ids.HdrMode: info(0, 4, 0, (0, 1, 2, 3, 4)),
        ids.FrameDurationLimits: info(17849, 11767556, 33333),
        ids.ScalerCrop: info(rectangle(0, 0, 64, 64), full, rectangle(0, 0, 4608, 2592)),
        ids.AfMode: info(0, 2, 0, (0, 1, 2)),
        ids.AfRange: info(0, 2, 0, (0, 1, 2)),
        ids.AfSpeed: info(0, 1, 0, (0, 1)),
        ids.AfMetering: info(0, 1, 0, (0, 1)),
        ids.AfWindows: info(
            rectangle(0, 0, 0, 0), rectangle(65535, 65535, 65535, 65535), rectangle(0, 0, 0, 0)
        ),
        ids.AfTrigger: info(0, 1, 0, (0, 1)),
        ids.AfPause: info(0, 2, 0, (0, 1, 2)),
        ids.LensPosition: info(0.0, 15.0, 1.0),
    }


@contextmanager
def offering(controls: dict[Any, SimpleNamespace]) -> Iterator[None]:
    """Let every camera offer these controls in addition, once it is configured; they have no effect."""
    configure = Picamera2.configure_

    def configured(self: Any, camera_config: object) -> None:
        configure(self, camera_config)
        self.camera_ctrl_info |= {id_.name: (id_, limits) for id_, limits in controls.items()}

    Picamera2.configure_ = configured
    try:
        yield
    finally:
        Picamera2.configure_ = configure
