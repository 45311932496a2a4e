"""The entities of a camera's photos."""

from __future__ import annotations

from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.entity import Entity, option
from mqttcam.values import Text

PHOTO_ENTITIES: tuple[Entity[CameraDevice], ...] = (
    Entity(
        key="photo",
        platform="button",
        name="Photo",
        command="photo",
        options=option(icon="mdi:camera-iris"),
    ),
    Entity(
        key="last_photo",
        platform="sensor",
        name="Last photo",
        kind=Text(),
        read=lambda device: device.photos.last,
        options=option(device_class="timestamp"),
    ),
)
