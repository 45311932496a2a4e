"""The health of the daemon: the `health` message, and the present problems."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain

from msgspec.structs import asdict

from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.entities.node import NODE
from mqttcam.devices.errors import Code, CommandError
from mqttcam.devices.node import Node
from mqttcam.devices.present_problems import RECORDINGS, PresentProblems
from mqttcam.devices.problems import EndedProblem, Found, Problem, ProblemHistory, cameras_of, grouped
from mqttcam.outputs.output import Output

WATCH_INTERVAL = 2.0
"""Seconds between two looks at the present problems."""
_RETRY_INTERVAL = 1.0
"""Seconds that have to pass before the same problem can be retried again."""


class Health:
    """The health of a running daemon."""

    def __init__(
        self,
        node: Node,
        devices: Callable[[], Mapping[str, CameraDevice]],
        outputs: Sequence[Output] = (),
    ) -> None:
        """`outputs` are those whose problems are shown."""
        self._node = node
        self._devices = devices
        self.present = PresentProblems(node, devices, outputs)
        self._history = ProblemHistory()
        self._retried: dict[str, float] = {}
        node.set_retry(self.retry)

    def report(self) -> dict[str, object]:
        """Return the payload of `health`."""
        return state_of(NODE, self._node) | {
            "started": self._node.started,
            "problems": self.problems(),
            "trouble": [_steady(problem) for problem in self.trouble()],
            "cameras": {camera_id: _camera_report(device) for camera_id, device in self._devices().items()},
        }

    def problems(self) -> list[str]:
        """Return the present problems as text, cameras by their ids; empty while the daemon is healthy."""
        return [
            _as_text(found, ", ".join(cameras) and f"{_kind(found)} {', '.join(cameras)}")
            for found, cameras in self._problems()
        ]

    def notices(self) -> list[str]:
        """Return the present problems as text, cameras by their names."""
        return [
            _as_text(found, ", ".join(map(self._name, cameras)), found.part if _is_of_output(found) else "")
            for found, cameras in self._problems()
        ]

    def trouble(self) -> list[Problem]:
        """Return the present problems and warnings with what can be done about them."""
        return self._history.update(chain(self.present.problems(starting=False), self.present.all_warnings()))

    @property
    def ended(self) -> list[EndedProblem]:
        """The problems that have ended within the last day, the last one first."""
        return self._history.ended

    def retry(self, problem_id: str | None) -> None:
        """Begin the next attempt of what waits for it after a failure, at most once a second each.

        Args:
            problem_id: that of one problem, which several cameras may share; `None` for all.

        Raises:
            CommandError: there is no such problem now.
        """
        groups = grouped(self.present.problems(starting=False))
        if problem_id is not None:
            known = [found.id for group in groups for found in group]
            groups = [group for group in groups if problem_id in {found.id for found in group}]
            if not groups:
                raise CommandError(Code.INVALID_VALUE, "there is no such problem now", "problem", known)
        now = time.monotonic()
        for found in chain.from_iterable(groups):
            if found.try_again is not None and now - self._retried.get(found.id, -now) >= _RETRY_INTERVAL:
                self._retried[found.id] = now
                found.try_again()

    async def watch(self, interval: float = WATCH_INTERVAL) -> None:
        """Notify all observers when the present problems have changed, until cancelled.

        Not every problem reports itself: an answer that does not come changes nothing.
        """
        last = self.problems()
        while True:
            await asyncio.sleep(interval)
            self.trouble()
            if (now := self.problems()) != last:
                last = now
                self._node.changed()
                for device in self._devices().values():
                    device.changed()

    def _problems(self) -> Iterator[tuple[Found, list[str]]]:
        """Yield each problem with the ids of the cameras that share it."""
        for group in grouped(self.present.problems()):
            yield group[0], list(cameras_of(group))

    def _name(self, camera_id: str) -> str:
        device = self._devices().get(camera_id)
        return camera_id if device is None else device.name


def _is_of_output(found: Found) -> bool:
    return found.shared not in (None, RECORDINGS)


def _kind(found: Found) -> str:
    return found.shared if found.shared and _is_of_output(found) else "camera"


def _as_text(found: Found, *names: str) -> str:
    """Return a problem as text, after the names of what has it."""
    return ": ".join([*filter(None, names), found.text])


def _steady(problem: Problem) -> dict[str, object]:
    """Return a problem without what changes at each attempt."""
    return {key: value for key, value in asdict(problem).items() if key not in ("next_try", "can_retry")}


def _camera_report(device: CameraDevice) -> dict[str, object]:
    stats = device.camera.stats
    report: dict[str, object] = {
        "status": device.camera.status.value,
        "fps": round(stats.fps, 2),
        "frame_age": None if stats.frame_age is None else round(stats.frame_age, 3),
        "frames": stats.frames,
        "dropped": device.dropped_frames,
        "skipped": stats.skipped,
        "not_recorded": device.recordings.dropped,
        "restarts": stats.restarts,
        "last_error": device.camera.last_error,
    }
    return report | device.outputs.reports()
