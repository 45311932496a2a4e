"""A camera device: stored values, observers, snapshots."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from mqttcam.camera.frame import PictureSpec
from mqttcam.devices.build import build_device
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.store import Store, configured_control, stored_controls
from mqttcam.values import Number
from tests.support.devices import Failing, MakeDevice, Recorder, camera_settings


async def test_without_stored_values_the_configuration_counts(make_device: MakeDevice, store: Store) -> None:
    assert make_device().camera.enabled is True
    assert make_device(enabled=False).camera.enabled is False
    assert stored_controls(store, "front", camera_settings()) == {}


async def test_values_survive_a_restart(make_device: MakeDevice, tmp_path: Path) -> None:
    device = make_device()
    device.set_image_fps(3.5)
    device.set_image_quality(40)
    device.set_enabled(False)
    await device.save()
    again = Store(tmp_path / "values.json")
    again.load()
    device = build_device("front", camera_settings(), again)
    assert (device.image_fps, device.image_quality, device.camera.enabled) == (3.5, 40, False)


async def test_controls_are_stored(running: CameraDevice, store: Store) -> None:
    await running.set_controls({"brightness": 0.25, "pattern": "grey"})
    assert stored_controls(store, "front", running.settings) == {"brightness": 0.25, "pattern": "grey"}


async def test_an_edited_configuration_wins(make_device: MakeDevice) -> None:
    device = make_device()
    device.set_image_fps(3.5)
    device.set_image_quality(40)
    device.set_enabled(False)
    device = make_device(image={"fps": 2, "quality": 50})
    assert (device.image_fps, device.image_quality, device.camera.enabled) == (2, 50, False)
    assert make_device(enabled=False).camera.enabled is False


@pytest.mark.parametrize("name", ["Brightness", "brightness"])
def test_an_edited_control_wins(store: Store, name: str) -> None:
    store.set("front", "controls.brightness", 0.25, 0.1)
    assert stored_controls(store, "front", camera_settings(controls={name: 0.1})) == {"brightness": 0.25}
    assert stored_controls(store, "front", camera_settings(controls={name: 0.2})) == {}
    assert stored_controls(store, "front", camera_settings()) == {}


@pytest.mark.parametrize("name", ["AwbMode", "awb_mode", "awbmode", "AWB-Mode", "Awb mode"])
def test_a_configured_control_is_found_by_any_spelling(name: str) -> None:
    assert configured_control(camera_settings(controls={name: "Auto"}), "awb_mode") == "Auto"


@pytest.mark.parametrize("garbage", ["x", "", -1, [], {"a": 1}, True, "nan", 10**400])
async def test_an_invalid_stored_image_fps_is_ignored(
    make_device: MakeDevice, store: Store, garbage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    store._data = {"front": {"image_fps": {"value": garbage, "configured": 1.0}}}
    assert make_device().image_fps == 1
    assert "image_fps" in caplog.text


@pytest.mark.parametrize("garbage", ["abc", 1000, 0, -5, 1.5, [50], {}, False])
async def test_an_invalid_stored_image_quality_is_ignored(
    make_device: MakeDevice, store: Store, garbage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    store._data = {"front": {"image_quality": {"value": garbage, "configured": 85}}}
    assert make_device().image_quality == 85
    assert "image_quality" in caplog.text


@pytest.mark.parametrize("configured", [True, False])
@pytest.mark.parametrize("garbage", ["maybe", 2, [], {"on": 1}])
async def test_an_invalid_stored_enabled_is_ignored(
    make_device: MakeDevice, store: Store, garbage: Any, configured: bool
) -> None:
    store._data = {"front": {"enabled": {"value": garbage, "configured": configured}}}
    assert make_device(enabled=configured).camera.enabled is configured


@pytest.mark.parametrize("entry", [3, "x", None, [], {}, {"value": 3}])
async def test_invalid_entries_are_ignored(make_device: MakeDevice, store: Store, entry: Any) -> None:
    store._data = {"front": dict.fromkeys(("image_fps", "enabled", "controls.brightness", "controls"), entry)}
    device = make_device()
    assert (device.image_fps, device.camera.enabled) == (1, True)


async def test_the_maximum_of_image_fps_is_every_frame(make_device: MakeDevice) -> None:
    device = make_device()
    device.set_image_fps(25)
    assert (device.shown_image_fps, device.image_fps) == (25, math.inf)
    device = make_device()
    assert (device.shown_image_fps, device.image_fps) == (25, math.inf)
    device = make_device(frame_rate="max")
    assert (device.shown_image_fps, device.image_fps) == (60, math.inf)


async def test_a_stored_image_fps_is_shown_within_the_present_maximum(make_device: MakeDevice) -> None:
    make_device().set_image_fps(20)
    assert make_device(frame_rate=5).shown_image_fps == 5


async def test_an_observer_that_fails_does_not_affect_the_others(
    device: CameraDevice, caplog: pytest.LogCaptureFixture
) -> None:
    failing, observer = Failing(), Recorder()
    device.attach(failing)
    device.attach(observer)
    device.changed()
    assert observer.changes == 1
    assert caplog.text.count("RuntimeError: a bug") == 1
    device.detach(failing)
    device.changed()
    assert observer.changes == 2
    assert caplog.text.count("RuntimeError: a bug") == 1


async def test_dropped_frames_of_observers_are_added_up(device: CameraDevice) -> None:
    for dropped in (2, 3):
        observer = Recorder()
        observer.dropped_frames = dropped
        device.attach(observer)
    assert device.dropped_frames == 5


async def test_a_snapshot_fits_the_smallest_limit_of_the_observers(running: CameraDevice) -> None:
    free = await running.take_snapshot(PictureSpec(95), None)
    for limit in (None, 10**9, len(free.jpeg) - 1):
        observer = Recorder()
        observer.max_snapshot_bytes = limit
        running.attach(observer)
    assert len((await running.take_snapshot(PictureSpec(95), None)).jpeg) < len(free.jpeg)


async def test_the_requested_value_is_stored_if_the_camera_reports_none(
    device: CameraDevice, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def apply(_values: object) -> dict[str, Any]:
        return {}

    monkeypatch.setattr(device.camera, "apply", apply)
    await device.set_controls({"brightness": 0.25})
    assert store.get("front", "controls.brightness", Number(-1, 1).coerce, None) == 0.25
