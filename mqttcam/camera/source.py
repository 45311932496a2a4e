"""What a source of frames is. One file a kind in `sources/`, one line in its registry.

`Source` is all that one has to be; what it may have besides has defaults there. What not every camera can do is a class
of its own below it, and a source is of each that it can: `class WebCam(StillSource, RestartableSource)`.

Every method and property is used from the camera's capture thread and from no other; a source needs no locks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from mqttcam.camera.control import Action, Control
from mqttcam.camera.frame import Frame, Picture
from mqttcam.camera.metadata_field import MetadataField
from mqttcam.values import Value


class SourceError(Exception):
    """The source cannot be opened or gives no more frames; the message is for a person. The camera tries again."""


class SourceEnded(SourceError):
    """The source has come to its end and is not looped; it is not tried again."""


class SourceFault(SourceError):
    """A source raised what no source should: a fault of the program, or of a library. It is the `__cause__`."""


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What an open source is.

    Attributes:
        model: what a person calls it (`imx708_wide`, `test pattern`).
        width, height: of its frames, in pixels; 0 where only the frames tell.
        frame_rate: frames a second that it aims for: when ten are missing, the camera counts as stalled. 0 where it
            gives them as they come: then it has to notice a stall itself, and only a read that hangs is noticed.
        controls: what can be set while it runs, in the order to show them.
        serial: what tells this device from another one of its model, where there is such a thing.
        actions: what it does once when it is told to; their controls are not among `controls`.
    """

    model: str
    width: int
    height: int
    frame_rate: float
    controls: Sequence[Control] = ()
    serial: str | None = None
    actions: Sequence[Action] = ()


class Source(ABC):
    """A camera, or what stands for one.

    Attributes:
        adjusts_itself: its frames have the configured size and orientation; where not, both are done to them.
        notes: in words, what is otherwise than it was asked for, once it is open.
    """

    adjusts_itself: ClassVar[bool] = False
    notes: Sequence[str] = ()

    @abstractmethod
    def open(self) -> SourceInfo:
        """Claim the device and start it.

        Raises:
            SourceError: it is missing, busy or refuses its configuration.
        """

    @abstractmethod
    def read(self, timeout: float) -> Frame | None:
        """The next frame, or `None` when none came within `timeout` seconds.

        The frame's pixels stay valid until the next `read` or `close`.

        Raises:
            SourceError: it has ended or failed.
        """

    @abstractmethod
    def close(self) -> None:
        """Release the device; also after a failure, and twice."""

    def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Set controls, by name, already in their normal form; the values that took effect.

        Among these may be more than were given: what follows for other controls, `None` where one is left to the
        camera again. All of it is set anew, in this order, when the source is opened the next time.

        Raises:
            InvalidValue: the device does not take a value after all; nothing was changed.
            SourceError: the device failed.
        """
        return values

    @property
    def open_timeout(self) -> float:
        """Seconds that it may take until it gives its first frame, where the usual 20 are too few."""
        return 0.0

    @property
    def frame_interval(self) -> float:
        """Seconds to expect from frame to frame as it is set now, a long exposure counted in; 0: as `frame_rate` says.

        It is looked at when the source is open, and after controls were set.
        """
        return 0.0


class RestartableSource(Source):
    """One whose frames can be stopped and started, the device kept. Others are closed and opened after a stall."""

    @abstractmethod
    def restart_stream(self) -> None:
        """Stop and start its frames.

        Raises:
            SourceError: the device failed.
        """


class StillSource(Source):
    """One that can take a picture in full resolution."""

    @abstractmethod
    def take_still(self, quality: int) -> Picture:
        """Such a picture. The stream may pause and has to go on.

        Args:
            quality: of the JPEG, 1 to 100.

        Raises:
            SourceError: there is none; the message says why.
        """


class ReportingSource(Source):
    """One that tells which values its frames are really taken with. Of others, what `apply` has said is believed."""

    @property
    @abstractmethod
    def applied(self) -> Mapping[str, Value]:
        """Values of controls by name, as the newest frame was taken; looked at once a second."""


class MeasuringSource(Source):
    """One that measures."""

    @property
    @abstractmethod
    def readings(self) -> Mapping[MetadataField, Value]:
        """What was measured with the newest frame; looked at once a second. May say less than another time."""
