"""The description of a camera and of the node."""

from __future__ import annotations

from mqttcam.camera.control import Control
from mqttcam.camera.source import SourceInfo
from mqttcam.commands.catalogue import camera_commands
from mqttcam.commands.registry import DeviceRegistry, Member
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.describe import CameraDescription
from mqttcam.devices.node import Node
from mqttcam.values import Number
from tests.support.devices import opened


def described(device: CameraDevice) -> CameraDescription:
    return Member(device, CommandRunner(device, camera_commands)).describe("http://yard/")


async def test_a_camera_that_was_not_opened_yet(device: CameraDevice) -> None:
    description = described(device)
    assert (description.model, description.width, description.height, description.frame_rate) == (None,) * 4
    assert (description.source, description.status) == ("test_pattern", "starting")


async def test_the_size_is_unknown_until_frames_come_where_the_source_does_not_announce_it(
    device: CameraDevice,
) -> None:
    device.camera.info = SourceInfo("tcp", 0, 0, 0)
    before = device.capabilities
    assert (described(device).width, described(device).height, device.resolution) == (None, None, None)
    device.camera.first_frame(640, 480)
    assert (described(device).width, described(device).height, device.resolution) == (640, 480, "640x480")
    assert device.capabilities != before


async def test_the_size_is_that_of_the_frames_not_of_the_source(device: CameraDevice) -> None:
    opened(device)
    assert device.size == (320, 240)
    device.camera.first_frame(64, 48)
    assert device.size == (64, 48)


async def test_a_control_has_its_own_name_and_default(device: CameraDevice) -> None:
    opened(device, Control("AnalogueGain", Number(1, 16), 1.5))
    (gain,) = (entity for entity in described(device).entities if entity.key == "analogue_gain")
    assert (gain.control, gain.default, gain.settable) == ("AnalogueGain", 1.5, True)


async def test_a_command_is_described_without_arguments_that_the_camera_does_not_support(
    running: CameraDevice,
) -> None:
    commands = {command.name: command for command in described(running).commands}
    assert set(commands) == {
        "bounce",
        "snapshot",
        "photo",
        "save_preset",
        "record",
        "stop_recording",
        "restart_camera",
    }
    assert list(commands["snapshot"].arguments) == ["quality", "max_width"]


async def test_addresses_are_below_the_page(device: CameraDevice) -> None:
    description = described(device)
    assert description.stream == "http://yard/cameras/front/stream.mjpg"
    assert description.snapshot == "http://yard/cameras/front/snapshot.jpg"


async def test_capabilities_have_limits_only_where_values_can_be_set(device: CameraDevice) -> None:
    keys = described(device).capabilities["keys"]
    assert isinstance(keys, dict)
    assert keys["image_quality"] == {
        "type": "integer",
        "min": 1,
        "max": 100,
        "unit": "%",
        "settable": True,
    }
    assert keys["frame_age"] == {"type": "number", "unit": "s", "settable": False}
    assert "snapshot" not in keys, "a button has no value"


def test_the_node() -> None:
    registry = DeviceRegistry(Node("yard"))
    description = registry.describe_node()
    assert description.id == "yard"
    assert {command.name for command in description.commands} == {
        "restart",
        "reload",
        "rediscover",
        "log_level",
        "retry",
    }
    assert set(description.state) < {entity.key for entity in description.entities}
