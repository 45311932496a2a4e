"""The node and its cameras: who is told when cameras come and go."""

from __future__ import annotations

from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices.node import Node
from tests.support.devices import MakeDevice


async def test_cameras_come_and_go(make_device: MakeDevice) -> None:
    fleet = DeviceRegistry(Node("yard"))
    told: list[list[str]] = []
    fleet.listeners.add(lambda: told.append(list(fleet.devices)))
    for camera_id in ("a", "b", "c"):
        fleet.add(make_device(camera_id))
    fleet.remove("a")
    fleet.arrange(["c", "b"])
    assert told == [["a"], ["a", "b"], ["a", "b", "c"], ["b", "c"], ["c", "b"]]
    assert set(fleet.commanders) == set(fleet.devices) == set(fleet.health.devices)
