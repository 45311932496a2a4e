"""The v4l2 source on real V4L2 devices: the kernel's test driver, a webcam of several sizes and raw formats."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg

from mqttcam.camera.control import Control
from mqttcam.camera.frame import Frame, PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.v4l2 import V4l2Camera, attached, source
from mqttcam.camera.sources.v4l2.controls import controls_of as device_controls_of
from mqttcam.camera.sources.v4l2.controls import current
from mqttcam.camera.sources.v4l2.device import Device
from mqttcam.camera.sources.v4l2.device import opened as opened_device
from mqttcam.camera.sources.v4l2.pixels import RAW
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings, parse_size
from mqttcam.settings.sources.v4l2 import V4l2Source
from mqttcam.values import Choice, InvalidValue, Number, Switch, Value

OpenCamera = Callable[..., V4l2Camera]


def camera_of(device: int | str | None = 0, size: str = "320x180", **more: Any) -> V4l2Camera:
    given = {name: more.pop(name) for name in list(more) if name in V4l2Source.model_fields}
    return V4l2Camera(
        CameraSettings(source=V4l2Source(device=device, **given), size=parse_size(size), **more), Wakeup()
    )


@pytest.fixture
def opened() -> Iterator[OpenCamera]:
    cameras: list[V4l2Camera] = []

    def open_one(device: int | str | None = 0, **more: Any) -> V4l2Camera:
        cameras.append(camera_of(device, **more))
        cameras[-1].open()
        return cameras[-1]

    yield open_one
    for camera in cameras:
        camera.close()


def frame_of(camera: V4l2Camera) -> Frame:
    frame = camera.read(5)
    assert frame is not None
    return frame


def read_on(camera: V4l2Camera) -> None:
    """Read until it fails; frames that are already queued are delivered first."""
    for _ in range(20):
        camera.read(1)


def controls_of(camera: V4l2Camera) -> dict[str, Control]:
    return {name: one.control for name, one in camera._controls.items()}


def test_frames_come_as_planes(opened: OpenCamera) -> None:
    camera = opened()
    frame = frame_of(camera)
    assert frame.planes is not None
    assert [plane.shape for plane in frame.planes] == [(180, 320), (90, 160), (90, 160)]
    assert simplejpeg.decode_jpeg(frame.picture(PictureSpec()).jpeg).shape == (180, 320, 3)
    times = [frame_of(camera).ts_ns for _ in range(5)]
    assert times == sorted(times)
    assert abs(times[-1] - time.time_ns()) < 2e9


@pytest.mark.parametrize("fourcc", sorted({*RAW} - {"Y14 "}))  # which vivid lacks
def test_colours_are_right_and_in_full_range(
    opened: OpenCamera, monkeypatch: pytest.MonkeyPatch, fourcc: str
) -> None:
    monkeypatch.setitem(source._WANTED, "auto", (fourcc,))
    camera = opened()
    is_grey = fourcc in ("GREY", "Y16 ", "Y12 ", "Y10 ")
    for pattern, colour in (
        ("100% White", (255, 255, 255)),
        ("100% Black", (0, 0, 0)),
        ("100% Red", (255, 0, 0)),
        ("100% Blue", (0, 0, 255)),
    ):
        if is_grey and pattern in ("100% Red", "100% Blue"):
            continue  # vivid's luma is that of linear light
        camera.apply({"TestPattern": pattern, "OSDTextMode": "None"})
        for _ in range(6):
            frame = frame_of(camera)
        rgb = (
            simplejpeg.decode_jpeg(frame.picture(PictureSpec(95)).jpeg)[20:160, 20:300]
            .reshape(-1, 3)
            .mean(axis=0)
        )
        assert np.abs(rgb - colour).max() < 12, (pattern, rgb)


def test_size_that_the_camera_lacks_becomes_the_nearest(opened: OpenCamera) -> None:
    frame = frame_of(opened(size="330x200"))
    assert frame.planes is not None
    assert frame.planes[0].shape[::-1] == (320, 180)


def test_differences_from_the_configuration_are_noted() -> None:
    camera = camera_of(size="330x200", frame_rate=240)
    info = camera.open()
    camera.close()
    assert camera.notes == [
        "the camera gives 320x180 instead of 330x200",
        f"the camera gives {info.frame_rate:g} frames per second at 320x180 instead of 240",
    ]
    camera = camera_of(size="320x180", frame_rate=10)
    camera.open()
    camera.close()
    assert camera.notes == []


def test_frame_rate_is_requested() -> None:
    camera = camera_of(frame_rate=10)
    info = camera.open()
    camera.close()
    assert info.frame_rate == 10


def test_controls_are_the_device_s_own(opened: OpenCamera) -> None:
    controls = controls_of(opened())
    assert controls["Brightness"].kind == Number(0, 255, integer=True)
    assert isinstance(controls["HorizontalFlip"].kind, Switch)
    pattern = controls["TestPattern"].kind
    assert isinstance(pattern, Choice)
    assert "100% White" in pattern.options
    integer_menu = controls["IntegerMenu"].kind
    assert isinstance(integer_menu, Choice)
    assert all(option.split()[0].isdigit() for option in integer_menu.options)
    assert "UserControls" not in controls, "a heading"


def test_buttons_are_actions_without_values() -> None:
    camera = camera_of()
    info = camera.open()
    try:
        shown = {control.name for control in info.controls}
        assert "Disconnect" not in shown
        assert camera._controls["Disconnect"].is_button
        action = {one.key: one for one in info.actions}["button"]
        assert camera.apply({action.control: action.value}) == {"Button": "Press"}
        assert camera.read(5) is not None
    finally:
        camera.close()


def test_values_are_set_and_read_back(opened: OpenCamera) -> None:
    camera = opened()
    assert camera.apply({"Brightness": 200, "HorizontalFlip": True, "TestPattern": "100% White"}) == {
        "Brightness": 200,
        "HorizontalFlip": True,
        "TestPattern": "100% White",
    }


def test_what_was_set_before_is_what_an_opened_camera_shows(opened: OpenCamera) -> None:
    camera = opened()
    camera.apply({"Contrast": 77})
    camera.close()
    again = camera_of()
    info = again.open()
    again.close()
    assert {control.name: control.default for control in info.controls}["Contrast"] == 77


def test_values_that_the_camera_changes_itself_are_current(opened: OpenCamera) -> None:
    camera = opened()
    camera.apply({"GainAutomatic": True})
    seen: set[Value] = set()
    end = time.monotonic() + 30
    while len(seen) < 3:
        assert time.monotonic() < end, seen
        frame_of(camera)
        seen.add(camera.applied["Gain"])
    camera.apply({"GainAutomatic": False, "Gain": 55})
    assert (camera.applied["GainAutomatic"], camera.applied["Gain"]) == (False, 55)


def test_value_of_an_automatic_control_is_unset(opened: OpenCamera) -> None:
    camera = opened()
    camera.apply({"GainAutomatic": False})
    camera.apply({"Gain": 55, "Contrast": 90})
    assert camera.apply({"GainAutomatic": True}) == {"GainAutomatic": True, "Gain": None}
    assert camera.apply({"GainAutomatic": True}) == {"GainAutomatic": True}, "it is told once"
    assert camera.apply({"GainAutomatic": False}) == {"GainAutomatic": False}


def test_controls_that_report_no_value_are_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    call = Device.call

    def silent(self: Device, name: str, structure: Any) -> None:
        if name == "G_CTRL":
            asked.append(structure.id)
            if structure.id == contrast:
                raise OSError(errno.EIO, "Input/output error")
        call(self, name, structure)

    with opened_device("/dev/video0") as device:
        contrast = device_controls_of(device)["Contrast"].number
    monkeypatch.setattr(Device, "call", silent)
    camera = camera_of()
    camera.open()
    try:
        assert contrast in asked
        asked.clear()
        applied = camera.applied
        assert asked
        assert contrast not in asked
        assert applied.keys() == {name for name, one in camera._controls.items() if one.number in asked}
        assert "Button" not in applied
    finally:
        camera.close()


def test_value_beyond_its_range_is_limited_to_it(opened: OpenCamera) -> None:
    brightness = opened()._controls["Brightness"]
    assert [brightness.plain(number) for number in (-7, 12, 999)] == [0, 12, 255]


def test_a_patch_is_set_whole_or_not_at_all(opened: OpenCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    camera = opened()
    camera.apply({"Contrast": 101})
    device, saturation = camera._device, camera._controls["Saturation"].number
    assert device is not None
    call = device.call

    def refusing(name: str, structure: Any) -> None:
        if name == "S_CTRL" and structure.id == saturation:
            raise OSError(errno.ERANGE, "Numerical result out of range")
        call(name, structure)

    monkeypatch.setattr(device, "call", refusing)
    with pytest.raises(InvalidValue, match="refuses Saturation now: numerical result out of range"):
        camera.apply({"Contrast": 10, "Saturation": 20})
    assert current(device, camera._controls["Contrast"]) == 101


def test_no_frame_in_time_is_none(opened: OpenCamera) -> None:
    camera = opened(frame_rate=10)
    frame_of(camera)
    assert camera.read(0) is None, "a read that waited would return the next frame"


def test_camera_with_only_broken_frames_does_not_block_the_reader(opened: OpenCamera) -> None:
    camera = opened()
    camera.apply({"PercentageOfDroppedBuffers": 100})
    try:
        start = time.monotonic()
        while camera.read(0.3) is not None:
            assert time.monotonic() - start < 10
    finally:
        camera.apply({"PercentageOfDroppedBuffers": 0})
    assert frame_of(camera)


def test_stream_is_started_again(opened: OpenCamera) -> None:
    camera = opened()
    camera.apply({"Contrast": 90})
    for _ in range(3):
        frame_of(camera)
        camera.restart_stream()
    for _ in range(8):
        frame_of(camera)
    assert current(camera._opened(), camera._controls["Contrast"]) == 90


def test_error_names_the_program_that_uses_the_camera(opened: OpenCamera, tmp_path: Path) -> None:
    link = tmp_path / "link"
    script = (
        "from tests.virtual_pi.inside_vm.test_v4l2 import camera_of\n"
        "camera = camera_of()\ncamera.open()\nprint('open', flush=True)\ninput()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(
            SourceError, match=rf"/dev/video0: the camera is in use by python \({holder.pid}\)"
        ):
            camera_of().open()
        link.symlink_to("/dev/video0")  # as those of /dev/v4l/by-id
        with pytest.raises(SourceError, match=rf"link: the camera is in use by python \({holder.pid}\)"):
            camera_of(str(link)).open()
        holder.communicate(b"\n", timeout=30)
    frame_of(opened())


def test_found_by_number_path_and_id(opened: OpenCamera) -> None:
    for device in (1, "/dev/video1", "platform:vivid-001", None):
        frame_of(camera := opened(device))
        camera.close()
    with pytest.raises(SourceError, match="2 cameras vivid"):
        camera_of("vivid").open()
    with pytest.raises(SourceError, match="no camera C920; attached: platform:vivid-000"):
        camera_of("C920").open()
    with pytest.raises(SourceError, match="/dev/video9 does not exist"):
        camera_of(9).open()


def test_mjpeg_from_a_camera_without_it_is_an_error() -> None:
    with pytest.raises(SourceError, match=r"vivid offers YUYV, .* more, and none of MJPG, JPEG"):
        camera_of(format="mjpeg").open()


def test_attached() -> None:
    found = attached()
    assert [camera.id for camera in found] == ["platform:vivid-000", "platform:vivid-001"]
    assert found[0].model == "vivid"
    assert (320, 180) in found[0].sizes
    assert "Brightness" in {control.name for control in found[0].controls}
    assert found[0].source == {"type": "v4l2", "device": "platform:vivid-000"}


def test_openings_leave_nothing_behind() -> None:
    def once() -> int:
        camera = camera_of()
        camera.open()
        frame_of(camera)
        camera.close()
        return len(os.listdir("/proc/self/fd"))

    first = once()
    assert [once() for _ in range(20)][-1] == first


def test_unplugged_and_plugged_in_again(opened: OpenCamera) -> None:
    camera = opened()
    frame_of(camera)
    camera.apply({"Disconnect": "Press"})
    with pytest.raises(SourceError, match="/dev/video0 was unplugged"):
        read_on(camera)
    assert camera.applied == {}
    camera.close()  # vivid is there again when nobody holds it any more
    frame_of(opened())
