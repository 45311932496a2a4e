"""What the entities of a camera do, in words, and the order of the groups that the page shows them in.

The words for the camera's own controls, actions and readings are in `mqttcam.camera.control_help`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from mqttcam.camera.control_help import (
    EXPERT,
    EXPOSURE,
    FOCUS,
    LENS,
    OTHER,
    PICTURE,
    WHITE_BALANCE,
    Help,
    control_help,
)
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.entity import Entity

CAMERA, MOTION, MQTT, RECORDING = "Camera", "Motion", "Pictures to MQTT", "Recording"
SERIES, DETECTIONS, DIAGNOSTICS = "Series", "Detections", "Diagnostics"
_FIRST = (
    CAMERA,
    EXPOSURE,
    WHITE_BALANCE,
    FOCUS,
    PICTURE,
    LENS,
    OTHER,
    MOTION,
    RECORDING,
    SERIES,
    DETECTIONS,
    MQTT,
)
_LAST = (EXPERT, DIAGNOSTICS)
"""Between the two are the outputs, such as Kafka."""

_HELP: Mapping[str, Help] = {
    "enabled": Help(
        CAMERA,
        "Off closes the camera: no picture leaves it, and nothing is recorded.",
        ("privacy", "on", "off", "switch off", "disable", "enable"),
    ),
    "preset": Help(CAMERA, "Sets several controls at once.", ("scene", "profile", "mode", "night", "day")),
    "snapshot": Help(CAMERA, "Sends a picture to MQTT now.", ("picture", "photo", "image")),
    "full_snapshot": Help(
        CAMERA,
        "Sends a picture in the full resolution of the sensor to MQTT; the video pauses for a second or two.",
        ("picture", "photo", "image", "still", "full resolution"),
    ),
    "photo": Help(
        CAMERA, "Takes a photo and saves it on this machine.", ("picture", "image", "still", "save")
    ),
    "last_photo": Help(CAMERA, "When the last photo was saved.", ("picture", "image", "still")),
    "restart_camera": Help(CAMERA, "Closes the camera and opens it again.", ("reset", "reopen", "reconnect")),
    "day_night": Help(CAMERA, "Whether it is day or night, judged by the light.", ("light", "dark", "lux")),
    "motion": Help(MOTION, "Whether something is moving.", ("movement", "alarm")),
    "motion_detection": Help(
        MOTION,
        "Looks for movement in the picture: for events, recordings and automations.",
        ("movement", "alarm", "alert", "sensor"),
    ),
    "motion_threshold": Help(
        MOTION,
        "How much of the picture has to move, in percent. Lower is more sensitive.",
        ("sensitivity", "movement", "alarm", "false alarm"),
    ),
    "motion_active": Help(
        MOTION, "Whether motion detection is active now, according to its schedule.", ("schedule", "hours")
    ),
    "image_fps": Help(
        MQTT,
        "Pictures per second that are sent to MQTT, and so to Home Assistant. The live video has its own rate.",
        ("fps", "frame rate", "interval", "home assistant", "bandwidth"),
    ),
    "image_quality": Help(
        MQTT,
        "The JPEG quality of pictures that are sent to MQTT. Lower takes less bandwidth.",
        ("jpeg", "compression", "size", "home assistant", "bandwidth"),
    ),
    "recording": Help(RECORDING, "Whether video is being recorded.", ("video", "clip")),
    "last_recording": Help(RECORDING, "When the last recording began.", ("video", "clip")),
    "record": Help(RECORDING, "Records 30 seconds of video, from now on.", ("video", "clip", "film")),
    "record_on_motion": Help(
        RECORDING, "Records video while something moves.", ("video", "clip", "movement")
    ),
}
_FAMILIES: Mapping[str, Help] = {
    "zone": Help(
        MOTION,
        "Whether movement in this zone counts.",
        ("area", "region", "armed", "movement"),
    ),
    "series": Help(
        SERIES,
        "Takes pictures on a schedule, and makes a video of them.",
        ("timelapse", "time lapse", "interval", "schedule"),
    ),
    "detections": Help(
        DETECTIONS,
        "What analytics programs have found in the pictures.",
        ("object", "person", "ai", "analytics", "count"),
    ),
}
"""By the first word of the key: entities of which there may be several."""


def help_of(entity: Entity[CameraDevice], device: CameraDevice) -> Help:
    """Return the help of an entity of a camera."""
    camera = device.camera
    if entity.control is not None:
        return control_help(entity.key, raw=camera.controls[entity.control].raw)
    if entity.key in camera.actions:
        return control_help(entity.key)
    if entity.key in camera.readings.fields:
        found = control_help(entity.key)
        return replace(found, group=DIAGNOSTICS) if found.group == OTHER else found
    return _help_of_ours(entity, device)


def groups_of(used: Iterable[str]) -> list[str]:
    """Return the groups of a camera in the order in which they are shown."""
    found = dict.fromkeys(used)
    outputs = [group for group in found if group not in (*_FIRST, *_LAST)]
    return [group for group in (*_FIRST, *outputs, *_LAST) if group in found or group in outputs]


def _help_of_ours(entity: Entity[CameraDevice], device: CameraDevice) -> Help:
    known = _HELP.get(entity.key)
    if known is not None:
        return known
    for output in device.outputs:
        if entity.key == output.name:
            return Help(
                output.title, f"Sends the pictures of this camera to {output.title}.", ("output", "export")
            )
        if entity.key.startswith(f"{output.name}_"):
            return Help(output.title)
    family, _, rest = entity.key.partition("_")
    if rest and family in _FAMILIES:
        found = _FAMILIES[family]
        # The sentence is that of what can be set.
        return found if entity.settable else replace(found, text="")
    return Help(DIAGNOSTICS)
