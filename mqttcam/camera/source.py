"""The interface of a source of frames. Each kind has a file in `sources/` and a line in its registry.

`Source` is what every source implements; its optional members have defaults. Optional abilities are classes of their
own below it, and a source derives from those that it supports: `class WebCam(StillSource, RestartableSource)`.

All methods and properties are used from the camera's capture thread only; a source needs no locks.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from msgspec import Struct, field

from mqttcam.camera.audio_packet import AudioFormat, DeliverAudio
from mqttcam.camera.control import Action, Control
from mqttcam.camera.frame import Frame
from mqttcam.camera.metadata_field import MetadataField
from mqttcam.camera.still import Still
from mqttcam.camera.video_packet import DeliverPacket, VideoOffer
from mqttcam.settings import CameraSettings
from mqttcam.settings.video import VideoSettings
from mqttcam.values import Value


class SourceError(Exception):
    """The source cannot be opened or gives no more frames; the message is for people. The camera tries again."""


class SourceEnded(SourceError):
    """The source has come to its end and is not looped; it is not opened again."""


class SourceFault(SourceError):
    """A source raised another exception than `SourceError`: a bug in it or in a library. See `__cause__`."""


class SourceInfo(Struct, frozen=True):
    """Describes an open source.

    Attributes:
        model: its name for people (`imx708_wide`, `test pattern`).
        width, height: of its frames, in pixels; 0 if only the frames themselves tell.
        frame_rate: the frames per second that it aims for; when ten are missing, the camera counts as stalled. 0 if
            it gives frames as they arrive: then it must detect a stall itself, and only a read that hangs is detected.
        controls: what can be set while it runs, in the order to show them.
        serial: distinguishes this device from others of its model; `None` if it has no such id.
        actions: what it can do once on request; their controls are not among `controls`.
        manufacturer: of the device, for a camera module of its sensor; `None` if unknown.
        hw_version: the revision of the device, as it says itself; `None` if unknown.
        waits_for: what has to come before the first frame can, in words, if that may take for ever; else empty.
        details: what else is known of the device, as it can be written in JSON: a camera module's sensor modes, pixel
            formats and properties.
    """

    model: str
    width: int
    height: int
    frame_rate: float
    controls: Sequence[Control] = ()
    serial: str | None = None
    actions: Sequence[Action] = ()
    manufacturer: str | None = None
    hw_version: str | None = None
    waits_for: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


class Source(ABC):
    """A camera, or what takes its place.

    Attributes:
        adjusts_itself: whether its frames already have the configured size and orientation; if not, they are adjusted.
        notes: in words, what differs from the configuration, once it is open.
        wanted_fps: returns how many frames per second are wanted now: 0 for none, infinity for every one. Set before it
            is opened; for sources whose frames have to be decoded.
        state_dir: where users put files for cameras, `None` without a daemon; set before it is opened.
    """

    adjusts_itself: ClassVar[bool] = False
    notes: Sequence[str] = ()
    wanted_fps: Callable[[], float] = staticmethod(lambda: math.inf)
    state_dir: Path | None = None

    @abstractmethod
    def open(self) -> SourceInfo:
        """Acquire the device and start it.

        Raises:
            SourceError: it is missing, busy or refuses its configuration.
        """

    @abstractmethod
    def read(self, timeout: float) -> Frame | None:
        """Return the next frame, or `None` if none came within `timeout` seconds.

        The frame's pixels stay valid until the next `read` or `close`.

        Raises:
            SourceError: the source has ended or failed.
        """

    @abstractmethod
    def close(self) -> None:
        """Release the device; may be called after a failure, and twice."""

    @property
    def skipped(self) -> int:
        """Number of pictures or messages that came and could not be used, since it was opened."""
        return 0

    @property
    def undecoded(self) -> int:
        """Number of frames that came and were not decoded, as none was wanted, since it was opened."""
        return 0

    def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Set controls, by name, to values in their normal form; return the values that took effect.

        These may include other controls that changed in consequence; `None` returns a control to the camera's
        automatic. All of them are set in this order when the source is opened again.

        Raises:
            InvalidValue: the device refuses a value; nothing was changed.
            SourceError: the device failed.
        """
        return values

    def configure(self, settings: CameraSettings) -> None:
        """Use other settings from now on that are no different in `CameraSettings.opening`."""
        return

    @property
    def open_timeout(self) -> float:
        """Seconds that it may take to its first frame; 0: the usual 20 are enough; infinity: no limit."""
        return 0.0

    @property
    def waiting_for(self) -> str | None:
        """Why no frame has come yet, in words; `None` if that is not known.

        It is read before the first frame, from another thread, and also while `open` runs.
        """
        return None

    @property
    def frame_interval(self) -> float:
        """Seconds to expect between frames as it is set now, including a long exposure; 0: see `frame_rate`.

        It is read once the source is open, and after controls were set.
        """
        return 0.0


class RestartableSource(Source):
    """A source whose stream can be restarted while the device stays open. Others are reopened after a stall."""

    @abstractmethod
    def restart_stream(self) -> None:
        """Stop and start the stream.

        Raises:
            SourceError: the device failed.
        """


class StillSource(Source):
    """A source that can take a picture in full resolution."""

    @property
    def gives_raw(self) -> bool:
        """Whether it can give the sensor's own data of such a picture; read once it is open."""
        return False

    @abstractmethod
    def take_still(self, *, raw: bool = False) -> Still:
        """Return a picture in full resolution. The stream may pause meanwhile, and must continue.

        Args:
            raw: with the sensor's own data.

        Raises:
            SourceError: the picture could not be taken; the message says why.
        """


class ReportingSource(Source):
    """A source that reports the values its frames are really taken with. For others, the result of `apply` counts."""

    @property
    @abstractmethod
    def applied(self) -> Mapping[str, Value]:
        """Values of controls by name, as the newest frame was taken; read once per second."""


class MeasuringSource(Source):
    """A source whose frames carry measurements."""

    @property
    @abstractmethod
    def readings(self) -> Mapping[MetadataField, Value]:
        """What was measured with the newest frame; read once per second. Fields may be missing at times."""


class VideoSource(Source):
    """A source that can give its video encoded, beside its frames."""

    @property
    @abstractmethod
    def video(self) -> VideoOffer | None:
        """The video that it can give; None if this camera gives none. It is read once the source is open."""

    @abstractmethod
    def start_video(self, settings: VideoSettings, deliver: DeliverPacket) -> None:
        """Deliver packets from the next keyframe on, until `stop_video` or `close`.

        Raises:
            SourceError: there can be none; the message says why.
        """

    @abstractmethod
    def stop_video(self) -> None:
        """Deliver no more packets; may be called when none are delivered."""

    def request_keyframe(self) -> None:
        """Make the next packet a keyframe, if the source can do that."""
        return


class AudioSource(Source):
    """A source that can give audio beside its video."""

    @property
    @abstractmethod
    def audio(self) -> AudioFormat | None:
        """The audio that it can give; None if this camera gives none. It is read once the source is open."""

    @abstractmethod
    def start_audio(self, deliver: DeliverAudio) -> None:
        """Deliver packets until `stop_audio` or `close`."""

    @abstractmethod
    def stop_audio(self) -> None:
        """Deliver no more packets; may be called when none are delivered."""
