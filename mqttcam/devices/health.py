"""The health of the daemon: the `health` message, and the present problems as text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mqttcam.camera.status import CameraStatus
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.entities.node import NODE
from mqttcam.devices.node import Node
from mqttcam.outputs.output import Output

WATCH_INTERVAL = 2.0
"""Seconds between two looks at the present problems."""


class Health:
    """The health of a running daemon.

    Attributes:
        outputs: the outputs whose problems are shown.
    """

    def __init__(
        self,
        node: Node,
        devices: Callable[[], Mapping[str, CameraDevice]],
        outputs: Sequence[Output] = (),
    ) -> None:
        self._node = node
        self._devices = devices
        self.outputs = outputs

    def report(self) -> dict[str, object]:
        """Return the payload of `health`."""
        return state_of(NODE, self._node) | {
            "started": self._node.started,
            "problems": self.problems(),
            "cameras": {camera_id: _camera_report(device) for camera_id, device in self._devices().items()},
        }

    def problems(self) -> list[str]:
        """Return the present problems, cameras by their ids; empty while the daemon is healthy."""
        return [
            problem.as_text(
                f"{problem.output.name if problem.output else 'camera'} {', '.join(problem.cameras)}"
            )
            for problem in self._problems()
        ]

    async def watch(self, interval: float = WATCH_INTERVAL) -> None:
        """Notify all observers when the present problems have changed, until cancelled.

        Not every problem reports itself: an answer that does not come changes nothing.
        """
        last = self.problems()
        while True:
            await asyncio.sleep(interval)
            if (now := self.problems()) != last:
                last = now
                self._node.changed()
                for device in self._devices().values():
                    device.changed()

    def notices(self) -> list[str]:
        """Return the present problems, cameras by their names."""
        return [
            problem.as_text(
                ", ".join(map(self._name, problem.cameras)), problem.output.title if problem.output else None
            )
            for problem in self._problems()
        ]

    def _name(self, camera_id: str) -> str:
        device = self._devices().get(camera_id)
        return camera_id if device is None else device.name

    def _problems(self) -> Iterator[_Problem]:
        """A camera that a user has switched off is no problem."""
        for text in self._node.problems:
            yield _Problem(text)
        for output in self.outputs:
            for text, cameras in output.problems().items():
                yield _Problem(text, cameras, output)
        for camera_id, device in self._devices().items():
            if device.closed_because is not None:
                yield _Problem(device.closed_because, [camera_id])
            elif device.camera.status not in (CameraStatus.RUNNING, CameraStatus.OFF):
                yield _Problem(device.camera.last_error or device.camera.status.value, [camera_id])
        for camera_id, device in self._devices().items():
            for text in device.series.problems:
                yield _Problem(text, [camera_id])
        not_recorded: dict[str, list[str]] = {}
        for camera_id, device in self._devices().items():
            if (problem := device.recordings.problem) is not None:
                not_recorded.setdefault(problem, []).append(camera_id)
        for text, cameras in not_recorded.items():
            yield _Problem(text, cameras)


@dataclass(frozen=True, slots=True)
class _Problem:
    """One problem; `cameras` are the ids of those that have it, none if it is the whole daemon's."""

    text: str
    cameras: Sequence[str] = ()
    output: Output | None = None

    def as_text(self, *names: str | None) -> str:
        """Return the problem as text, after the names of what has it."""
        return ": ".join([*filter(None, names if self.cameras else ()), self.text])


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
