"""Size and orientation for sources that pass JPEGs through: nothing is done to a frame that needs nothing."""

from __future__ import annotations

from mqttcam.camera.frame import Adjustment
from mqttcam.imaging.raster import fit_within
from mqttcam.settings import CameraSettings


def adjustment_for(settings: CameraSettings, width: int, height: int) -> Adjustment | None:
    """What is left to do to frames of this size; `None`: they are as the settings want them."""
    hflip, vflip = settings.mirrored
    size = adjusted_size(settings, width, height)
    if not hflip and not vflip and size == (width, height):
        return None
    return Adjustment(hflip, vflip, *(size if size != (width, height) else (None, None)))


def adjusted_size(settings: CameraSettings, width: int, height: int) -> tuple[int, int]:
    """The size that frames of this size leave with: never larger than they are, their shape kept."""
    if settings.size is None or (width <= settings.size.width and height <= settings.size.height):
        return width, height
    return fit_within(width, height, settings.size.width, settings.size.height)
