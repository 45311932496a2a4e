"""What commands have set of a camera in earlier runs. The configuration counts more once it says something new."""

from __future__ import annotations

from mqttcam.camera.control import plain_name
from mqttcam.devices.store import Store, recalled
from mqttcam.settings import CameraSettings
from mqttcam.values import Switch


def configured_control(settings: CameraSettings, key: str) -> object:
    """What the configuration says of a control, given its key; all spellings of its name are one."""
    plain = plain_name(key)
    return next((value for name, value in settings.controls.items() if plain_name(name) == plain), None)


def recalled_camera(settings: CameraSettings, store: Store, camera_id: str) -> tuple[bool, dict[str, object]]:
    """Whether a camera is to be enabled, and the controls that commands have set, by key."""
    enabled = recalled(store, camera_id, "enabled", Switch().coerce, settings.enabled)
    controls: dict[str, object] = {}
    for entry, (value, configured) in store.recall_all(camera_id).items():
        section, _, key = entry.partition(".")
        if section == "controls" and configured == configured_control(settings, key):
            controls[key] = value
    return (settings.enabled if enabled is None else enabled), controls
