"""The cameras that picamera2 finds."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Mapping
from typing import Any

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources import AttachedCamera
from mqttcam.camera.sources.picamera2 import library
from mqttcam.camera.sources.picamera2.capabilities import (
    Capabilities,
    SensorMode,
    capabilities,
    describe,
    properties,
)
from mqttcam.camera.sources.picamera2.controls import libcamera_controls
from mqttcam.camera.sources.picamera2.failures import busy_words, in_words, is_busy
from mqttcam.camera.sources.picamera2.frames import python_value
from mqttcam.camera.sources.picamera2.table import ControlTable

log = logging.getLogger(__name__)

_USUAL = ((640, 480), (1280, 720), (1920, 1080))

_MANUFACTURERS = {
    "ar": "onsemi",
    "gc": "GalaxyCore",
    "imx": "Sony",
    "mira": "ams OSRAM",
    "ov": "OmniVision",
    "s5k": "Samsung",
}
"""The manufacturers of sensors by the letters that their names begin with."""


def sensor_manufacturer(model: str) -> str | None:
    """Return the manufacturer of a sensor such as `imx708_wide`; `None` if unknown."""
    return next((name for start, name in _MANUFACTURERS.items() if re.match(rf"{start}\d", model)), None)


def attached() -> list[AttachedCamera]:
    """Return every camera except those on USB, which are for `v4l2`; none if picamera2 is not installed.

    Each is opened for a moment, as libcamera only reports the controls and sizes of an open camera.
    """
    try:
        picamera2, libcamera = library.load()
        with library.opening():
            library.refresh(picamera2)
            infos = list(enumerate(picamera2.global_camera_info()))
            return [
                _describe(picamera2, libcamera, index, info)
                for index, info in infos
                if "/usb" not in info["Id"]
            ]
    except SourceError as error:
        log.info("no Raspberry Pi cameras: %s", error)
        return []


def _describe(picamera2: Any, libcamera: Any, index: int, info: Mapping[str, Any]) -> AttachedCamera:
    camera_id, model = str(info["Id"]), str(info.get("Model", "camera"))
    source = {"type": "picamera2", "camera": camera_id}
    try:
        camera = library.start(picamera2, index)
    except Exception as error:  # noqa: BLE001 - picamera2 may raise anything, and the other cameras are to be listed
        why = busy_words(camera_id) if is_busy(error) else in_words(error)
        return AttachedCamera(camera_id, f"{model} ({why})", source, (), ())
    try:
        camera.configure(camera.create_video_configuration(main={"format": "YUV420"}, raw=None))
        table = ControlTable(libcamera_controls(camera.camera_ctrl_info), 0)
        offered = capabilities(camera, libcamera)
        details = describe(offered, properties(camera)) | timed_modes(camera)
        return AttachedCamera(
            camera_id, model, source, _sizes(offered), (*table.controls, *table.raw), details
        )
    except Exception as error:  # noqa: BLE001
        return AttachedCamera(camera_id, f"{model} ({in_words(error)})", source, (), ())
    finally:
        with contextlib.suppress(Exception):
            camera.close()
        library.ended()


def timed_modes(camera: Any) -> dict[str, object]:
    """Return `sensor_modes` with what picamera2 finds out by configuring each of them, if it can.

    The greatest frame rate, the part of the sensor that is seen, and the limits of the exposure in microseconds.
    """
    modes: dict[str, object] = {}
    try:
        for mode in camera.sensor_modes:
            if "size" not in mode:  # a format that is not raw
                continue
            (width, height), bits = mode["size"], mode["bit_depth"]
            text = str(SensorMode((width, height), bits))
            crop, exposure = python_value(mode["crop_limits"]), mode["exposure_limits"]
            modes[text] = {"fps": mode["fps"], "crop": list(crop), "exposure": list(exposure)}
    except Exception as error:  # noqa: BLE001 - it needs memory that may be short, and a raw stream
        log.debug("no details of the sensor modes: %s", in_words(error))
        return {}
    return {"sensor_modes": modes}


def _sizes(offered: Capabilities) -> list[tuple[int, int]]:
    """Return the sizes of the sensor's modes, which can be scaled to any smaller size; without modes, usual sizes."""
    largest = offered.resolution
    if offered.modes:
        return sorted({mode.size for mode in offered.modes} | {largest})
    return sorted({size for size in _USUAL if size < largest} | {largest})
