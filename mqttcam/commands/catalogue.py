"""Every command there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec.structs import replace

from mqttcam.camera.frame import PictureSpec
from mqttcam.commands.command import Command, Commands, command
from mqttcam.commands.request import RequestId
from mqttcam.devices.camera import MOTION_COMMANDS, CameraDevice
from mqttcam.devices.node import Node
from mqttcam.devices.patch import Changes, apply_areas, apply_patch, apply_preset, reset_areas
from mqttcam.devices.photo_data import PhotoSpec
from mqttcam.devices.photos import QUALITY, TYPE
from mqttcam.devices.recordings import BEFORE, SECONDS, USUAL_SECONDS
from mqttcam.devices.series import SERIES_COMMANDS
from mqttcam.log import LEVELS
from mqttcam.recordings.photo import PhotoType
from mqttcam.text import ID_PATTERN, MAX_ID
from mqttcam.values import Choice, Json, Number, Switch, Text

_CAMERA_COMMANDS: dict[str, Command[CameraDevice]] = {}
_NODE_COMMANDS: dict[str, Command[Node]] = {}
_MAX_PROBLEM = 3 * MAX_ID
"""Characters of a problem's id, which may contain those of a camera and a series."""


@command(_CAMERA_COMMANDS, "get", listed=False)
@command(_NODE_COMMANDS, "get", listed=False)
async def get_state(device: CameraDevice | Node) -> None:
    """Publish the state again."""
    device.changed()


@command(_CAMERA_COMMANDS, "set", listed=False)
async def set_values(device: CameraDevice, *, patch: Mapping[str, object]) -> Changes:
    """Change values, all of them or none."""
    return await apply_patch(device, patch)


@command(_CAMERA_COMMANDS)
async def snapshot(
    device: CameraDevice,
    quality: Annotated[int | None, Number(1, 100, integer=True)] = None,
    max_width: Annotated[int | None, Number(16, 16384, integer=True)] = None,
    full_resolution: Annotated[bool, Switch()] = False,
    *,
    request_id: RequestId = None,
) -> None:
    """Take a picture now. In full resolution, the camera's stream pauses for a second or two."""
    spec = PictureSpec(quality or device.image_quality, max_width)
    name = None if request_id is None else str(request_id)
    await device.take_snapshot(spec, name, full_resolution=full_resolution)


@command(_CAMERA_COMMANDS)
async def photo(
    device: CameraDevice,
    full_resolution: Annotated[bool, Switch()] = True,
    raw: Annotated[bool, Switch()] = False,
    type: Annotated[PhotoType, TYPE] = "jpeg",  # noqa: A002 - the name of the argument for users
    quality: Annotated[int | None, QUALITY] = None,
    *,
    request_id: RequestId = None,
) -> Changes:
    """Take a photo and save it with its metadata. `paused` in the result is true if the stream was paused for it."""
    spec = PhotoSpec(full_resolution, raw, type, quality)
    return Changes(answer=await device.photos.take(spec, request_id))


@command(_CAMERA_COMMANDS)
async def preset(device: CameraDevice, name: Annotated[str, Choice(())]) -> Changes:
    """Select a preset: set its controls, size and streams, and reset what only other presets set."""
    return await apply_preset(device, name)


@command(_CAMERA_COMMANDS)
async def save_preset(device: CameraDevice, name: Annotated[str, Text(MAX_ID, ID_PATTERN)]) -> Changes:
    """Save the values that the controls have been set to as a preset."""
    device.presets.save(name)
    return Changes({"preset": name}, await device.save())


@command(_CAMERA_COMMANDS)
async def delete_preset(device: CameraDevice, name: Annotated[str, Choice(())]) -> Changes:
    """Delete a saved preset; one of the same name in the configuration is in effect again."""
    device.presets.delete(name)
    return Changes({"preset": device.presets.selected}, await device.save())


@command(_CAMERA_COMMANDS)
async def record(
    device: CameraDevice,
    seconds: Annotated[float, SECONDS] = USUAL_SECONDS,
    before: Annotated[float | None, BEFORE] = None,
) -> Changes:
    """Record video from now on, or extend the present recording to at least that time."""
    return Changes(answer={"id": device.recordings.record(seconds, before)})


