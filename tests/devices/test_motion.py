"""Motion detection of a camera: entities, stored values, the event."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from mqttcam.camera.status import CameraStatus
from mqttcam.commands.catalogue import camera_commands
from mqttcam.commands.request import Request
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.build import build_device
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.motion import CameraMotion
from mqttcam.devices.node import Node
from mqttcam.devices.store import Store
from mqttcam.home_assistant.discovery import camera_discovery
from mqttcam.mqtt.topics import Topics
from mqttcam.schedule.grammar import WEEKDAYS
from tests.support.devices import MakeDevice, Recorder, camera_settings
from tests.support.motion import Scene
from tests.support.waiting import until

KEYS = {"motion", "motion_event", "last_motion", "motion_detection", "motion_threshold"}


def motion_of(device: CameraDevice) -> CameraMotion:
    assert device.motion is not None
    return device.motion


def shown(device: CameraDevice) -> dict[str, object]:
    state = state_of(camera_entities(device), device)
    return {key: state[key] for key in KEYS & set(state)}


async def test_no_entities_if_it_is_not_configured(make_device: MakeDevice) -> None:
    for device in (make_device(), make_device(motion=False)):
        assert device.motion is None
        assert not KEYS & {entity.key for entity in camera_entities(device)}


async def test_entities_if_it_is_configured(make_device: MakeDevice) -> None:
    device = make_device(motion={"threshold": 3})
    assert {entity.key for entity in camera_entities(device)} >= KEYS
    assert shown(device) == {"motion": None, "motion_detection": "ON", "motion_threshold": 3}
    device = make_device(motion={"enabled": False})
    assert shown(device) == {"motion": None, "motion_detection": "OFF", "motion_threshold": 0.5}


async def test_discovery(make_device: MakeDevice) -> None:
    device = make_device(motion=True)
    parts: dict[str, Any] = camera_discovery(device, Node("yard"), Topics("mqttcam", "yard")).payload()[
        "cmps"
    ]
    here = "mqttcam/yard/front"
    assert (parts["motion"]["p"], parts["motion"]["dev_cla"]) == ("binary_sensor", "motion")
    assert parts["motion"]["stat_t"] == f"{here}/state"
    event = parts["motion_event"]
    assert (event["p"], event["dev_cla"], list(event["evt_typ"])) == (
        "event",
        "motion",
        ["motion", "motion_end", "recording"],
    )
    assert event["stat_t"] == f"{here}/event"
    assert "cmd_t" not in event
    assert (parts["last_motion"]["p"], parts["last_motion"]["img_t"]) == ("image", f"{here}/motion/image")
    assert parts["motion_detection"]["cmd_t"] == f"{here}/set/motion_detection"
    assert parts["motion_threshold"]["cmd_t"] == f"{here}/set/motion_threshold"
    assert (parts["motion_threshold"]["min"], parts["motion_threshold"]["max"]) == (0.1, 50)


async def test_values_survive_a_restart(make_device: MakeDevice, tmp_path: Path) -> None:
    device = make_device(motion=True)
    runner = CommandRunner(device, camera_commands)
    patch = b'{"motion_detection": "OFF", "motion_threshold": 7.5}'
    result = await runner.run(Request("set", patch))
    assert result.changed == {"motion_detection": "OFF", "motion_threshold": 7.5}
    again = Store(tmp_path / "values.json")
    again.load()
    device = build_device("front", camera_settings(motion=True), again)
    assert (motion_of(device).enabled, motion_of(device).threshold) == (False, 7.5)
    edited = build_device("front", camera_settings(motion={"enabled": False, "threshold": 2}), again)
    assert (motion_of(edited).enabled, motion_of(edited).threshold) == (False, 2)


@pytest.mark.parametrize("key", ["motion_threshold", "motion_detection"])
@pytest.mark.parametrize("garbage", ["x", -1, [], {"a": 1}, "nan", 10**400])
async def test_invalid_stored_values_are_ignored(
    make_device: MakeDevice, store: Store, key: str, garbage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    configured = {"motion_threshold": 0.5, "motion_detection": True}[key]
    store._data = {"front": {key: {"value": garbage, "configured": configured}}}
    device = make_device(motion=True)
    assert (motion_of(device).enabled, motion_of(device).threshold) == (True, 0.5)
    assert key in caplog.text


@pytest.mark.parametrize(
    ("key", "value"), [("motion_threshold", "0"), ("motion_threshold", "51"), ("motion", "ON")]
)
async def test_invalid_values_are_refused(make_device: MakeDevice, key: str, value: str) -> None:
    runner = CommandRunner(make_device(motion=True), camera_commands)
    result = await runner.run(Request("set", value.encode(), key=key))
    assert result.error is not None


async def test_observers_are_notified_of_each_change(make_device: MakeDevice) -> None:
    device = make_device(motion=True)
    observer = Recorder()
    device.attach(observer)
    motion_of(device).set_threshold(2)
    motion_of(device).set_enabled(False)
    assert observer.changes == 2


async def test_motion_is_unknown_unless_the_camera_is_running(
    make_device: MakeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = make_device(motion=True)
    monkeypatch.setattr("mqttcam.motion.detector.MotionDetector.moving", True)
    for status in CameraStatus:
        device.camera.status = status
        assert shown(device)["motion"] == ("ON" if status is CameraStatus.RUNNING else None)


_ANOTHER_DAY = WEEKDAYS[(date.today() + timedelta(days=3)).weekday()]  # noqa: DTZ011 - neither today nor tomorrow


async def test_hours(make_device: MakeDevice) -> None:
    """The switch is independent: it is on although nothing is detected."""
    device = make_device(motion={"active": f"on {_ANOTHER_DAY}"})
    state = state_of(camera_entities(device), device)
    assert (state["motion_detection"], state["motion_active"], state["motion"]) == ("ON", "OFF", None)
    assert not motion_of(device).detector.enabled
    motion_of(device).set_enabled(False)
    motion_of(device).set_enabled(True)
    assert not motion_of(device).detector.enabled
    motion_of(device).close()
    device = make_device(motion={"active": "on mon-sun"})
    state = state_of(camera_entities(device), device)
    assert (state["motion_detection"], state["motion_active"]) == ("ON", "ON")
    assert motion_of(device).detector.enabled
    motion_of(device).set_enabled(False)
    assert state_of(camera_entities(device), device)["motion_active"] == "OFF"
    motion_of(device).close()


async def test_the_end_of_the_hours_ends_the_event(make_device: MakeDevice) -> None:
    device = make_device(motion={"active": "on mon-sun"})
    observer = Recorder()
    device.attach(observer)
    motion = motion_of(device)
    device.camera.status = CameraStatus.RUNNING
    scene = Scene(device.camera.hub)
    scene.settle()
    scene.offer(60)
    await until(lambda: bool(observer.events))
    assert shown(device)["motion"] == "ON"
    changes = observer.changes
    assert motion._timer is not None
    motion._timer.active = False
    motion._active_changed()
    assert [event["event_type"] for event in observer.events] == ["motion", "motion_end"]
    assert observer.changes > changes
    assert shown(device)["motion"] is None
    motion.close()


async def test_no_hours_no_state(make_device: MakeDevice) -> None:
    assert "motion_active" not in {entity.key for entity in camera_entities(make_device(motion=True))}
