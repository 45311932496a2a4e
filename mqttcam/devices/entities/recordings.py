"""The entities of a camera's recordings, and its events."""

from __future__ import annotations

from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.detection_event import DETECTION
from mqttcam.devices.entities.entity import Entity, option
from mqttcam.devices.motion_event import MOTION, MOTION_END
from mqttcam.devices.recordings import RECORDING
from mqttcam.values import Switch, Text

_RECORDINGS: tuple[Entity[CameraDevice], ...] = (
    Entity(
        key="recording",
        platform="binary_sensor",
        name="Recording",
        kind=Switch(),
        read=lambda device: device.recordings.recording,
        options=option(device_class="running", icon="mdi:record-rec"),
    ),
    Entity(
        key="last_recording",
        platform="sensor",
        name="Last recording",
        kind=Text(),
        read=lambda device: device.recordings.last,
        options=option(device_class="timestamp"),
    ),
    Entity(
        key="record",
        platform="button",
        name="Record",
        command="record",
        options=option(icon="mdi:record-circle-outline"),
    ),
)
_ON_MOTION: Entity[CameraDevice] = Entity(
    key="record_on_motion",
    platform="switch",
    name="Record on motion",
    kind=Switch(),
    read=lambda device: device.recordings.on_motion,
    write=lambda device, value: device.recordings.set_on_motion(value),
    category="config",
    options=option(icon="mdi:motion-sensor"),
)


def recording_entities(device: CameraDevice) -> tuple[Entity[CameraDevice], ...]:
    """Return the entities of recordings; empty if there can be none."""
    if not device.recordings.is_offered:
        return ()
    both = device.motion is not None and device.settings.record is not None
    return (*_RECORDINGS, _ON_MOTION) if both else _RECORDINGS


def event_entity(device: CameraDevice) -> tuple[Entity[CameraDevice], ...]:
    """Return the entity of every event that the camera can send; empty if it sends none."""
    others = (RECORDING,) if device.recordings.is_offered else ()
    if device.detections is not None:
        others = (DETECTION, *others)
    if device.motion is not None:
        options = option(device_class="motion", event_types=(MOTION, MOTION_END, *others))
        return (
            Entity(key="motion_event", platform="event", name="Motion event", topic="event", options=options),
        )
    if device.detections is not None:
        options = option(icon="mdi:shape-outline", event_types=others)
        return (
            Entity(
                key="detection_event",
                platform="event",
                name="Detection event",
                topic="event",
                options=options,
            ),
        )
    if not others:
        return ()
    options = option(icon="mdi:filmstrip", event_types=others)
    return (
        Entity(
            key="recording_event", platform="event", name="Recording event", topic="event", options=options
        ),
    )
