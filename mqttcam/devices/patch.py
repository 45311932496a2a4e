"""Setting several values of a camera at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import orjson
from msgspec import Struct, field

from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.errors import Code, CommandError, CommandWarning, check_keys
from mqttcam.devices.motion_areas import areas_from, as_json
from mqttcam.text import shown
from mqttcam.values import ValueKind, coerce_all


class Changes(Struct, frozen=True):
    """What a command has changed.

    Attributes:
        values: those that took effect, by key, as in JSON.
        warning: that they are not on disk yet, or `None`.
        answer: more fields of the result.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    warning: CommandWarning | None = None
    answer: Mapping[str, object] = field(default_factory=dict)


async def apply_patch(device: CameraDevice, patch: Mapping[str, object]) -> Changes:
    """Apply every value of a patch or none, and save them; patches of one camera take effect in the order of calls.

    Returns:
        The values that took effect. Keys that are not in the patch are among them where the camera changed other
        controls along with it.

    Raises:
        CommandError, InvalidValue, SourceError, CameraUnavailable: nothing was changed.
    """
    if (
        "enabled" in patch
    ):  # privacy: it does not wait for long exposures, nor for the disk that their pictures go to
        device.series.interrupt()
    async with device.patch_lock:
        values = await _apply(device, patch)
        return Changes(values, await device.save())


async def apply_preset(device: CameraDevice, name: str) -> Changes:
    """Set the controls of a preset, and save them; see `apply_patch`.

    Raises:
        CommandError, InvalidValue, SourceError, CameraUnavailable: it was not applied.
    """
    applied = await device.select_preset(name)
    kinds = {key: control.kind for key, control in device.camera.controls.items()}
    changed = {key: kinds[key].encode(value) for key, value in applied.items() if key in kinds}
    return Changes(changed | {"preset": name}, await device.save())


async def apply_areas(device: CameraDevice, given: Mapping[str, str | None]) -> Changes:
    """Set the zones and masks of motion detection, and save them.

    Args:
        given: each as JSON text; `None` leaves them as they are.

    Raises:
        CommandError: neither is given.
        InvalidValue: one of them is not valid, and nothing was changed; `field` is the path of the key at fault.
    """
    assert device.motion is not None, "only cameras with motion detection have this command"
    changes = {name: orjson.loads(text) for name, text in given.items() if text is not None}
    if not changes:
        raise CommandError(Code.INVALID_VALUE, f"{' and '.join(given)} are missing", allowed=list(given))
    async with device.patch_lock:
        # Many corners take a while.
        areas = await asyncio.to_thread(areas_from, as_json(device.motion.areas) | changes)
        device.motion.set_areas(areas)
        return Changes(as_json(areas), await device.save())


async def reset_areas(device: CameraDevice) -> Changes:
    """Return to the zones and masks of the configuration."""
    assert device.motion is not None, "only cameras with motion detection have this command"
    async with device.patch_lock:  # after zones that were set before and are still being read
        device.motion.set_areas(None)
        return Changes(as_json(device.motion.areas), await device.save())


async def _apply(device: CameraDevice, patch: Mapping[str, object]) -> dict[str, object]:
    entities = {entity.key: entity for entity in camera_entities(device) if entity.kind is not None}
    settable = {key: entity for key, entity in entities.items() if entity.settable}
    kinds: dict[str, ValueKind] = {key: entity.kind for key, entity in settable.items() if entity.kind}
    for key in patch:
        if key in entities and key not in settable:
            raise CommandError(Code.NOT_SUPPORTED, f"{key} is read-only", key, sorted(settable))
        if key not in entities and device.camera.info is None:
            message = "the camera has not been opened yet, so its controls are not known"
            raise CommandError(Code.UNAVAILABLE, message, shown(key), sorted(settable))
    check_keys(patch, settable)
    values = coerce_all(kinds, patch)
    # Controls first: they can fail, writing the others cannot.
    if controls := {key: value for key, value in values.items() if settable[key].control is not None}:
        values |= await device.set_controls(controls)
    for key, value in values.items():
        if key in settable and (write := settable[key].write) is not None:
            write(device, value)
    return {key: kinds[key].encode(value) for key, value in values.items() if key in kinds}
