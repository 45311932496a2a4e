"""The entities that every camera has; its controls, actions and readings are in other files of this folder."""

from __future__ import annotations

from mqttcam.devices.camera import IMAGE_QUALITY, CameraDevice
from mqttcam.devices.entities.controls import action_entity, control_entity
from mqttcam.devices.entities.entity import LONGEST_STATE, Entity, option
from mqttcam.devices.entities.outputs import output_entities
from mqttcam.devices.entities.photos import PHOTO_ENTITIES
from mqttcam.devices.entities.readings import reading_entity
from mqttcam.devices.entities.recordings import event_entity, recording_entities
from mqttcam.devices.entities.series import series_entities
from mqttcam.values import Choice, Number, Switch, Text

FIXED: tuple[Entity[CameraDevice], ...] = (
    Entity(key="camera", platform="camera", name=None, topic="image"),
    Entity(key="last_snapshot", platform="image", name="Last snapshot", topic="snapshot"),
    Entity(
        key="enabled",
        platform="switch",
        name="Camera",
        object_id="enabled",
        kind=Switch(),
        read=lambda device: device.camera.enabled,
        write=lambda device, value: device.set_enabled(value),
        category="config",
        options=option(icon="mdi:cctv"),
    ),
    Entity(
        key="image_quality",
        platform="number",
        name="Image quality",
        kind=IMAGE_QUALITY,
        read=lambda device: device.image_quality,
        write=lambda device, value: device.set_image_quality(value),
        configured=lambda device: device.settings.image.quality,
        category="config",
        options=option(icon="mdi:image-size-select-large", step=1, mode="slider"),
    ),
    Entity(
        key="snapshot",
        platform="button",
        name="Snapshot",
        command="snapshot",
        options=option(icon="mdi:camera-iris"),
    ),
    Entity(
        key="restart_camera",
        platform="button",
        name="Restart camera",
        command="restart_camera",
        category="config",
        options=option(device_class="restart"),
    ),
    Entity(
        key="fps",
        platform="sensor",
        name="Measured frame rate",
        object_id="frame_rate",
        kind=Number(0, 1e6, unit="fps"),
        read=lambda device: round(device.camera.stats.fps, 2),
        category="diagnostic",
        dead_band=(0.0, 0.05),
        options=option(
            icon="mdi:speedometer",
            state_class="measurement",
            suggested_display_precision=1,
            enabled_by_default=False,
        ),
    ),
    Entity(
        key="frame_age",
        platform="sensor",
        name="Frame age",
        kind=Number(0, 1e9, unit="s"),
        read=lambda device: None if (age := device.camera.stats.frame_age) is None else round(age, 2),
        category="diagnostic",
        dead_band=(1.0, 0.1),
        options=option(
            device_class="duration",
            state_class="measurement",
            suggested_display_precision=1,
            enabled_by_default=False,
        ),
    ),
    Entity(
        key="dropped_frames",
        platform="sensor",
        name="Dropped frames",
        kind=Number(0, 1e18, integer=True),
        read=lambda device: device.dropped_frames,
        category="diagnostic",
        options=option(icon="mdi:filmstrip-off", state_class="total_increasing", enabled_by_default=False),
    ),
    Entity(
        key="resolution",
        platform="sensor",
        name="Resolution",
        kind=Text(),
        read=lambda device: device.resolution,
        category="diagnostic",
        options=option(icon="mdi:aspect-ratio"),
    ),
    Entity(
        key="restarts",
        platform="sensor",
        name="Restarts",
        kind=Number(0, 1e18, integer=True),
        read=lambda device: device.camera.stats.restarts,
        category="diagnostic",
        options=option(icon="mdi:restart-alert", state_class="total_increasing", enabled_by_default=False),
    ),
    Entity(
        key="last_error",
        platform="sensor",
        name="Last error",
        kind=Text(),
        read=lambda device: device.camera.last_error and device.camera.last_error[:LONGEST_STATE],
        category="diagnostic",
        options=option(icon="mdi:alert-circle-outline"),
    ),
)


def preset_entity(names: tuple[str, ...]) -> Entity[CameraDevice]:
    """Return the select of a camera that has presets."""
    return Entity(
        key="preset",
        platform="select",
        name="Preset",
        kind=Choice(names),
        read=lambda device: device.presets.selected,
        command="preset",
        options=option(icon="mdi:palette-swatch"),
    )


FULL_SNAPSHOT: Entity[CameraDevice] = Entity(
    key="full_snapshot",
    platform="button",
    name="Full snapshot",
    command="snapshot",
    arguments=option(full_resolution=True),
    options=option(icon="mdi:camera-plus"),
)
"""The button of cameras that can take a picture in full resolution."""


SENSOR_MODE: Entity[CameraDevice] = Entity(
    key="sensor_mode",
    platform="sensor",
    name="Sensor mode",
    kind=Text(),
    read=lambda device: device.sensor_mode,
    category="diagnostic",
    options=option(icon="mdi:chip"),
)
"""Of camera modules: width, height and bits per pixel."""


def camera_entities(device: CameraDevice) -> tuple[Entity[CameraDevice], ...]:
    """Return every entity of a camera, as far as its controls, actions and readings are known now."""
    kind = device.image_fps_kind
    rate: Entity[CameraDevice] = Entity(
        key="image_fps",
        platform="number",
        name="Image rate",
        kind=kind,
        read=lambda device: device.shown_image_fps,
        write=lambda device, value: device.set_image_fps(value),
        configured=lambda device: device.configured_image_fps,
        category="config",
        options=option(icon="mdi:image-multiple", step=min(0.1, kind.maximum), mode="slider"),
    )
    camera = device.camera
    entities = [*FIXED, rate, *([FULL_SNAPSHOT] if camera.takes_stills else [])]
    if device.sensor_mode is not None:
        entities.append(SENSOR_MODE)
    if names := device.presets.names:
        entities.append(preset_entity(names))
    if device.day_night is not None:
        from mqttcam.devices.entities.day_night import day_night_entities

        entities += day_night_entities(device)
    entities += event_entity(device)
    if device.motion is not None:
        from mqttcam.devices.entities.motion import motion_entities

        entities += motion_entities(device)
    entities += [*recording_entities(device), *PHOTO_ENTITIES]
    if device.detections is not None:
        from mqttcam.devices.entities.detections import detection_entities

        entities += detection_entities(device)
    entities += series_entities(device)
    entities += output_entities(device)
    entities += map(control_entity, camera.controls.values())
    entities += map(action_entity, camera.actions.values())
    entities += map(reading_entity, camera.readings.fields.values())
    # Ours take precedence: a vendor may call a control `Snapshot`.
    return tuple({entity.key: entity for entity in reversed(entities)}.values())[::-1]
