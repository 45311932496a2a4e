"""The configured cameras while the daemon runs: added, stopped, and replaced after a reload."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from mqttcam.camera.camera import Camera
from mqttcam.camera.capture import Capture
from mqttcam.camera.reduction import Reductions
from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices.build import build_device
from mqttcam.devices.recordings import Recorded
from mqttcam.devices.store import Store
from mqttcam.gateway.gateway import MqttGateway
from mqttcam.outputs.output import Output
from mqttcam.recordings.library import Library
from mqttcam.schedule import Location
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.v4l2 import V4l2Source


class ConfiguredCameras:
    """Starts and stops cameras, and keeps the registry, the outputs and MQTT in step."""

    def __init__(
        self,
        registry: DeviceRegistry,
        gateway: MqttGateway | None,
        outputs: Sequence[Output],
        store: Store,
        on_stuck: Callable[[Camera], str],
        location: Location | None,
        library: Library,
        reductions: Reductions,
    ) -> None:
        """Start nothing yet.

        Args:
            on_stuck: called when only a restart of the process can help a camera; returns what is done about it.
            location: of this machine, if it is configured.
        """
        self._registry = registry
        self._gateway = gateway
        self._outputs = outputs
        self._store = store
        self._on_stuck = on_stuck
        self._location = location
        self._library = library
        self._reductions = reductions

    def add(self, camera_id: str, settings: CameraSettings, abandoned: Iterable[Capture] = ()) -> None:
        """Add a camera as the last one and start it; `abandoned` are stuck captures of its predecessor."""
        node = self._registry.node
        device = build_device(
            camera_id,
            settings,
            self._store,
            on_stuck=partial(self._stuck, camera_id),
            outputs=self._outputs,
            location=self._location,
            recorded=Recorded(self._library, node.event_address, node.file_address),
            reductions=self._reductions,
        )
        self._registry.add(device)
        device.attach_outputs()
        if self._gateway is not None:
            self._gateway.add(device)
        device.recordings.start()
        device.photos.start()
        device.series.start()
        device.camera.start(abandoned)

    def changed(self, new: Mapping[str, CameraSettings]) -> list[str]:
        """Return the ids of the running cameras whose settings differ in `new`, or that are missing from it."""
        return [
            camera_id
            for camera_id, device in self._registry.devices.items()
            if new.get(camera_id) != device.settings
        ]

    def configure(self, new: Mapping[str, CameraSettings]) -> list[str]:
        """Apply `new` to the cameras that can stay open for it; return their ids."""
        configured = []
        for camera_id in self.changed(new):
            device, settings = self._registry.devices[camera_id], new.get(camera_id)
            if settings is not None and device.can_configure(settings):
                device.configure(settings)
                configured.append(camera_id)
        return configured

    async def stop(self, camera_ids: Iterable[str] | None = None) -> None:
        """Stop these cameras, by default all; they stay in the registry."""
        devices = self._registry.devices
        chosen = list(devices if camera_ids is None else camera_ids)
        await asyncio.gather(*(devices[camera_id].stop() for camera_id in chosen))

    async def replace(self, changed: Iterable[str], new: Mapping[str, CameraSettings]) -> None:
        """Remove the `changed` cameras, which have been stopped, and add those in `new` that are not in the
        registry."""
        stopped = {camera_id: self._registry.cameras[camera_id].device for camera_id in changed}
        # A stuck capture may still hold the device, which its successor has to know.
        abandoned = {camera_id: device.camera.abandoned for camera_id, device in stopped.items()}
        for device in stopped.values():
            await device.outputs.detach()
        # No await from here on, so that no reader sees a camera missing.
        for camera_id in stopped:
            if self._gateway is not None:
                self._gateway.remove(camera_id, for_good=camera_id not in new)
            self._registry.remove(camera_id)
        for camera_id, settings in new.items():
            if camera_id not in self._registry.cameras:
                self.add(camera_id, settings, abandoned.get(camera_id, ()))
        self._registry.arrange(new)

    def _stuck(self, camera_id: str) -> str:
        return self._on_stuck(self._registry.cameras[camera_id].device.camera)


def must_be_reopened(old: CameraSettings, new: CameraSettings) -> bool:
    """Return whether another encoder needs another format of a USB camera."""
    is_auto = isinstance(new.source, V4l2Source) and new.source.format == "auto"
    return is_auto and (old.video.encoder == "copy") != (new.video.encoder == "copy")