@command(_CAMERA_COMMANDS)
async def stop_recording(device: CameraDevice) -> None:
    """End the present recording and complete its file."""
    device.recordings.stop()


@command(_CAMERA_COMMANDS)
async def start_series(device: CameraDevice, name: Annotated[str, Choice(())]) -> Changes:
    """Start a series from the beginning, or continue it if it is paused."""
    return Changes(device.series.start_one(name), await device.save())


@command(_CAMERA_COMMANDS)
async def stop_series(device: CameraDevice, name: Annotated[str, Choice(())]) -> Changes:
    """End a series; its files stay."""
    return Changes(device.series.stop_one(name), await device.save())


@command(_CAMERA_COMMANDS)
async def pause_series(device: CameraDevice, name: Annotated[str, Choice(())]) -> Changes:
    """Take no pictures of a series until it is resumed, also after a restart."""
    return Changes(device.series.pause_one(name), await device.save())


@command(_CAMERA_COMMANDS)
async def resume_series(device: CameraDevice, name: Annotated[str, Choice(())]) -> Changes:
    """Continue a series that is paused or was stopped, in the same video."""
    return Changes(device.series.resume_one(name), await device.save())


@command(_CAMERA_COMMANDS)
async def set_zones(
    device: CameraDevice,
    zones: Annotated[str | None, Json("object", "as `motion.zones` in the configuration")] = None,
    masks: Annotated[str | None, Json("array", "as `motion.masks` in the configuration")] = None,
) -> Changes:
    """Replace the zones or masks of motion detection, or both, until those of the configuration are edited."""
    return await apply_areas(device, {"zones": zones, "masks": masks})


@command(_CAMERA_COMMANDS)
async def reset_zones(device: CameraDevice) -> Changes:
    """Return to the zones and masks of the configuration."""
    return await reset_areas(device)


@command(_CAMERA_COMMANDS)
async def restart_camera(device: CameraDevice) -> None:
    """Close the camera and open it again."""
    await device.camera.restart()


@command(_NODE_COMMANDS)
async def restart(node: Node) -> None:
    """Restart the daemon."""
    await node.daemon.restart()


@command(_NODE_COMMANDS)
async def reload(node: Node) -> None:
    """Read the configuration again."""
    await node.daemon.reload()


@command(_NODE_COMMANDS)
async def rediscover(node: Node) -> None:
    """Publish discovery again, also for devices that were deleted in Home Assistant."""
    node.rediscover()


@command(_NODE_COMMANDS)
async def retry(node: Node, problem: Annotated[str | None, Text(_MAX_PROBLEM, ID_PATTERN)] = None) -> None:
    """Try again now what waits after a failure: one problem, by its id in `trouble` of `health`, or all."""
    node.retry(problem)


@command(_NODE_COMMANDS)
async def log_level(node: Node, level: Annotated[str, Choice(LEVELS)]) -> None:
    """Change the log level."""
    node.set_log_level(level)


def node_commands(_node: Node) -> Commands[Node]:
    """Return the node's commands."""
    return _NODE_COMMANDS


def camera_commands(device: CameraDevice) -> Commands[CameraDevice]:
    """Return a camera's commands, as far as known now: those of every camera, and its own actions."""
    commands = {key: _action_command(key, action.title) for key, action in device.camera.actions.items()}
    commands |= _CAMERA_COMMANDS
    for command_names, names in (
        (("preset",), device.presets.names),
        (("delete_preset",), device.presets.deletable),
        (SERIES_COMMANDS, device.series.names),
    ):
        for name in command_names:
            if names:
                commands[name] = replace(commands[name], arguments={"name": Choice(names)})
            else:
                del commands[name]
    if device.motion is None:
        for name in MOTION_COMMANDS:
            del commands[name]
    if not device.camera.takes_stills:
        commands["snapshot"] = replace(commands["snapshot"], not_offered=frozenset({"full_resolution"}))
    if not device.photos.offers_raw:
        commands["photo"] = replace(commands["photo"], not_offered=frozenset({"raw"}))
    return commands


def _action_command(key: str, title: str) -> Command[CameraDevice]:
    async def run(device: CameraDevice) -> Changes:
        await device.act(key)
        return Changes(warning=await device.save())

    return Command(key, run, help=f"{title}.", arguments={})
