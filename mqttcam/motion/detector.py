"""Motion detection of one camera: in the capture thread, reported on the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple

from msgspec import Struct

from mqttcam.camera.frame import CaptureSession, Frame
from mqttcam.camera.hub import Hub
from mqttcam.camera.reduction import Reduction
from mqttcam.camera.selection import VariableRate
from mqttcam.imaging.raster import Plane, oriented_view
from mqttcam.motion.areas import NO_AREAS, Areas
from mqttcam.motion.background import NO_MOTION, SETTLING, SMALL, Background, Box, Motion, shrunk
from mqttcam.motion.observation import Observation, observation

_LEAST_WIDTH = SMALL * 3 // 4
"""The least width, in pixels, that a JPEG is decoded to; it shows as much as `SMALL`, and decodes in half the time."""


class Movement(Struct, frozen=True):
    """The motion in one frame.

    Attributes:
        ts_ns: capture time of the frame, Unix nanoseconds.
        seq: the frame's number.
        score: how much of the picture moves, in percent of what is not masked.
        box: the bounding box of all that moves.
        event: the id of the event that it belongs to.
        zones: the armed zones in which their thresholds are reached, the one with the highest score first.
    """

    ts_ns: int
    seq: int
    score: float
    box: Box
    event: str
    zones: tuple[str, ...] = ()


class Analysis(Struct, frozen=True):
    """What the analysis of one frame has found.

    Attributes:
        seq: the frame's number.
        movement: the motion in it; `None` if it has none, or less than the thresholds.
        begins: whether motion begins with this frame.
        ends: whether motion ends with this frame, `clear_after` seconds after the last frame with motion.
        zones_change: whether motion begins or ends in a zone.
    """

    seq: int
    movement: Movement | None
    begins: bool = False
    ends: bool = False
    zones_change: bool = False


class MotionDetector:
    """Analyzes the frames of a camera a few times per second, without encoding any.

    There is motion if the threshold of the picture is reached, or that of an armed zone.

    All times are capture times. A result is valid as long as the capture session of its frames: once the camera is
    switched off, is restarted or has failed, nothing is known any more.

    Attributes:
        threshold: percent of the picture that has to move; may be changed at any time.
        armed: the zones in which motion counts; may be replaced at any time.
        observer: called in the capture thread with each analysis in detail; may be replaced at any time.
    """

    def __init__(
        self,
        hub: Hub,
        loop: asyncio.AbstractEventLoop,
        on_analysis: Callable[[Analysis], None],
        new_id: Callable[[int], str],
        *,
        fps: float,
        threshold: float,
        clear_after: float,
        pause: float = 0.0,
        settling: float = SETTLING,
        reduction: Reduction | None = None,
    ) -> None:
        """Subscribe to the frames; detection is disabled until `enabled` is set.

        Args:
            on_analysis: called on the loop with each frame that has motion or has changed `moving`.
            new_id: returns an id for the event that begins at a time, Unix nanoseconds; called in the capture thread.
            fps: frames to analyze per second.
            clear_after: seconds without motion after which it has ended.
            pause: seconds after the end of motion in which no other motion begins.
            settling: seconds from the first frame on in which nothing counts as motion.
            reduction: how far `fps` is reduced; by default it is not.
        """
        self.threshold = threshold
        self.armed: frozenset[str] = frozenset()
        self._loop = loop
        self._on_analysis = on_analysis
        self._new_id = new_id
        self._clear_after_ns = int(clear_after * 1e9)
        self._pause_ns = int(pause * 1e9)
        self._ended_ns: int | None = None
        self.observer: Callable[[Observation], None] | None = None
        self._settling = settling
        self._fps = fps
        self._reduction = reduction or Reduction(fps)
        self._rate = VariableRate(self._wanted_fps)
        self._activation: object | None = None
        self._zones = _Zones(NO_AREAS, {})
        self._state = _SessionState(None, CaptureSession(), self._zones, settling)
        hub.subscribe(self, lambda: self._wanted_fps() if self.enabled else 0.0)

    def _wanted_fps(self) -> float:
        return min(self._fps, self._reduction.limit(self._fps))

    @property
    def fps(self) -> float:
        """Frames per second that it analyzes now, if nothing is reduced; 0.0 while it is not enabled."""
        return self._fps if self.enabled else 0.0

    @property
    def enabled(self) -> bool:
        """Whether frames are analyzed; set this on the loop. Enabling it starts with a new background."""
        return self._activation is not None

    @enabled.setter
    def enabled(self, enabled: bool) -> None:
        if enabled is not self.enabled:
            self._activation = object() if enabled else None

    def forget(self) -> None:
        """Start over with a new background, as when it is enabled; call this on the loop."""
        if self.enabled:
            self._activation = object()

    def configure_areas(self, areas: Areas, zone_thresholds: Mapping[str, float]) -> None:
        """Replace the zones, all of them armed, and the masks, and start over; call this on the loop.

        Args:
            zone_thresholds: percent of each zone that has to move.
        """
        self.armed = frozenset(zone_thresholds)
        self._zones = _Zones(areas, dict(zone_thresholds))
        self.forget()

    @property
    def moving(self) -> bool | None:
        """Whether there is motion now, `None` while unknown; can be read in any thread."""
        state = self._state
        if state.activation is None or state.activation is not self._activation or state.session.ended:
            return None
        return state.moving

    @property
    def active(self) -> bool:
        """Whether there is motion now, for other subscribers of the hub: already true for the frame that starts it."""
        return self.moving is True

    @property
    def event(self) -> str | None:
        """The id of the event of motion now, for other subscribers of the hub; `None` if there is no motion."""
        state = self._state
        return state.event if self.active else None

    @property
    def moving_zones(self) -> frozenset[str]:
        """The armed zones in which there is motion now."""
        state = self._state
        return state.moving_zones & self.armed if self.active else frozenset()

    # in the capture thread

    def analysis_of(self, frame: Frame) -> Analysis | None:
        """Return the analysis of a frame, for subscribers after this one; `None` if it was not analyzed."""
        state = self._state
        analysis = state.analysis
        if analysis is None or analysis.seq != frame.seq or state.session is not frame.session:
            return None
        return analysis if state.activation is self._activation else None

    def wants(self, frame: Frame) -> bool:
        """Return whether to analyze this frame."""
        return self._activation is not None and self._rate.due(frame.ts_ns) and not frame.session.ended

    def deliver(self, frame: Frame) -> None:
        """Analyze a frame.

        Raises:
            ValueError: the source's JPEG is broken.
        """
        activation, state = self._activation, self._state
        if state.activation is not activation or state.session is not frame.session:
            if state.moving:
                self._ended_ns = state.analyzed_ns
            state = self._state = _SessionState(activation, frame.session, self._zones, self._settling)
        before, observer = state.moving, self.observer
        found = state.find(frame, observed=observer is not None)
        pausing = self._pausing(frame.ts_ns) and not before
        motion = self._counting(found, state.zones.thresholds, pausing=pausing)
        if observer is not None:
            observer(observation(frame, state.background, found, motion, pausing=pausing))
        analysis = state.conclude(frame, motion, self._clear_after_ns, self._new_id)
        if analysis.ends:
            self._ended_ns = frame.ts_ns
        if analysis.movement is not None or state.moving is not before or analysis.zones_change:
            self._loop.call_soon_threadsafe(self._report, state, analysis)

    def _counting(self, motion: Motion, thresholds: Mapping[str, float], *, pausing: bool) -> Motion:
        """Return the motion with only those zones in which it counts; `NO_MOTION` if it does not count at all."""
        zones = motion.zones
        if zones:
            armed = self.armed
            zones = tuple(
                (name, score) for name, score in zones if name in armed and score >= thresholds[name]
            )
        if motion.box is None or pausing or not (zones or motion.score >= self.threshold):
            return NO_MOTION
        return Motion(motion.score, motion.box, zones)

    def _pausing(self, now_ns: int) -> bool:
        return self._ended_ns is not None and 0 <= now_ns - self._ended_ns < self._pause_ns

    # on the loop

    def _report(self, state: _SessionState, analysis: Analysis) -> None:
        if state.activation is self._activation and not state.session.ended:
            self._on_analysis(analysis)


class _Zones(NamedTuple):
    """The zones and masks, and the threshold of each zone."""

    areas: Areas
    thresholds: Mapping[str, float]


class _SessionState:
    """The state of the detection from when it was enabled, or the source opened, to the next such time."""

    __slots__ = (
        "_motion_ns",
        "_zones_ns",
        "activation",
        "analysis",
        "analyzed_ns",
        "background",
        "event",
        "moving",
        "moving_zones",
        "session",
        "zones",
    )

    def __init__(
        self, activation: object | None, session: CaptureSession, zones: _Zones, settling: float
    ) -> None:
        self.activation = activation
        self.session = session
        self.moving: bool | None = None
        self.moving_zones: frozenset[str] = frozenset()
        self.analysis: Analysis | None = None
        self.event = ""
        self.zones = zones
        self.background = Background(settling, zones.areas)
        self.analyzed_ns = 0
        self._motion_ns = 0
        self._zones_ns: dict[str, int] = {}

    def find(self, frame: Frame, *, observed: bool) -> Motion:
        """Return the motion in a frame, whether or not it counts."""
        seconds = (frame.ts_ns - self.analyzed_ns) / 1e9
        self.analyzed_ns = frame.ts_ns
        self.background.observed = observed
        return self.background.update(small_luma(frame), seconds)

    def conclude(
        self, frame: Frame, motion: Motion, clear_after_ns: int, new_id: Callable[[int], str]
    ) -> Analysis:
        """Update the state with the motion that counts in a frame."""
        now, before = frame.ts_ns, self.moving
        movement: Movement | None = None
        if motion.box is not None:
            if not before:
                self.event = new_id(now)
            self.moving, self._motion_ns = True, now
            zones = tuple(name for name, _ in motion.zones)
            self._zones_ns.update(dict.fromkeys(zones, now))
            movement = Movement(now, frame.seq, motion.score, motion.box, self.event, zones)
        elif before:
            # Motion must also end if the clock was set back.
            self.moving = 0 <= now - self._motion_ns < clear_after_ns
        elif self.background.settled:
            self.moving = False
        self.analysis = Analysis(
            frame.seq,
            movement,
            begins=movement is not None and not before,
            ends=before is True and not self.moving,
            zones_change=bool(self._zones_ns) and self._update_zones(now, clear_after_ns),
        )
        return self.analysis

    def _update_zones(self, now: int, clear_after_ns: int) -> bool:
        """Update `moving_zones`; return whether they have changed."""
        before = self.moving_zones
        if not self.moving:
            self._zones_ns.clear()
        last = self._zones_ns
        self.moving_zones = frozenset(zone for zone in last if 0 <= now - last[zone] < clear_after_ns)
        return before != self.moving_zones


def small_luma(frame: Frame) -> Plane:
    """Return a frame's luma reduced to cells, turned and mirrored like its pictures; valid as long as its planes.

    Raises:
        ValueError: the source's JPEG is broken.
    """
    return oriented_view(shrunk(frame.luma(_LEAST_WIDTH)), frame.orientation)
