"""What a USB device says of itself besides its name, as the kernel shows it in sysfs."""

from __future__ import annotations

import contextlib
from pathlib import Path

from msgspec import Struct

_CLASS = Path("/sys/class/video4linux")


class UsbDevice(Struct, frozen=True):
    """A USB device; each field is `None` if it is unknown.

    Attributes:
        release: the device's own version number (`bcdDevice` in its descriptor), such as `0.11`.
    """

    manufacturer: str | None = None
    release: str | None = None


def usb_device(path: str, sysfs: Path = _CLASS) -> UsbDevice:
    """Return the USB device of a device node such as `/dev/video0` or a link to it."""
    interface = sysfs / Path(path).resolve().name / "device"
    with contextlib.suppress(OSError):
        device = interface.resolve(strict=True).parent
        return UsbDevice(_read(device / "manufacturer"), _release(_read(device / "bcdDevice")))
    return UsbDevice()


def _read(path: Path) -> str | None:
    with contextlib.suppress(OSError):
        return path.read_bytes().decode("utf-8", "replace").strip() or None
    return None


def _release(digits: str | None) -> str | None:
    if digits is None or len(digits) != 4 or not digits[:2].isdigit():
        return None
    return f"{int(digits[:2])}.{digits[2:]}"
