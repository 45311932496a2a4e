"""The node and its cameras: who is told when cameras come and go."""

from __future__ import annotations

from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices.node import Node
from tests.support.devices import MakeDevice


async def test_cameras_come_and_go(make_device: MakeDevice) -> None:
    registry = DeviceRegistry(Node("yard"))
    told: list[list[str]] = []
    registry.listeners.add(lambda: told.append(list(registry.devices)))
    for camera_id in ("a", "b", "c"):
        registry.add(make_device(camera_id))
    registry.remove("a")
    registry.arrange(["c", "b"])
    assert told == [["a"], ["a", "b"], ["a", "b", "c"], ["b", "c"], ["c", "b"]]
    assert list(registry.cameras) == list(registry.health.report()["cameras"]) == ["c", "b"]  # type: ignore[call-overload]
