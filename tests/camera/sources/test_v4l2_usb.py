"""The manufacturer and release of a USB camera, as in sysfs."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.camera.sources.v4l2.usb import UsbDevice, usb_device


def make(root: Path, **files: str) -> Path:
    """Make the entry of `video3`; the interface of the camera is a folder of its USB device."""
    device = root / "devices" / "1-1.2"
    (device / "1-1.2:1.0").mkdir(parents=True)
    for name, content in files.items():
        (device / name).write_text(content)
    entry = root / "class" / "video3"
    entry.mkdir(parents=True)
    (entry / "device").symlink_to(device / "1-1.2:1.0")
    return root / "class"


@pytest.mark.parametrize(
    ("files", "device"),
    [
        ({"manufacturer": "Logitech\n", "bcdDevice": "0011\n"}, UsbDevice("Logitech", "0.11")),
        ({"bcdDevice": "1203\n"}, UsbDevice(None, "12.03")),
        ({"manufacturer": "\n", "bcdDevice": "??"}, UsbDevice()),
        ({}, UsbDevice()),
    ],
)
def test_usb_device(tmp_path: Path, files: dict[str, str], device: UsbDevice) -> None:
    assert usb_device("/dev/video3", make(tmp_path, **files)) == device


def test_a_device_that_is_none(tmp_path: Path) -> None:
    assert usb_device("/dev/video9", make(tmp_path, manufacturer="Logitech")) == UsbDevice()
