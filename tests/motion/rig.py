"""A detector whose frames are offered by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from mqttcam.camera.hub import Hub
from mqttcam.camera.reduction import Reduction
from mqttcam.motion.areas import Areas
from mqttcam.motion.detector import Analysis, MotionDetector
from tests.support.motion import Scene

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
RIGHT = ((0.51, 0.0), (1.0, 0.0), (1.0, 1.0), (0.51, 1.0))


class Rig(Scene):
    """A detector whose frames are offered by hand; it stands for the loop, on which calls run in `turn`."""

    def __init__(
        self,
        fps: float = 5,
        threshold: float = 0.5,
        clear_after: float = 2,
        pause: float = 0,
        zones: dict[str, float] | None = None,
    ) -> None:
        super().__init__(Hub("camera front"))
        self.told: list[Analysis] = []
        self.reduction = Reduction(1.25)
        self._numbers = itertools.count(1)
        self._calls: list[tuple[Callable[..., object], tuple[object, ...]]] = []
        self.detector = MotionDetector(
            self.hub,
            self,  # type: ignore[arg-type]
            self.told.append,
            lambda _ts_ns: f"event-{next(self._numbers)}",
            fps=fps,
            threshold=threshold,
            clear_after=clear_after,
            pause=pause,
            reduction=self.reduction,
        )
        if zones:
            self.detector.configure_areas(Areas({"left": LEFT, "right": RIGHT}), zones)
        self.detector.enabled = True

    def call_soon_threadsafe(self, callback: Callable[..., object], *arguments: object) -> None:
        self._calls.append((callback, arguments))

    def turn(self) -> None:
        calls, self._calls = self._calls, []
        for callback, arguments in calls:
            callback(*arguments)

    def move(self) -> None:
        """Something comes."""
        self.settle()
        self.offer(60)
        self.turn()
        assert self.detector.active
