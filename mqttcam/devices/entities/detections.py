"""The entities of a camera with detections: three for each label."""

from __future__ import annotations

from collections.abc import Iterator

from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.detections import CameraDetections
from mqttcam.devices.entities.entity import Entity, option
from mqttcam.settings.detections import label_key
from mqttcam.values import Number, Switch

_COUNTS = Number(0, 500, integer=True)


def _of(device: CameraDevice) -> CameraDetections:
    assert device.detections is not None, "only cameras with detections have these entities"
    return device.detections


def detection_entities(device: CameraDevice) -> tuple[Entity[CameraDevice], ...]:
    """Return the entities of detections; empty if none are configured."""
    if device.detections is None:
        return ()
    return tuple(entity for label in device.detections.labels for entity in _entities(label))


def _entities(label: str) -> Iterator[Entity[CameraDevice]]:
    name = label[:1].upper() + label[1:]
    key = label_key(label)
    count = f"detections_{key}"

    def occupied(device: CameraDevice) -> bool | None:
        found = _of(device).count(label)
        return None if found is None else found > 0

    yield Entity(
        key=count,
        platform="sensor",
        name=f"{name} count",
        kind=_COUNTS,
        read=lambda device: _of(device).count(label),
        available_by=count,
        options=option(icon="mdi:counter", state_class="measurement"),
    )
    yield Entity(
        key=f"{count}_occupancy",
        platform="binary_sensor",
        name=f"{name} occupancy",
        kind=Switch(),
        read=occupied,
        available_by=count,
        options=option(device_class="occupancy"),
    )
    yield Entity(
        key=f"{count}_image",
        platform="image",
        name=f"Last {label}",
        topic="detection_image",
        label=key,
    )
