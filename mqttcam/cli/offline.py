"""What needs cameras but no broker: discovery as it would be published, and one picture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from mqttcam.app import build_device
from mqttcam.camera.camera import CameraStatus, CameraUnavailable
from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.cli.outcome import CommandFailed
from mqttcam.devices import CameraDevice
from mqttcam.home_assistant import discovery_messages
from mqttcam.mqtt.topics import Topics
from mqttcam.node import Node
from mqttcam.outputs.registry import configured as configured_outputs
from mqttcam.settings import MqttSettings, Settings
from mqttcam.store import Store
from mqttcam.web.address import linked_page

OPEN_TIMEOUT = 15.0
"""Seconds that a camera gets to open."""


@asynccontextmanager
async def opened(settings: Settings, camera_ids: Iterable[str]) -> AsyncIterator[dict[str, CameraDevice]]:
    """Cameras, each opened or failed; one that is switched off stays closed."""
    store = Store(settings.state_dir / "values.json")
    store.load()
    outputs = configured_outputs(settings)
    devices = {
        camera_id: build_device(camera_id, settings.cameras[camera_id], store, outputs=outputs)
        for camera_id in camera_ids
    }
    try:
        await asyncio.gather(*(_open(device) for device in devices.values()))
        yield devices
    finally:
        await asyncio.gather(*(device.camera.stop() for device in devices.values()))


async def _open(device: CameraDevice) -> None:
    settled = asyncio.Event()

    def look() -> None:
        if device.camera.status is not CameraStatus.STARTING:
            settled.set()

    device.add_listener(look)
    device.camera.start()
    look()
    try:
        async with asyncio.timeout(OPEN_TIMEOUT):
            await settled.wait()
    except TimeoutError:
        return  # It hangs: it is shown as a running daemon would show it, without its controls.


async def discovery_of(settings: Settings) -> dict[str, dict[str, object]]:
    """The discovery messages by topic."""
    base_topic = (settings.mqtt or MqttSettings()).base_topic
    async with opened(settings, settings.cameras) as devices:
        return discovery_messages(
            Node(settings.node, linked_page(settings.web)),
            devices.values(),
            Topics(base_topic, settings.node),
            settings.home_assistant.discovery_prefix,
        )


async def take_picture(settings: Settings, camera_id: str) -> Picture:
    """One picture of a camera.

    Raises:
        CommandFailed: it gives none, or it is switched off.
    """
    async with opened(settings, [camera_id]) as devices:
        device = devices[camera_id]
        try:
            return await device.camera.take(PictureSpec(device.image_quality), timeout=OPEN_TIMEOUT)
        except CameraUnavailable as error:
            raise CommandFailed(f"camera {camera_id}: {error}") from error
