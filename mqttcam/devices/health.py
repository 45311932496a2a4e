"""How the daemon is: the `health` message, and what is wrong in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mqttcam.camera.status import CameraStatus
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.entities.node import NODE
from mqttcam.devices.node import Node
from mqttcam.outputs.output import Output


class Health:
    """What is known of a running daemon.

    Attributes:
        outputs: whose problems count, too.
        checks: what each other part, such as MQTT, says at each report: its problem in words, or `None`.
    """

    def __init__(self, node: Node, devices: Callable[[], Mapping[str, CameraDevice]]) -> None:
        self.node = node
        self._devices = devices
        self.outputs: Sequence[Output] = ()
        self.checks: list[Callable[[], str | None]] = []

    def report(self) -> dict[str, object]:
        """The payload of `health`."""
        return state_of(NODE, self.node) | {
            "cameras": {camera_id: _camera_report(device) for camera_id, device in self._devices().items()}
        }

    def problems(self) -> list[str]:
        """What is wrong now, for programs: cameras by their ids. Empty while the daemon is healthy."""
        return [
            problem.of(f"{problem.output.name if problem.output else 'camera'} {', '.join(problem.cameras)}")
            for problem in self._problems()
        ]

    def notices(self) -> list[str]:
        """The same for people: cameras by their names."""
        return [
            problem.of(
                ", ".join(map(self._name, problem.cameras)), problem.output.title if problem.output else None
            )
            for problem in self._problems()
        ]

    def _name(self, camera_id: str) -> str:
        device = self._devices().get(camera_id)
        return camera_id if device is None else device.name

    def _problems(self) -> Iterator[_Problem]:
        """A camera switched off is not one."""
        for ask in self.checks:
            if text := ask():
                yield _Problem(text)
        for output in self.outputs:
            for text, cameras in output.problems().items():
                yield _Problem(text, cameras, output)
        for camera_id, device in self._devices().items():
            if device.camera.status not in (CameraStatus.RUNNING, CameraStatus.OFF):
                yield _Problem(device.camera.last_error or device.camera.status.value, [camera_id])


@dataclass(frozen=True, slots=True)
class _Problem:
    """`cameras`: the ids of those that have it; none where it is everybody's."""

    text: str
    cameras: Sequence[str] = ()
    output: Output | None = None

    def of(self, *whose: str | None) -> str:
        """In words: whose it is, where it is somebody's, and what."""
        return ": ".join([*filter(None, whose if self.cameras else ()), self.text])


def _camera_report(device: CameraDevice) -> dict[str, object]:
    stats = device.camera.stats
    report: dict[str, object] = {
        "status": device.camera.status.value,
        "fps": round(stats.fps, 2),
        "frame_age": None if stats.frame_age is None else round(stats.frame_age, 3),
        "frames": stats.frames,
        "dropped": device.dropped_frames,
        "restarts": stats.restarts,
        "last_error": device.camera.last_error,
    }
    return report | device.outputs.reports()
