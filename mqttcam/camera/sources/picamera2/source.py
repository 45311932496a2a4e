"""The source `picamera2`: a Raspberry Pi camera module."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.frame import Frame
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
from mqttcam.camera.sources.picamera2 import library, stills
from mqttcam.camera.sources.picamera2.attached import sensor_manufacturer
from mqttcam.camera.sources.picamera2.controls import validate_controls
from mqttcam.camera.sources.picamera2.encoder import DEVICE, PiEncoder, is_available
from mqttcam.camera.sources.picamera2.failures import busy_words, in_words, is_busy
from mqttcam.camera.sources.picamera2.frames import FrameMetadata
from mqttcam.camera.sources.picamera2.running import RunningCamera
from mqttcam.camera.sources.picamera2.selection import find
from mqttcam.camera.sources.picamera2.turned import TurnedControls
from mqttcam.camera.still import Still
from mqttcam.camera.tuning_files import TuningFiles
from mqttcam.camera.video_packet import DeliverPacket, VideoOffer
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.picamera2 import DEFAULT_COLOUR_SPACE, Picamera2Source
from mqttcam.settings.video import VideoSettings
from mqttcam.values import Value

log = camera_logger(__name__)


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
        self._running: RunningCamera | None = None
        self._turned = TurnedControls(settings.orientation)
        self._why_closed = "the camera is not open"
        self.notes: list[str] = []

    # open and close

    def open(self) -> SourceInfo:
        picamera2, libcamera = library.load()
        tuning_note = self._want_tuning(picamera2)
        try:
            with library.opening(self._lock_timeout):
                info, sensor_hdr = self._acquire(picamera2)
                model = str(info.get("Model", "camera"))
                tuning_note = tuning_note or library.TUNINGS.problem(self._source.camera, model)
                running = self._running = RunningCamera(self._camera, libcamera, self._settings, sensor_hdr)
        except SourceError:
            self.close()
            raise
        except Exception as error:
            self.close()
            raise SourceError(busy_words(self._id) if is_busy(error) else in_words(error)) from error
        self._held = hold(self._id)
        self.notes = [*running.notes, *([f"source.tuning_file: {tuning_note}"] if tuning_note else [])]
        if self._source.hdr and not sensor_hdr and picamera2.platform.name != "PISP":
            self.notes.append(
                "source.hdr: only a Camera Module 3, or a Raspberry Pi 5, has high dynamic range"
            )
        for note in self.notes:
            log.warning("%s: %s", self._id, note)
        width, height = self._settings.orientation.size(*running.frames.size)
        table = running.table
        return SourceInfo(
            model=model,
            width=width,
            height=height,
            frame_rate=table.rate,
            controls=self._turned.shown((*table.controls, *table.raw)),
            serial=self._id,
            actions=table.actions,
            manufacturer=sensor_manufacturer(model),
            details=running.describe() | {"tuning_file": library.TUNINGS.loaded(model)},
        )

    def _want_tuning(self, picamera2: Any) -> str | None:
        """Note the tuning file that this camera is to have; return in words why it cannot, if that is known already."""
        name = self._source.tuning_file
        files, platform = TuningFiles(self.state_dir), str(picamera2.platform.name).casefold()
        path = files.find(name, platform) if name is not None else None
        library.TUNINGS.want(self._source.camera, path)
        if name is None or path is not None:
            return None
        known = ", ".join(files.names(platform)) or "none"
        return f"there is no tuning file {name}; there are: {known}; libcamera's own is used"

    def _acquire(self, picamera2: Any) -> tuple[Mapping[str, Any], bool]:
        """Acquire the camera; return libcamera's information on it, and whether its sensor does HDR now."""
        library.refresh(picamera2, self.state_dir)
        attached = picamera2.global_camera_info()
        index = find(self._source.camera, attached)
        info = attached[index]
        self._id = str(info["Id"])
        sensor_hdr = self._source.hdr is not None and library.set_sensor_hdr(info, self._source.hdr)
        self._camera = library.start(picamera2, index)
        return info, sensor_hdr

    def close(self) -> None:
        self.stop_video()
        running, self._running = self._running, None
        held = None if running is None else running.release()
        camera, self._camera = self._camera, None
        if camera is None:
            return
        with library.closing(self._lock_timeout):
            try:
                camera.close()
            except Exception as error:
                raise SourceError(f"the camera cannot be closed: {in_words(error)}") from error
            finally:
                del held, running
                library.ended()
                release(self._held)
                self._held = None

    def configure(self, settings: CameraSettings) -> None:
        assert isinstance(settings.source, Picamera2Source)
        self._settings, self._source = settings, settings.source
        if self._running is not None:
            for note in self._running.configure(settings):
                log.warning("%s: %s", self._id, note)

    # frames

    def read(self, timeout: float) -> Frame | None:
        running = self._opened()
        running.requests.release()
        if library.must_close():
            raise SourceError("closed for a moment, so that libcamera can load a tuning file")
        request = running.requests.newest(timeout)
        return None if request is None else running.frames.frame(request)

    def _opened(self) -> RunningCamera:
        """Return the open camera.

        Raises:
            SourceError: the camera is not open; the message says why.
        """
        if self._running is None:
            raise SourceError(self._why_closed)
        return self._running

    def restart_stream(self) -> None:
        """Stop the camera and start it as it was; its buffers are kept."""
        running = self._opened()
        try:
            running.requests.release()
            with library.opening(self._lock_timeout):
                running.camera.stop()
                running.start()
        except Exception as error:
            raise SourceError(f"the stream cannot be restarted: {in_words(error)}") from error

    # controls

    def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        running = self._opened()
        table = running.table
        change = table.change(self._turned.to_camera(values), running.frames.metadata or {})
        if change.native:
            validate_controls(running.camera, change.native)
            try:
                running.camera.set_controls(change.native)
            except Exception as error:
                raise SourceError(f"the camera does not take controls: {in_words(error)}") from error
        table.accept(change)
        return self._turned.to_shown(change.applied)

    @property
    def applied(self) -> Mapping[str, Value]:
        if self._running is None or (metadata := self._metadata) is None:
            return {}
        return self._turned.to_shown(self._running.table.applied(metadata))

    @property
    def readings(self) -> Mapping[MetadataField, Value]:
        metadata = self._metadata
        return {} if metadata is None else {one: one.value(metadata) for one in fields_in(metadata)}

    @property
    def _metadata(self) -> FrameMetadata | None:
        return None if self._running is None else self._running.frames.metadata

    @property
    def frame_interval(self) -> float:
        return 0.0 if self._running is None else self._running.frame_interval

    # video

    @property
    def video(self) -> VideoOffer | None:
        frames = self._opened().frames
        if not is_available(self._encoder_device, *frames.size):
            return None
        return VideoOffer("picamera2", "h264", *frames.size, is_oriented=frames.adjustment is None)

    def start_video(self, settings: VideoSettings, deliver: DeliverPacket) -> None:
        running = self._opened()
        self.stop_video()
        is_jpeg = self._source.colour_space == DEFAULT_COLOUR_SPACE
        encoder = PiEncoder(running.camera, settings, running.table.rate, deliver, is_jpeg=is_jpeg)
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

    @property
    def gives_raw(self) -> bool:
        return bool(self._opened().offered.raw_formats)

    def take_still(self, *, raw: bool = False) -> Still:
        try:
            return stills.take_still(self._opened(), self._encoder, self._lock_timeout, raw=raw)
        except stills.StreamLost as error:
            self.close()
            self._why_closed = str(error)
            raise
