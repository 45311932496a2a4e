"""The source `picamera2`: a Raspberry Pi camera module."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mqttcam.camera.adjustment import Adjustment
from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.frame import Frame, Picture, PictureSpec
from mqttcam.camera.markings import Markings
from mqttcam.camera.metadata_field import MetadataField
from mqttcam.camera.metadata_fields import fields_in
from mqttcam.camera.source import (
    MeasuringSource,
    ReportingSource,
    RestartableSource,
    SourceError,
    SourceInfo,
    StillSource,
    VideoSource,
)
from mqttcam.camera.sources._in_use import hold, release
from mqttcam.camera.sources._timestamps import unix_time_ns
from mqttcam.camera.sources.picamera2 import library, streams
from mqttcam.camera.sources.picamera2.attached import sensor_manufacturer
from mqttcam.camera.sources.picamera2.controls import libcamera_controls, validate_controls
from mqttcam.camera.sources.picamera2.encoder import DEVICE, PiEncoder, is_available
from mqttcam.camera.sources.picamera2.failures import busy_words, in_words, is_busy, is_memory
from mqttcam.camera.sources.picamera2.frames import FrameMetadata, MappedPlanes
from mqttcam.camera.sources.picamera2.requests import CompletedRequests
from mqttcam.camera.sources.picamera2.table import ControlTable
from mqttcam.camera.sources.picamera2.turned import TurnedControls
from mqttcam.camera.video_packet import DeliverPacket, VideoOffer
from mqttcam.camera.wakeup import Wakeup
from mqttcam.imaging.orientation import UPRIGHT, Orientation
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.picamera2 import Picamera2Source
from mqttcam.settings.video import VideoSettings
from mqttcam.values import Value

log = camera_logger(__name__)

_STILL_TIMEOUT = 5.0
"""Seconds that a still picture may take, in addition to two frame periods."""


class PiCamera(ReportingSource, MeasuringSource, RestartableSource, StillSource, VideoSource):
    """Gives the frames of one camera as they come from libcamera.

    Attributes:
        notes: in words, what differs from the configuration.
        applied: control values that were set, as the newest frame was really taken.
        readings: what libcamera measured with the newest frame.
    """

    adjusts_itself = True

    def __init__(
        self,
        settings: CameraSettings,
        wake: Wakeup,
        *,
        lock_timeout: float = library.LOCK_TIMEOUT,
        encoder_device: Path = DEVICE,
    ) -> None:
        """Do nothing yet.

        Args:
            lock_timeout: seconds to wait while another camera of this process is opened or closed.
            encoder_device: exists if this machine has an encoder.
        """
        assert isinstance(settings.source, Picamera2Source)
        self._lock_timeout = lock_timeout
        self._settings = settings
        self._source = settings.source
        self._encoder_device = encoder_device
        self._encoder: PiEncoder | None = None
        self._id = ""
        self._held: str | None = None
        self._camera: Any = None
        self._libcamera: Any = None
        self._requests: CompletedRequests | None = None
        self._metadata: FrameMetadata | None = None
        self._shown: FrameMetadata | None = None
        self._table = ControlTable({}, 0)
        self._main: MappedPlanes | None = None
        self._lores: MappedPlanes | None = None
        self._size = (0, 0)
        self._adjustment: Adjustment | None = None
        self._markings = Markings.from_settings(settings)
        self._turned = TurnedControls(settings.orientation)
        self._first: dict[str, Any] = {}
        self._stream: dict[str, Any] = {}
        self._why_closed = "the camera is not open"
        self.notes: list[str] = []

    # open and close

    def open(self) -> SourceInfo:
        picamera2, self._libcamera = library.load()
        tuning = library.tuning_path(picamera2, self._source.tuning_file)
        try:
            with library.opening(self._lock_timeout):
                info, sensor_hdr = self._acquire(picamera2, tuning)
                self._start(sensor_hdr)
        except SourceError:
            self.close()
            raise
        except Exception as error:
            self.close()
            raise SourceError(busy_words(self._id) if is_busy(error) else in_words(error)) from error
        self._held = hold(self._id)
        for note in self.notes:
            log.warning("%s: %s", self._id, note)
        width, height = self._settings.orientation.size(*self._size)
        return SourceInfo(
            model=(model := str(info.get("Model", "camera"))),
            width=width,
            height=height,
            frame_rate=self._table.rate,
            controls=self._turned.shown((*self._table.controls, *self._table.raw)),
            serial=self._id,
            actions=self._table.actions,
            manufacturer=sensor_manufacturer(model),
        )

    def close(self) -> None:
        self.stop_video()
        requests, self._requests = self._requests, None
        held = None
        if requests is not None:
            held = requests.held  # a running camera may still access one that it did not take back
            with contextlib.suppress(SourceError):  # the camera is closed in any case
                requests.release()
            requests.close()
        camera, self._camera = self._camera, None
        self._main = self._lores = self._metadata = None
        if camera is None:
            return
        with library.closing(self._lock_timeout):
            try:
                camera.close()
            except Exception as error:
                raise SourceError(f"the camera cannot be closed: {in_words(error)}") from error
            finally:
                del held
                library.ended()
                release(self._held)
                self._held = None

    # frames

    def read(self, timeout: float) -> Frame | None:
        requests = self._opened()
        requests.release()
        request = requests.newest(timeout)
        if request is None:
            return None
        frame = self._frame(request)
        self._shown = self._metadata
        return frame

    def _frame(self, request: Any) -> Frame:
        assert self._main is not None
        raw = request.request.metadata
        self._metadata = FrameMetadata(raw)
        width, height = self._size
        frame = Frame(
            ts_ns=unix_time_ns(raw.get(self._libcamera.controls.SensorTimestamp)),
            width=width,
            height=height,
            planes=self._main.planes(request),
            metadata=self._metadata,
            lores=self._lores.planes(request) if self._lores is not None else None,
        )
        frame.adjustment, frame.markings = self._adjustment, self._markings
        return frame

    def _still(self, request: Any) -> Frame:
        frame, shown = self._frame(request), self._shown
        if frame.markings is not None and shown is not None:
            crops = shown.get("ScalerCrop"), frame.metadata.get("ScalerCrop")
            frame.markings = frame.markings.in_larger_picture(*crops, frame.orientation)
        return frame

    def _opened(self) -> CompletedRequests:
        """Return the requests of the open camera.

        Raises:
            SourceError: the camera is not open; the message says why.
        """
        if self._requests is None:
            raise SourceError(self._why_closed)
        return self._requests

    def restart_stream(self) -> None:
        """Stop the camera and start it as it was; its buffers are kept."""
        requests = self._opened()
        try:
            requests.release()
            with library.opening(self._lock_timeout):
                self._camera.stop()
                self._start_stream()
        except Exception as error:
            raise SourceError(f"the stream cannot be restarted: {in_words(error)}") from error

    # controls

    def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        self._opened()
        change = self._table.change(self._turned.to_camera(values), self._metadata or {})
        if change.native:
            validate_controls(self._camera, change.native)
            try:
                self._camera.set_controls(change.native)
            except Exception as error:
                raise SourceError(f"the camera does not take controls: {in_words(error)}") from error
        self._table.accept(change)
        return self._turned.to_shown(change.applied)

    @property
    def applied(self) -> Mapping[str, Value]:
        metadata = self._metadata
        return {} if metadata is None else self._turned.to_shown(self._table.applied(metadata))

    @property
    def readings(self) -> Mapping[MetadataField, Value]:
        metadata = self._metadata
        return {} if metadata is None else {one: one.value(metadata) for one in fields_in(metadata)}

    @property
    def frame_interval(self) -> float:
        """Seconds between frames as they are set now, including a long exposure."""
        return max(1 / rate if (rate := self._table.rate) else 0.0, self._table.exposure)

    # video

    @property
    def video(self) -> VideoOffer | None:
        if not is_available(self._encoder_device, *self._size):
            return None
        return VideoOffer("picamera2", "h264", *self._size, is_oriented=self._adjustment is None)

    def start_video(self, settings: VideoSettings, deliver: DeliverPacket) -> None:
        self._opened()
        self.stop_video()
        encoder = PiEncoder(self._camera, settings, self._table.rate, deliver)
        encoder.start()
        self._encoder = encoder

    def stop_video(self) -> None:
        encoder, self._encoder = self._encoder, None
        if encoder is not None:
            encoder.stop()

    def request_keyframe(self) -> None:
        if self._encoder is not None:
            self._encoder.request_keyframe()

    # a still picture

    def take_still(self, quality: int) -> Picture:
        """Return a picture in the sensor's full resolution. The stream pauses for the second or two that it takes.

        Raises:
            SourceError: there is too little camera memory, or the camera failed; the message says which.
        """
        requests = self._opened()
        requests.release()
        if self._encoder is not None:
            self._encoder.stop()
        try:
            with library.opening(self._lock_timeout):
                self._restart(streams.still(self._camera, self._libcamera, self._settings))
            # With a single buffer picamera2 keeps no request for later: it must be asked for it beforehand.
            job = self._camera.capture_request(wait=False)
            request = requests.result_of(job, _STILL_TIMEOUT + 2 * self.frame_interval)
            picture = self._still(request).picture(PictureSpec(quality)) if request is not None else None
        except Exception as error:
            why = "too little camera memory for a full picture" if is_memory(error) else in_words(error)
            raise SourceError(f"no still picture: {why}") from error
        finally:
            self._resume_stream(requests)
        if picture is None:
            raise SourceError("no still picture: none came in time")
        return picture

    def _resume_stream(self, requests: CompletedRequests) -> None:
        try:
            requests.release()
            with library.opening(self._lock_timeout):
                self._restart(self._stream)
            if self._encoder is not None:
                self._encoder.start()
        except Exception as error:
            self.close()
            self._why_closed = f"the stream cannot resume after a still picture: {in_words(error)}"
            raise SourceError(self._why_closed) from error

    def _restart(self, config: Mapping[str, Any]) -> None:
        self._main = self._lores = None
        self._camera.stop()
        self._camera.configure(dict(config))
        self._start_stream()
        self._prepare_frames(self._camera.camera_configuration())

    def _start_stream(self) -> None:
        """Start with the controls as they are set, as picamera2 forgets them at each start."""
        offered = self._camera.camera_ctrl_info
        controls = {
            name: value for name, value in (self._first | self._table.native).items() if name in offered
        }
        if "ScalerCrop" in controls:
            controls |= self._table.windows(controls["ScalerCrop"], libcamera_controls(offered))
        self._camera.set_controls(controls)
        self._camera.start(show_preview=None)

    # helpers of open

    def _acquire(self, picamera2: Any, tuning: str | None) -> tuple[Mapping[str, Any], bool]:
        """Acquire the camera; return libcamera's information on it, and whether its sensor does HDR now."""
        library.refresh(picamera2, tuning)
        attached = picamera2.global_camera_info()
        index = library.find(self._source.camera, attached)
        info = attached[index]
        self._id = str(info["Id"])
        sensor_hdr = self._source.hdr is not None and library.set_sensor_hdr(info, self._source.hdr)
        self._camera = library.start(picamera2, index, tuning)
        return info, sensor_hdr

    def _start(self, sensor_hdr: bool) -> None:
        """Configure and start; use fewer or smaller buffers if memory is short."""
        camera = self._camera
        size = streams.first_size(self._settings, tuple(camera.sensor_resolution))
        self._first = streams.first_controls(camera, self._settings, self._source, sensor_hdr)
        configs = streams.stream_configs(size, self._source.buffers)
        config = streams.start_largest(
            camera, self._libcamera, self._settings, self._source, configs, self._first
        )
        got = camera.camera_configuration()
        self._stream = dict(got)
        self._table = ControlTable(
            libcamera_controls(camera.camera_ctrl_info), self._settings.frame_rate, got.get("controls", {})
        )
        rate = self._table.rate
        self.notes = streams.differences(self._settings, self._source, configs[0], config, got, rate)
        self._prepare_frames(got)
        self._requests = CompletedRequests(camera)

    def _prepare_frames(self, got: Mapping[str, Any]) -> None:
        """Prepare for the frames of a configured camera."""
        self._size = tuple(got["main"]["size"])
        transform = got["transform"]
        done = Orientation(False, bool(transform.hflip), bool(transform.vflip))
        left = done.inverse().then(self._settings.orientation)
        self._adjustment = None if left == UPRIGHT else Adjustment(left)
        self._main = MappedPlanes(self._camera, "main")
        self._lores = MappedPlanes(self._camera, "lores") if got.get("lores") else None
