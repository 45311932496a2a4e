"""The devices of the daemon with the runners of their commands, for MQTT and HTTP alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from mqttcam.commands.catalogue import camera_commands, node_commands
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.describe import CameraDescription, NodeDescription, describe_camera, describe_node
from mqttcam.devices.health import Health
from mqttcam.devices.node import Node
from mqttcam.listeners import Listeners
from mqttcam.outputs.output import Output


class Member(Struct, frozen=True, eq=False):
    """A camera and the runner of its commands."""

    device: CameraDevice
    runner: CommandRunner[CameraDevice]

    def describe(self, page: str = "/") -> CameraDescription:
        """Describe the camera; `page` is the address of the web page, with a slash at its end."""
        return describe_camera(self.device, self.runner.describe(), page)


class DeviceRegistry:
    """The devices of this daemon; cameras may be added and removed while it runs.

    Attributes:
        cameras: by id, in the order of the configuration: some addresses show the first one.
        listeners: called after cameras were added, removed or arranged.
    """

    def __init__(self, node: Node, outputs: Sequence[Output] = ()) -> None:
        """`outputs` are those of all cameras, whose problems are shown."""
        self.node = node
        self.node_runner = CommandRunner(node, node_commands)
        self.cameras: dict[str, Member] = {}
        self.health = Health(node, lambda: self.devices, outputs)
        self.listeners = Listeners("the cameras of the node")

    @property
    def devices(self) -> dict[str, CameraDevice]:
        """The camera devices by id, in the order of the configuration."""
        return {camera_id: member.device for camera_id, member in self.cameras.items()}

    def describe_node(self) -> NodeDescription:
        """Describe the node."""
        return describe_node(self.node, self.node_runner.describe())

    def add(self, device: CameraDevice) -> None:
        """Add a camera as the last one."""
        self.cameras[device.id] = Member(device, CommandRunner(device, camera_commands))
        self.listeners.notify()

    def remove(self, camera_id: str) -> None:
        """Remove a camera."""
        del self.cameras[camera_id]
        self.listeners.notify()

    def arrange(self, camera_ids: Iterable[str]) -> None:
        """Put the cameras in this order, which names all of them."""
        for camera_id in camera_ids:
            self.cameras[camera_id] = self.cameras.pop(camera_id)
        self.listeners.notify()
