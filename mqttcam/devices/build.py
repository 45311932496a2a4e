"""A camera device with the values that commands have set in earlier runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mqttcam.camera.camera import Camera
from mqttcam.camera.reduction import Reductions
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.recordings import Recorded
from mqttcam.devices.store import Store, stored_controls
from mqttcam.outputs.output import Output
from mqttcam.schedule import Location
from mqttcam.settings import CameraSettings
from mqttcam.values import Switch


def build_device(
    camera_id: str,
    settings: CameraSettings,
    store: Store,
    on_stuck: Callable[[], str] | None = None,
    outputs: Iterable[Output] = (),
    location: Location | None = None,
    recorded: Recorded | None = None,
    reductions: Reductions | None = None,
) -> CameraDevice:
    """Return a camera with the values that commands have set in earlier runs; it is not started.

    Args:
        on_stuck, reductions: as for `Camera`.
        location: of this machine, for schedules with the sun.
        recorded: as for `CameraDevice`.
    """
    enabled = store.get(camera_id, "enabled", Switch().coerce, settings.enabled)
    camera = Camera(
        camera_id,
        settings,
        enabled=settings.enabled if enabled is None else enabled,
        values=stored_controls(store, camera_id, settings),
        on_stuck=on_stuck,
        state_dir=store.folder,
        reductions=reductions,
    )
    device = CameraDevice(camera, store, outputs, location, recorded)
    if store.lost is not None and enabled is None:
        device.close_because(f"{store.lost}: switched off, because that may be what was set (privacy)")
    return device
