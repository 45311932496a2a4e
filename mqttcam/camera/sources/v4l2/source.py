"""The source `v4l2`: a USB camera, or another V4L2 device."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from mqttcam.camera.adjustment import Adjustment, adjusted_size, adjustment_for
from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import ReportingSource, RestartableSource, SourceError, SourceInfo, VideoSource
from mqttcam.camera.sources._in_use import hold, in_use_words, release
from mqttcam.camera.sources._timestamps import unix_time_ns
from mqttcam.camera.sources.v4l2 import controls as device_controls
from mqttcam.camera.sources.v4l2.attached import FORBIDDEN, KNOWN, path_of
from mqttcam.camera.sources.v4l2.device import Device
from mqttcam.camera.sources.v4l2.encoded import CODECS, MIN_BUFFERS, EncodedVideo, has_pyav
from mqttcam.camera.sources.v4l2.formats import Buffer, PixelFormat
from mqttcam.camera.sources.v4l2.pixels import JPEGS, RAW, Converter, converter, read_jpeg
from mqttcam.camera.sources.v4l2.usb import usb_device
from mqttcam.camera.video_packet import DeliverPacket, VideoOffer
from mqttcam.camera.wakeup import Wakeup
from mqttcam.imaging.raster import Planes, size_of
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.v4l2 import V4l2Source
from mqttcam.settings.video import VideoSettings
from mqttcam.values import Value

log = camera_logger(__name__)

_DEFAULT_SIZE = (1280, 720)
_SAME_RATE = 0.02
"""Relative difference of frame rates that counts as equal: 30000/1001 is what people call 30."""
_WANTED = {"mjpeg": JPEGS, "yuyv": RAW, "h264": tuple(CODECS)}


class V4l2Camera(ReportingSource, RestartableSource, VideoSource):
    """Reads the frames of one device: JPEGs as the camera made them, or planes; or its H.264, decoded on demand.

    Attributes:
        notes: in words, what differs from the configuration.
        applied: the device's current values, which automatic controls and other programs change as well.
    """

    adjusts_itself = True

    def __init__(
        self, settings: CameraSettings, wake: Wakeup, open_device: Callable[[str], Device] = Device
    ) -> None:
        """Do nothing yet."""
        assert isinstance(settings.source, V4l2Source)
        self._settings = settings
        self._source = settings.source
        self._open_device = open_device
        self._device: Device | None = None
        self._held: str | None = None
        self._pixels: PixelFormat | None = None
        self._converter: Converter | None = None
        self._encoded: EncodedVideo | None = None
        self._controls: dict[str, device_controls.DeviceControl] = {}
        self._set: set[str] = set()
        self._readable: dict[str, device_controls.DeviceControl] = {}
        self._adjustment: Adjustment | None = None
        self._skipped = 0
        self._problem: str | None = None
        self.notes: list[str] = []

    def open(self) -> SourceInfo:
        path = path_of(self._source.device)
        try:
            self._device = self._open_device(path)
            info = self._start(self._device)
        except OSError as error:
            self.close()
            raise self._failure(path, error) from error
        except SourceError:
            self.close()
            raise
        self._held = hold(_node(path))
        return info

    def read(self, timeout: float) -> Frame | None:
        device = self._opened()
        end = time.monotonic() + timeout
        try:
            while device.wait(end - time.monotonic()):
                buffer = device.newest() if self._encoded is None else device.next()
                if buffer is not None and (frame := self._frame(device, buffer)) is not None:
                    return frame
                if time.monotonic() >= end or not self.wanted_fps():  # calls need not wait for a picture then
                    break
        except OSError as error:
            raise self._failure(device.path, error) from error
        return None

    def restart_stream(self) -> None:
        device = self._opened()
        try:
            device.restart()
            if self._encoded is not None:
                self._encoded.restarted()
        except OSError as error:
            raise self._failure(device.path, error) from error

    def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        device = self._opened()
        try:
            applied = device_controls.apply(device, self._controls, values)
            others = self._set - applied.keys()
            left = {name for name in others if device_controls.is_inactive(device, self._controls[name])}
        except OSError as error:
            raise self._failure(device.path, error) from error
        self._set = self._set - left | applied.keys()
        return applied | dict.fromkeys(left)

    @property
    def applied(self) -> Mapping[str, Value]:
        try:
            return device_controls.readable(self._opened(), self._readable)
        except OSError:  # it was unplugged, which the next read reports
            return {}

    @property
    def skipped(self) -> int:
        return self._skipped

    @property
    def undecoded(self) -> int:
        return 0 if self._encoded is None else self._encoded.undecoded

    @property
    def waiting_for(self) -> str | None:
        if self._problem is None and self._encoded is not None:
            return self._encoded.waiting_for
        return self._problem

    @property
    def video(self) -> VideoOffer | None:
        if self._encoded is None or self._pixels is None:
            return None
        return VideoOffer("copy", self._encoded.codec, self._pixels.width, self._pixels.height)

    def start_video(self, settings: VideoSettings, deliver: DeliverPacket) -> None:
        if self._encoded is None:
            raise SourceError("this camera gives no H.264 in its present format")
        self._encoded.deliver = deliver
        self.request_keyframe()

    def stop_video(self) -> None:
        if self._encoded is not None:
            self._encoded.deliver = None

    def request_keyframe(self) -> None:
        if self._device is not None and self._encoded is not None:
            self._device.request_keyframe()

    def close(self) -> None:
        self.stop_video()
        device, self._device = self._device, None
        if device is not None:
            device.close()
        release(self._held)
        self._held = None

    def _start(self, device: Device) -> SourceInfo:
        if not device.is_capture:
            raise SourceError(f"{device.path} ({device.card}) captures no video; try the device before it")
        offered = device.formats()
        wanted = self._wanted_formats()
        fourcc = next((one for one in wanted if one in offered), None)
        if fourcc is None:
            first, more = ", ".join(offered[:4]), f", {len(offered) - 4} more" if len(offered) > 4 else ""
            known = ", ".join(wanted[:4]) + (f" and {len(wanted) - 4} more" if len(wanted) > 4 else "")
            raise SourceError(f"{device.card} offers {first}{more}, and none of {known}")
        size = self._settings.size or _DEFAULT_SIZE
        pixels = device.configure(fourcc, size[0], size[1], self._settings.frame_rate)
        self._pixels = pixels
        self._converter = converter(pixels, device.driver)
        self._encoded = None
        if pixels.fourcc in CODECS:
            self._encoded = EncodedVideo(pixels.fourcc, lambda: self.wanted_fps(), device.request_keyframe)
        elif self._converter is None and pixels.fourcc not in JPEGS:
            raise SourceError(f"{device.card} gives {pixels.fourcc} instead, which is not supported")
        self._adjustment = adjustment_for(self._settings, pixels.width, pixels.height)
        self._controls = device_controls.controls_of(device)
        values = device_controls.readable(device, self._controls)
        # Reading a control that does not answer may take seconds, so it is not read again.
        self._readable = {name: self._controls[name] for name in values}
        # A device keeps the values that other programs have set.
        shown = tuple(
            replace(one.control, default=values.get(name, one.control.default))
            for name, one in self._controls.items()
            if not one.is_button
        )
        actions = tuple(one.action for one in self._controls.values() if one.is_button)
        device.start(
            self._source.buffers if self._encoded is None else max(MIN_BUFFERS, self._source.buffers)
        )
        width, height = adjusted_size(self._settings, pixels.width, pixels.height)
        rate = pixels.rate or self._settings.frame_rate
        self.notes = self._differences((width, height), rate)
        usb = usb_device(device.path)
        serial = device.bus or None
        return SourceInfo(
            device.card, width, height, rate, shown, serial, actions, usb.manufacturer, usb.release
        )

    def _wanted_formats(self) -> Sequence[str]:
        """Return the formats (fourccs) in order of preference."""
        if self._source.format != "auto":
            return _WANTED[self._source.format]
        if self._settings.video.encoder == "copy" and has_pyav():
            return (*CODECS, *KNOWN)
        return (*KNOWN, *CODECS)

    def _differences(self, got: tuple[int, int], rate: float) -> list[str]:
        wanted, settings = self._settings.size, self._settings
        notes = []
        if wanted is not None and got != settings.orientation.size(*wanted):
            notes.append(f"the camera gives {got[0]}x{got[1]} instead of {wanted}")
        if "frame_rate" in settings.model_fields_set and rate < settings.frame_rate * (1 - _SAME_RATE):
            notes.append(
                f"the camera gives {rate:g} frames per second at {got[0]}x{got[1]} instead of {settings.frame_rate:g}"
            )
        return notes

    def _frame(self, device: Device, buffer: Buffer) -> Frame | None:
        """Return the frame in a buffer, or `None` if it is broken; the buffer is given back in either case."""
        pixels = self._pixels
        assert pixels is not None
        jpeg: bytes | None = None
        planes: Planes | None = None
        width, height = pixels.width, pixels.height
        try:
            if self._encoded is not None:
                planes = self._encoded.use(buffer)
                if planes is None:
                    return None
                width, height = size_of(planes)
            elif buffer.is_broken:
                raise ValueError("the driver reports that its data is damaged")
            elif self._converter is None:
                picture = read_jpeg(buffer.data.tobytes())
                jpeg, planes, width, height = picture.jpeg, picture.planes, picture.width, picture.height
            elif len(buffer.data) < self._converter.length:
                raise ValueError(f"it has fewer than {self._converter.length} bytes")
            else:
                planes = self._converter.convert(buffer.data)
        except ValueError as error:
            self._skip(device, str(error))
            return None
        finally:
            device.give_back(buffer)  # both have been copied out of it
        self._problem = None
        frame = Frame(unix_time_ns(buffer.timestamp_ns), width, height, planes=planes, jpeg=jpeg)
        frame.adjustment = self._adjustment
        return frame

    def _skip(self, device: Device, why: str) -> None:
        """Count a buffer that is not used; some are normal when a stream starts."""
        self._skipped += 1
        self._problem = f"{device.path}: a frame of {device.card} is not usable: {why}"
        log.debug("%s; skipped, %d so far", self._problem, self._skipped)

    def _opened(self) -> Device:
        if self._device is None:
            raise SourceError("the camera is not open")
        return self._device

    def _failure(self, path: str, error: OSError) -> SourceError:
        if error.errno == errno.EBUSY:
            return SourceError(f"{path}: {in_use_words(_node(path))}")
        if error.errno in (errno.ENODEV, errno.ENXIO):
            return SourceError(f"{path} was unplugged")
        if error.errno in (errno.EACCES, errno.EPERM):
            return SourceError(f"{path} {FORBIDDEN}")
        if error.errno == errno.ENOSPC:
            return SourceError(
                f"{path}: the USB bus has no room for this size and rate; try a smaller size, or mjpeg"
            )
        return SourceError(f"{path}: {error.strerror or error}")


def _node(path: str) -> str:
    """Return the path of the device itself, with symbolic links resolved."""
    return str(Path(path).resolve())
