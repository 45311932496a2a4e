"""The node and its cameras, each with who carries out its commands: what MQTT and HTTP have in common."""

from __future__ import annotations

from collections.abc import Iterable

from mqttcam.commands.catalogue import CAMERA_COMMANDS, NODE_COMMANDS
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.health import Health
from mqttcam.devices.node import Node
from mqttcam.listeners import Listeners


class DeviceRegistry:
    """All that there is to see and to operate; cameras may come and go while the daemon runs.

    Attributes:
        devices: the cameras by id, in the order of the configuration: some show the first one.
        commanders: of the cameras, by the same ids.
        listeners: told when cameras come and go.
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        self.node_commander = CommandRunner(node, NODE_COMMANDS)
        self.devices: dict[str, CameraDevice] = {}
        self.commanders: dict[str, CommandRunner[CameraDevice]] = {}
        self.health = Health(node, self.devices)
        self.listeners = Listeners("the cameras of the node")

    def add(self, device: CameraDevice) -> None:
        """One more camera, the last one."""
        self.devices[device.id] = device
        self.commanders[device.id] = CommandRunner(device, CAMERA_COMMANDS)
        self.listeners.tell()

    def remove(self, camera_id: str) -> None:
        """It is no more."""
        del self.devices[camera_id], self.commanders[camera_id]
        self.listeners.tell()

    def arrange(self, camera_ids: Iterable[str]) -> None:
        """Put the cameras in this order; all of them are named."""
        for camera_id in camera_ids:
            self.devices[camera_id] = self.devices.pop(camera_id)
        self.listeners.tell()
