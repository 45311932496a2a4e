"""The registry notifies its listeners when cameras are added, removed and arranged."""

from __future__ import annotations

from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices.node import Node
from tests.support.devices import MakeDevice


async def test_listeners_see_cameras_added_removed_and_arranged(make_device: MakeDevice) -> None:
    registry = DeviceRegistry(Node("yard"))
    seen: list[list[str]] = []
    registry.listeners.add(lambda: seen.append(list(registry.devices)))
    for camera_id in ("a", "b", "c"):
        registry.add(make_device(camera_id))
    registry.remove("a")
    registry.arrange(["c", "b"])
    assert seen == [["a"], ["a", "b"], ["a", "b", "c"], ["b", "c"], ["c", "b"]]
    assert list(registry.cameras) == list(registry.health.report()["cameras"]) == ["c", "b"]  # type: ignore[call-overload]
