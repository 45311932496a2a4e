"""Reduces work while processor time is short: first video, then motion detection, step by step.

Pictures are not reduced: those that do not fit are left out by themselves, and the newest one is sent.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping

from mqttcam.camera.reduction import Reduction, Reductions
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.run_delay import RunDelay

log = logging.getLogger(__name__)

_INTERVAL = 1.0
"""Seconds between two checks."""
_MISSED = 0.2
"""The share of a camera's frames that may be missing."""
_LAG = 0.4
"""Seconds by which the event loop may be late."""
_IN_TIME = 0.25
"""The share of either up to which everything is in time; between that and all of it, nothing is changed."""
_WAITING = 0.5
"""How many threads may wait for a processor, on average."""
_SHORT_CHECKS = 3
"""How many more checks have to find too little processor time than just enough before anything is reduced further."""
_FIRST_CALM, _LONGEST_CALM = 10.0, 320.0
"""Seconds without a shortage after which something is restored; doubled each time that this was too early."""
_TOO_EARLY = 60.0
"""Seconds; a shortage within that time of a restoration was caused by it."""


class Governor:
    """Decides for the whole daemon how far video and motion detection are reduced.

    Processor time is short while frames are late and threads wait for a processor. Either alone is no reason: a busy
    machine may still be in time, and frames may be late because it is dark.

    Attributes:
        reductions: what is reduced now.
    """

    def __init__(
        self,
        devices: Callable[[], Mapping[str, CameraDevice]],
        changed: Callable[[], None],
        run_delay: RunDelay | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Reduce nothing yet.

        Args:
            changed: called after each change.
        """
        self.reductions = Reductions()
        self._devices = devices
        self._changed = changed
        self._run_delay = run_delay or RunDelay()
        self._clock = clock
        self._short_checks = 0
        self._calm = _FIRST_CALM
        self._calm_since = self._restored_at = clock() - _TOO_EARLY

    @property
    def problem(self) -> str | None:
        """What is reduced, in words; `None` if nothing is."""
        reduced = [f"{name} at 1/{2**one.halvings}" for name, one in self._all if one.halvings]
        return f"processor time is short: {' and '.join(reduced)} of its frame rate" if reduced else None

    async def run(self) -> None:
        """Check once a second, until cancelled."""
        while True:
            due = self._clock() + _INTERVAL
            await asyncio.sleep(_INTERVAL)
            self.check(self._clock() - due)

    def check(self, lag: float) -> None:
        """Reduce or restore something if it is time for that.

        Args:
            lag: seconds by which this call is late.
        """
        now, (lateness, words) = self._clock(), self._lateness(lag)
        if lateness >= _IN_TIME and self._waits(lag):
            self._calm_since = now
            self._short_checks = max(self._short_checks + (1 if lateness >= 1 else -1), 0)
            if self._short_checks >= _SHORT_CHECKS:
                self._short_checks = 0
                self._reduce(words, now)
            return
        self._short_checks = 0
        if now - self._calm_since >= self._calm:
            self._calm_since = now
            self._restore(now)

    def _lateness(self, lag: float) -> tuple[float, str]:
        """Return what is most late, as a share of what is tolerated, and in words."""
        late = [(lag / _LAG, f"the daemon is {lag:.1f} s late")]
        for device in self._devices().values():
            missed = device.camera.stats.missed()
            late.append((missed / _MISSED, f"camera {device.id} misses {missed:.0%} of its frames"))
        return max(late)

    def _waits(self, lag: float) -> bool:
        """Return whether threads wait for a processor. The first time is not known; it costs nothing while all is in
        time."""
        waiting = self._run_delay.waiting_threads()
        if waiting is not None and waiting >= _WAITING:
            return True
        return lag >= _LAG and not self._run_delay.available

    @property
    def _all(self) -> tuple[tuple[str, Reduction], ...]:
        return ("video", self.reductions.video), ("motion detection", self.reductions.motion)

    def _rates(self) -> Iterator[tuple[Reduction, float]]:
        """Yield the full rate of all work that is done now, in the order in which it is reduced."""
        devices = self._devices().values()
        for device in devices:
            yield self.reductions.video, device.video.encoded_fps
        for device in devices:
            if device.motion is not None:
                yield self.reductions.motion, device.motion.detector.fps

    def _reduce(self, late: str, now: float) -> None:
        if now - self._restored_at < _TOO_EARLY:
            self._calm, self._restored_at = min(2 * self._calm, _LONGEST_CALM), now - _TOO_EARLY
        for reduction, fps in self._rates():
            if reduction.can_reduce(fps):
                reduction.halvings += 1
                log.warning("%s, as %s; it is raised again once there is enough time", self.problem, late)
                self._changed()
                return

    def _restore(self, now: float) -> None:
        for _, reduction in reversed(self._all):
            if reduction.halvings:
                reduction.halvings -= 1
                self._restored_at = now
                log.info(
                    "%s",
                    self.problem
                    or "there is enough processor time again: everything has its full frame rate",
                )
                self._changed()
                return
        self._calm = _FIRST_CALM
