"""Recovery of a camera on real V4L2 devices (missing, in use, unplugged), and its controls as entities."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import simplejpeg

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.sources.v4l2 import V4l2Camera
from mqttcam.camera.sources.v4l2.controls import apply, controls_of
from mqttcam.camera.sources.v4l2.device import Device, opened
from mqttcam.camera.status import CameraStatus
from mqttcam.camera.timing import DEFAULT_TIMING, Timing
from mqttcam.cli.cameras import as_text, attached_cameras
from mqttcam.cli.offline import discovery_of
from mqttcam.settings import CameraSettings, Settings, parse_size
from mqttcam.settings.sources.v4l2 import V4l2Source
from tests.support.cameras import failed, running, until
from tests.virtual_pi.inside_vm.test_v4l2 import camera_of

_SIZE = parse_size("320x180")


@pytest.fixture
async def camera(request: pytest.FixtureRequest) -> AsyncIterator[Camera]:
    """A camera that is not started; its `Timing` can be set by indirect parametrization."""
    settings = CameraSettings(source=V4l2Source(device=0), size=_SIZE, frame_rate=15)
    one = Camera("front", settings, timing=getattr(request, "param", DEFAULT_TIMING))
    yield one
    await one.stop()


async def test_unplugged_and_plugged_in_again(camera: Camera) -> None:
    camera.start()
    await running(camera)
    await camera.apply({"contrast": 77})
    with Path("/dev/video0").open("rb") as somebody:  # vivid comes back once no file of it is open
        one = Device("/dev/video0")
        press_disconnect(one)
        await failed(camera, "/dev/video0 was unplugged")
        attempts: list[CameraStatus] = []
        camera.add_listener(lambda: attempts.append(camera.status))
        await until(camera, lambda: len(attempts) >= 3)
        assert set(attempts) == {CameraStatus.FAILED}, somebody
        one.close()
    await running(camera)
    assert simplejpeg.decode_jpeg((await camera.take_snapshot(PictureSpec(), 10)).jpeg).shape == (180, 320, 3)
    assert camera.values["contrast"] == 77, "what was set is set again"
    assert camera.stats.restarts == 1


def press_disconnect(device: Device) -> None:
    apply(device, controls_of(device), {"Disconnect": "Press"})


async def test_what_the_camera_or_another_program_changes_is_shown(camera: Camera) -> None:
    camera.start()
    await running(camera)
    await camera.apply({"gain_automatic": True})
    for _ in range(2):
        before = camera.values["gain"]
        await until(camera, lambda before=before: camera.values["gain"] != before)  # type: ignore[misc]
    contrast = 41 if camera.values["contrast"] != 41 else 42
    with opened("/dev/video0") as device:
        apply(device, controls_of(device), {"Contrast": contrast})
    await until(camera, lambda: camera.values["contrast"] == contrast)


async def test_missing_at_the_start(camera: Camera) -> None:
    node = Path("/dev/video0")
    hidden = node.with_name("hidden")
    node.rename(hidden)
    try:
        camera.start()
        await failed(camera, "/dev/video0 does not exist")
    finally:
        hidden.rename(node)
    await running(camera)


async def test_busy_at_the_start(camera: Camera) -> None:
    holder = camera_of()
    holder.open()
    camera.start()
    await failed(camera, "in use")
    holder.close()
    await running(camera)


async def test_another_camera_that_has_the_device_is_named(camera: Camera) -> None:
    camera.start()
    await running(camera)
    other = Camera("back", CameraSettings(source=V4l2Source(device="platform:vivid-000"), size=_SIZE))
    try:
        other.start()
        await failed(other, "/dev/video0: it is in use by the camera front of this process")
        await camera.stop()
        await running(other)
    finally:
        await other.stop()


@pytest.mark.parametrize("camera", [Timing(min_frame_age=1.0, stalled_periods=3)], indirect=True)
async def test_stall_is_ended_by_starting_the_stream_again(
    camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera.start()
    await running(camera)
    with monkeypatch.context() as leaking:
        leaking.setattr(Device, "give_back", lambda *_: None)  # until the driver has no buffer left to fill
        await failed(camera, "no frame for")
    opened: list[Any] = []
    monkeypatch.setattr(V4l2Camera, "open", lambda self: opened.append(self))
    await running(camera)
    assert (opened, camera.stats.restarts) == ([], 1)


async def test_controls_are_entities(tmp_path: Path) -> None:
    source = {"type": "v4l2", "device": 0}
    settings = Settings.model_validate(
        {"node": "yard", "state_dir": tmp_path, "cameras": {"front": {"source": source, "size": "320x180"}}}
    )
    found = await discovery_of(settings)
    parts: dict[str, Any] = found["homeassistant/device/mqttcam_yard_front/config"]["cmps"]  # type: ignore[assignment]
    assert (parts["brightness"]["p"], parts["brightness"]["min"], parts["brightness"]["max"]) == (
        "number",
        0,
        255,
    )
    assert parts["horizontal_flip"]["p"] == "switch"
    assert parts["test_pattern"]["p"] == "select"
    assert "100% White" in parts["test_pattern"]["ops"]


def test_camera_list_shows_the_source_to_configure() -> None:
    text = as_text(attached_cameras())
    assert "platform:vivid-000: vivid\n  source: {type: v4l2, device: platform:vivid-000}\n" in text
    assert "    Brightness: 0 … 255 (default " in text
