"""Size and orientation for sources that pass JPEGs through: frames that comply are left unchanged."""

from __future__ import annotations

from mqttcam.camera.frame import Adjustment
from mqttcam.imaging.raster import fit_within
from mqttcam.settings import CameraSettings


def adjustment_for(settings: CameraSettings, width: int, height: int) -> Adjustment | None:
    """Return what is still to be done to frames of this size; `None` if they comply with the settings."""
    hflip, vflip = settings.mirrored
    size = adjusted_size(settings, width, height)
    if not hflip and not vflip and size == (width, height):
        return None
    return Adjustment(hflip, vflip, *(size if size != (width, height) else (None, None)))


def adjusted_size(settings: CameraSettings, width: int, height: int) -> tuple[int, int]:
    """Return the size after adjustment: never larger, with the same aspect ratio."""
    if settings.size is None or (width <= settings.size.width and height <= settings.size.height):
        return width, height
    return fit_within(width, height, settings.size.width, settings.size.height)
