"""The entity declarations as JSON: what the page and API clients build on.

Nothing about any one control is known here.
"""

from __future__ import annotations

from mqttcam.commands.catalogue import NODE_COMMANDS, Command, camera_commands
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import Entity, state_of
from mqttcam.devices.entities.node import NODE
from mqttcam.devices.node import Node, picture_addresses


def describe_camera(device: CameraDevice, base: str) -> dict[str, object]:
    """A camera with all that it offers now; `base` stands before its addresses."""
    info = device.camera.info
    return {
        "id": device.id,
        "name": device.name,
        "model": info.model if info else None,
        "width": device.camera.stats.width or None,
        "height": device.camera.stats.height or None,
        "frame_rate": info.frame_rate if info else None,
        "status": device.camera.status.value,
        "last_error": device.camera.last_error,
        **picture_addresses(f"{base}/", device.id),
        "entities": [describe_entity(device, entity) for entity in camera_entities(device)],
        "commands": [describe_command(command) for command in camera_commands(device).values()],
        "state": state_of(camera_entities(device), device),
    }


def describe_node(node: Node) -> dict[str, object]:
    """The node with all that it offers."""
    return {
        "id": node.id,
        "version": node.version,
        "entities": [_describe(entity) for entity in NODE],
        "commands": [describe_command(command) for command in NODE_COMMANDS.values()],
        "state": state_of(NODE, node),
    }


def describe_entity(device: CameraDevice, entity: Entity[CameraDevice]) -> dict[str, object]:
    """An entity of a camera; a control also with its own name and default."""
    control = device.camera.controls.get(entity.control) if entity.control else None
    if control is None:
        return _describe(entity)
    return _describe(entity) | {"control": control.name, "default": control.kind.encode(control.default)}


def _describe(entity: Entity[CameraDevice] | Entity[Node]) -> dict[str, object]:
    return {
        "key": entity.key,
        "name": entity.name,
        "platform": entity.platform,
        "category": entity.category,
        "settable": entity.settable,
        "command": entity.command,
        "arguments": dict(entity.arguments),
        "kind": entity.kind.describe() if entity.kind else None,
        "options": dict(entity.options),
        "control": None,
        "default": None,
    }


def describe_command(command: Command[CameraDevice] | Command[Node]) -> dict[str, object]:
    """A command and its arguments."""
    return {
        "name": command.name,
        "help": command.help,
        "arguments": {name: kind.describe() for name, kind in command.arguments.items()},
        "required": list(command.required),
    }
