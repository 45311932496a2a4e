"""What a source of frames is. One file a kind in `sources/`, one line in its registry.

Every method is called from the camera's capture thread and from no other; a source needs no locks. What a source may
have besides, all of it used in that thread too:

| attribute | says | without it |
| --- | --- | --- |
| `adjusts_itself` (of the class) | its frames have the configured size and orientation | both are done to its frames |
| `frame_interval` | seconds to expect from frame to frame now, a long exposure counted in | 1 / `frame_rate` |
| `open_timeout` | seconds that it may take until it gives its first frame | 20 |
| `notes` | in words, what is otherwise than it was asked for, once it is open | nothing is |
| `applied` | control values by name, as the newest frame was really taken; each second | what `apply` said |
| `readings` | what was measured with the newest frame: `Reading`s with their values; each second | nothing is |
| `capture_still(quality)` | takes a `Picture` in full resolution; the stream may pause and has to go on | cannot |
| `restart_stream()` | stops and starts its frames, the device kept; raises SourceError | it is closed and opened |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mqttcam.camera.control import Action, Control
from mqttcam.camera.frame import Frame
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


class Source(Protocol):
    """A camera, or what stands for one."""

    def open(self) -> SourceInfo:
        """Claim the device and start it.

        Raises:
            SourceError: it is missing, busy or refuses its configuration.
        """

    def read(self, timeout: float) -> Frame | None:
        """The next frame, or `None` when none came within `timeout` seconds.

        The frame's pixels stay valid until the next `read` or `close`.

        Raises:
            SourceError: it has ended or failed.
        """

    def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Set controls, by name, already in their normal form; the values that took effect.

        Among these may be more than were given: what follows for other controls, `None` where one is left to the
        camera again. All of it is set anew, in this order, when the source is opened the next time.

        Raises:
            InvalidValue: the device does not take a value after all; nothing was changed.
            SourceError: the device failed.
        """

    def close(self) -> None:
        """Release the device; also after a failure, and twice."""
