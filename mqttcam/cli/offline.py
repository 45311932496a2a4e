"""Subcommands that need cameras but no broker: the discovery messages, and one picture."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable

from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraStatus, CameraUnavailable
from mqttcam.cli.outcome import CommandFailed
from mqttcam.devices.build import build_device
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.errors import CommandError
from mqttcam.devices.node import Node
from mqttcam.devices.store import Store
from mqttcam.home_assistant import discovery_messages
from mqttcam.mqtt.topics import Topics
from mqttcam.outputs import configured as configured_outputs
from mqttcam.settings import MqttSettings, Settings
from mqttcam.web.address import linked_page

OPEN_TIMEOUT = 15.0
"""Seconds that a camera has to open."""


@contextlib.asynccontextmanager
async def opened(
    settings: Settings, camera_ids: Iterable[str], *, complete: bool = False
) -> AsyncIterator[dict[str, CameraDevice]]:
    """Yield the devices of these cameras once each has opened or failed; one that is switched off stays closed.

    Args:
        complete: also wait until the readings of their frames are known.
    """
    store = Store(settings.state_dir / "values.json")
    store.load()
    outputs = configured_outputs(settings)
    devices = {
        camera_id: build_device(
            camera_id, settings.cameras[camera_id], store, outputs=outputs, location=settings.location
        )
        for camera_id in camera_ids
    }
    try:
        await asyncio.gather(*(_open(device, complete=complete) for device in devices.values()))
        yield devices
    finally:
        await asyncio.gather(*(device.camera.stop() for device in devices.values()))


async def _open(device: CameraDevice, *, complete: bool) -> None:
    camera = device.camera

    def settled() -> bool:
        wait = complete and camera.status is CameraStatus.RUNNING and not camera.complete
        return camera.status is not CameraStatus.STARTING and not wait

    camera.start()
    # A camera that hangs is described without its controls, as by a running daemon.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(OPEN_TIMEOUT):
            await camera.until(settled)


async def discovery_of(settings: Settings) -> dict[str, dict[str, object]]:
    """Return the discovery messages by topic."""
    base_topic = (settings.mqtt or MqttSettings()).base_topic
    async with opened(settings, settings.cameras, complete=True) as devices:
        return discovery_messages(
            Node(
                settings.node,
                linked_page(settings.web),
                suggested_area=settings.home_assistant.suggested_area,
            ),
            devices.values(),
            Topics(base_topic, settings.node),
            settings.home_assistant.discovery_prefix,
        )


async def take_picture(settings: Settings, camera_id: str, *, full_resolution: bool = False) -> Picture:
    """Return one picture of a camera.

    Raises:
        CommandFailed: The camera is switched off, or takes no picture.
    """
    async with opened(settings, [camera_id]) as devices:
        device = devices[camera_id]
        spec = PictureSpec(device.image_quality)
        try:
            if full_resolution:
                return await device.take_snapshot(spec, None, full_resolution=True)
            return await device.camera.take_snapshot(spec, timeout=OPEN_TIMEOUT)
        except (CameraUnavailable, SourceError, CommandError) as error:
            raise CommandFailed(f"camera {camera_id}: {error}") from error
