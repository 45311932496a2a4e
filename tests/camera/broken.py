"""A source that stands for broken hardware: it fails, hangs, stalls and recovers at a test's command."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mqttcam.camera.control import Action, Control
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import (
    MeasuringSource,
    ReportingSource,
    RestartableSource,
    Source,
    SourceInfo,
    StillSource,
)
from mqttcam.camera.wakeup import Pacer, Wakeup
from mqttcam.imaging.raster import Planes
from mqttcam.values import Choice, Number, Value
from tests.support.waiting import until

WIDTH, HEIGHT = 64, 48
CONTROLS = (
    Control("Brightness", Number(-1, 1), 0.0),
    Control("AwbMode", Choice(("Auto", "Daylight")), "Auto"),
    Control("ExposureTime", Number(0, 100_000, integer=True), 20_000),
)
ABILITIES: Mapping[str, type] = {
    "applied": ReportingSource,
    "readings": MeasuringSource,
    "restart_stream": RestartableSource,
    "take_still": StillSource,
}
"""Optional capabilities, and the class of sources that have them."""
_HANGS_AT_MOST = 30.0


def grey_planes(width: int = WIDTH, height: int = HEIGHT, luma: int = 90) -> Planes:
    """Return a picture of one grey."""
    half = np.full((height // 2, width // 2), 128, np.uint8)
    return np.full((height, width), luma, np.uint8), half, half.copy()


class Hang:
    """A place where capture threads hang until they are released."""

    def __init__(self) -> None:
        self._reached, self._released = threading.Event(), threading.Event()

    def wait(self) -> None:
        """Hang; in the capture thread."""
        self._reached.set()
        self._released.wait(_HANGS_AT_MOST)

    def release(self) -> None:
        """Release every thread that hangs here."""
        self._released.set()

    async def reached(self) -> None:
        """Return once a thread hangs here."""
        await until(self._reached.is_set, "a thread hangs")


class Hardware:
    """The device behind every source that a camera creates.

    Attributes:
        faults: by `open`, `read`, `apply` or `close`: called in the capture thread before that is done.
        opened, closed: how often that was done.
        applied: every set of values, in order.
        attributes: of the source: `adjusts_itself`, `frame_interval`, `notes`, `readings` …; it is of the class
            that one of them takes.
    """

    def __init__(
        self,
        rate: float = 100,
        controls: Sequence[Control] = CONTROLS,
        actions: Sequence[Action] = (),
        **attributes: Any,
    ) -> None:
        self.rate = rate
        self.told_rate = rate
        self.controls = controls
        self.actions = actions
        self.attributes = attributes
        self.faults: dict[str, Callable[[], object]] = {}
        self.make_frame: Callable[[], Frame | None] = lambda: Frame(
            time.time_ns(), WIDTH, HEIGHT, planes=grey_planes()
        )
        self.opened = self.closed = self.reads = 0
        self.applied: list[dict[str, Value]] = []
        self._hangs: list[Hang] = []

    def __call__(self, wake: Wakeup, kind: type[Broken] | None = None) -> Broken:
        """A source of it: a `Broken`, or of a `kind` of that."""
        abilities = [ability for name, ability in ABILITIES.items() if name in self.attributes]
        members = {name: staticmethod(one) if callable(one) else one for name, one in self.attributes.items()}
        made: type[Broken] = type("BrokenOne", (kind or Broken, *abilities), members)
        return made(self, wake)

    @property
    def in_use(self) -> int:
        """Sources that are open."""
        return self.opened - self.closed

    def hang(self, where: str) -> Hang:
        """Hang there from now on, until released."""
        hang = Hang()
        self._hangs.append(hang)
        self.faults[where] = hang.wait
        return hang

    def fail(self, where: str, error: BaseException) -> None:
        """Raise this error there from now on."""

        def fault() -> None:
            raise error

        self.faults[where] = fault

    def heal(self) -> None:
        """Make everything work from now on; hanging threads keep hanging."""
        self.faults.clear()

    def release(self) -> None:
        """Release every thread."""
        self.heal()
        for hang in self._hangs:
            hang.release()

    def meet_fault(self, where: str) -> None:
        """Called by the source before each of its operations."""
        fault = self.faults.get(where)
        if fault is not None:
            fault()


class Broken(Source):
    """A source on that hardware."""

    def __init__(self, hardware: Hardware, wake: Wakeup) -> None:
        self._hardware = hardware
        self._pacer = Pacer(hardware.rate, wake)
        self._is_open = False

    def open(self) -> SourceInfo:
        self._hardware.meet_fault("open")
        self._hardware.opened += 1
        self._is_open = True
        hardware = self._hardware
        return SourceInfo(
            "Broken", WIDTH, HEIGHT, hardware.told_rate, hardware.controls, actions=hardware.actions
        )

    def read(self, timeout: float) -> Frame | None:
        assert self._is_open
        self._hardware.meet_fault("read")
        if not self._pacer.wait(timeout):
            return None
        self._hardware.reads += 1
        return self._hardware.make_frame()

    def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        self._hardware.meet_fault("apply")
        self._hardware.applied.append(dict(values))
        return values

    def close(self) -> None:
        self._hardware.meet_fault("close")
        if self._is_open:
            self._is_open = False
            self._hardware.closed += 1
