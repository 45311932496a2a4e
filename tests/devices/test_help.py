"""What the page shows of entities besides their names: groups, sentences, resets."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mqttcam.camera.control import Action, Control
from mqttcam.camera.metadata_field import MetadataField
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.describe import CameraDescription, EntityDescription, describe_camera
from mqttcam.values import Choice, Number, Switch, Vector
from tests.support.devices import MakeDevice, opened

EVERYTHING: Mapping[str, object] = {
    "motion": {"zones": {"gate": {"points": [[0, 0], [1, 0], [1, 1]]}}},
    "record": True,
    "detections": {"labels": ["person"]},
    "series": {"garden": {"schedule": "every 10 minutes"}},
    "presets": {"night": {"controls": {"Brightness": 0.2}}},
    "day_night": {"night": "night"},
}


def described(device: CameraDevice) -> CameraDescription:
    return describe_camera(device, [])


def entities(device: CameraDevice) -> dict[str, EntityDescription]:
    return {entity.key: entity for entity in described(device).entities}


async def test_everything_that_users_can_set_is_explained(make_device: MakeDevice) -> None:
    device = opened(make_device(**EVERYTHING), Control("Brightness", Number(-1, 1), 0.0))
    found = entities(device)
    assert {"zone_gate", "series_garden_on", "record_on_motion", "preset"} <= found.keys()
    for key, entity in found.items():
        assert entity.group, key
        if entity.settable or entity.command:
            assert entity.description, key
            assert entity.synonyms, key
    groups = described(device).groups
    assert groups[0] == "Camera"
    assert groups[-1] == "Diagnostics"
    assert set(groups) == {entity.group for entity in found.values()}
    assert found["image_fps"].group == found["image_quality"].group == "Pictures to MQTT"


async def test_groups_of_controls_actions_and_readings(device: CameraDevice) -> None:
    gains = Control("ColourGains", Vector(Number(0, 32), 2), None, raw=True)
    opened(device, Control("AfMode", Choice(("Manual", "Auto")), "Manual"), gains)
    action = Action("Autofocus", "AfTrigger", "Start")
    device.camera.actions = {action.key: action}
    lux = MetadataField("Lux", Number(0, 1e6))
    heat = MetadataField("SensorTemperature", Number(0, 100))
    device.camera.readings.fields = {lux.key: lux, heat.key: heat}
    groups = {key: entity.group for key, entity in entities(device).items()}
    assert groups["af_mode"] == groups["autofocus"] == "Focus"
    assert groups["measured_lux"] == "Exposure"
    assert groups["measured_sensor_temperature"] == "Diagnostics"
    assert groups["colour_gains"] == "For experts"


async def test_a_control_says_how_the_camera_chooses_and_what_it_needs(device: CameraDevice) -> None:
    exposure = Number(0, 66_000, integer=True, words=(("auto", 0),), manual_minimum=9)
    opened(
        device,
        Control("AeEnable", Switch(), True),
        Control("ExposureTime", exposure, 0),
        Control("ExposureValue", Number(-8, 8), 0.0),
    )
    found = entities(device)
    assert (found["exposure_time"].name, found["exposure_time"].title) == (
        "Exposure time (0 = auto)",
        "Exposure time",
    )
    automatic = found["exposure_time"].automatic
    assert automatic is not None
    assert (automatic.key, automatic.values, automatic.automatic, automatic.minimum) == (
        "exposure_time", [0], 0, 9,
    )  # fmt: skip
    required = found["exposure_value"].requires
    assert required is not None
    assert (required.key, required.values) == ("ae_enable", ["ON"])


async def test_a_reset_returns_to_the_configured_value_or_the_default(make_device: MakeDevice) -> None:
    device = make_device(
        controls={"brightness": 0.25, "Sharpness": "none"}, image={"quality": 60, "fps": "max"}, motion=True
    )
    opened(
        device,
        Control("Brightness", Number(-1, 1), 0.0),
        Control("Contrast", Number(0, 2), 1.0),
        Control("Sharpness", Number(0, 16), 1.5),
        Control("Gamma", Number(0, 16)),
    )
    await device.camera.stop()
    device.set_image_quality(20)
    device.set_image_fps(1)
    assert device.motion is not None
    device.motion.set_threshold(3)
    found = {key: entity.reset for key, entity in entities(device).items()}
    assert (found["brightness"], found["contrast"], found["gamma"]) == (0.25, 1.0, None)
    assert found["sharpness"] == 1.5, "what is configured is not valid"
    assert (found["image_quality"], found["image_fps"]) == (60, 25)
    assert found["motion_threshold"] == pytest.approx(0.5)
    assert found["enabled"] is None
