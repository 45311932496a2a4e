"""How the daemon is: the `health` message, and what is wrong in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mqttcam.camera.status import CameraStatus
from mqttcam.devices import CameraDevice
from mqttcam.entities.entity import state_of
from mqttcam.entities.node import NODE
from mqttcam.node import Node


class Health:
    """What is known of a running daemon.

    `connection_problems` are asked at each report: what is wrong with MQTT or another output, in words.
    """

    def __init__(self, node: Node, devices: Mapping[str, CameraDevice]) -> None:
        self.node = node
        self.devices = devices
        self.connection_problems: list[Callable[[], str | None]] = []

    def report(self) -> dict[str, object]:
        """The payload of `health`."""
        return state_of(NODE, self.node) | {
            "cameras": {camera_id: _camera_report(device) for camera_id, device in self.devices.items()}
        }

    def problems(self) -> list[str]:
        """What is wrong now; empty while the daemon is healthy. A camera switched off is not a problem."""
        cameras = [
            f"camera {camera_id}: {device.camera.last_error or device.camera.status.value}"
            for camera_id, device in self.devices.items()
            if device.camera.status not in (CameraStatus.RUNNING, CameraStatus.OFF)
        ]
        return [problem for ask in self.connection_problems if (problem := ask())] + cameras


def _camera_report(device: CameraDevice) -> dict[str, object]:
    stats = device.camera.stats
    return {
        "status": device.camera.status.value,
        "fps": round(stats.fps, 2),
        "frame_age": None if stats.frame_age is None else round(stats.frame_age, 3),
        "frames": stats.frames,
        "dropped": device.dropped_frames,
        "restarts": stats.restarts,
        "last_error": device.camera.last_error,
    } | {name: output.report(device.id) for name, output in device.outputs.items()}
