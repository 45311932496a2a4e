"""The capture devices of this machine, and how to find the configured one."""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources import AttachedCamera
from mqttcam.camera.sources.v4l2.controls import controls_of
from mqttcam.camera.sources.v4l2.device import Device, opened
from mqttcam.camera.sources.v4l2.encoded import CODECS
from mqttcam.camera.sources.v4l2.pixels import JPEGS, RAW

log = logging.getLogger(__name__)

KNOWN = (*JPEGS, *RAW)
"""The supported pixel formats (fourccs) of single pictures, in order of preference."""
_NO_CAMERAS = frozenset(
    {"bcm2835-codec", "bcm2835-isp", "pispbe", "rp1-cfe", "rpi-hevc-dec", "rpivid", "unicam"}
)
"""Drivers of a Raspberry Pi's own devices: parts of its camera pipelines, and codecs, for libcamera and FFmpeg."""
FORBIDDEN = "cannot be opened: permission denied; add the user to the group video"
_DEV, _BY_ID = Path("/dev"), Path("/dev/v4l/by-id")


class CaptureDevice(Struct, frozen=True):
    """A camera's device node.

    Attributes:
        id: follows the device if it has a serial number, otherwise its port.
        card: the device's name for people.
        is_encoded: whether it gives H.264 or H.265 alone, as the second node of some cameras.
    """

    path: str
    id: str
    card: str
    is_encoded: bool = False


def cameras() -> Iterator[CaptureDevice]:
    """Yield every device that gives pictures in a supported format, by number."""
    for path in sorted(_DEV.glob("video[0-9]*"), key=_digits):
        with contextlib.suppress(OSError), opened(str(path)) as device:
            if not device.is_capture or device.driver in _NO_CAMERAS:
                continue
            formats = set(device.formats())
            if formats & {*KNOWN, *CODECS}:
                yield CaptureDevice(
                    str(path), _id_of(path, device), device.card, is_encoded=not formats & set(KNOWN)
                )


def path_of(wanted: int | str | None) -> str:
    """Return the path of the configured device; `None` stands for the only camera.

    Raises:
        SourceError: there is no such device, or more than one.
    """
    if isinstance(wanted, int):
        wanted = f"/dev/video{wanted}"
    if wanted is not None and wanted.startswith("/"):
        if not Path(wanted).exists():
            raise SourceError(f"{wanted} does not exist")
        return wanted
    found = list(cameras())
    if not found and (refused := _refused()):
        raise SourceError(f"{refused} {FORBIDDEN}")
    matches = [one for one in found if wanted in (None, one.id, one.card)]
    matches = [one for one in matches if not one.is_encoded] or matches
    if not matches:
        names = ", ".join(f"{one.id} ({one.path})" for one in found) or "none"
        raise SourceError(
            f"there is no camera {wanted}; attached: {names}" if wanted else "no camera is attached"
        )
    if wanted is not None and len(matches) > 1:
        raise SourceError(f"there are {len(matches)} cameras {wanted}; use a path or an id")
    return matches[0].path


def attached() -> list[AttachedCamera]:
    """Return every USB camera with its sizes and controls; none if the package `videodev2` is not installed."""
    try:
        found = [_describe(one) for one in cameras()]
    except SourceError as error:
        log.info("no USB cameras: %s", error)
        return []
    if not found and (refused := _refused()):
        return [AttachedCamera(refused, f"({FORBIDDEN})", {"type": "v4l2", "device": refused}, (), ())]
    return found


def _describe(found: CaptureDevice) -> AttachedCamera:
    source = {"type": "v4l2", "device": found.id}
    try:
        with opened(found.path) as device:
            sizes = sorted(
                {
                    size
                    for fourcc in (*KNOWN, *CODECS)
                    if fourcc in device.formats()
                    for size in device.sizes(fourcc)
                }
            )
            controls = tuple(one.control for one in controls_of(device).values() if not one.is_button)
    except OSError as error:
        return AttachedCamera(found.id, f"{found.card} ({error.strerror})", source, (), ())
    return AttachedCamera(found.id, found.card, source, sizes, controls)


def _refused() -> str | None:
    """Return the first device that this user has no permission for; `None` if there is none."""
    paths = sorted(_DEV.glob("video[0-9]*"), key=_digits)
    return next((str(path) for path in paths if not os.access(path, os.R_OK | os.W_OK)), None)


def _id_of(path: Path, device: Device) -> str:
    with contextlib.suppress(OSError):
        for link in sorted(_BY_ID.iterdir()):
            if link.resolve() == path:
                return link.name
    return device.bus or path.name


def _digits(path: Path) -> int:
    return int(re.sub(r"\D", "", path.name) or 0)
