"""Digital zoom: a part of the picture scaled to its full size."""

from __future__ import annotations

from mqttcam.camera.control import Control
from mqttcam.imaging.raster import Planes
from mqttcam.imaging.resize import resize
from mqttcam.settings import Size
from mqttcam.values import Rectangle

_LEAST = 16
Window = tuple[int, int, int, int]
"""x, y, width and height in pixels of the whole picture, as it is shown."""


def crop_control(size: Size) -> Control:
    """Return the control for a picture of this size, with libcamera's name and meaning."""
    whole = (0, 0, size.width, size.height)
    least = (min(_LEAST, size.width), min(_LEAST, size.height))
    return Control("ScalerCrop", Rectangle(whole, least, view="scaler_crop"), whole, "mdi:crop")


def in_whole_blocks(window: Window) -> Window:
    """Return the window with even numbers, so that it can be cut out of a 4:2:0 picture."""
    x, y, width, height = (number // 2 * 2 for number in window)
    return x, y, width, height


def cropped(planes: Planes, window: Window) -> Planes:
    """Return a part of a picture, scaled to the size of the whole."""
    height, width = planes[0].shape
    x, y, wide, high = window
    if (wide, high) == (width, height):
        return planes
    luma, blue, red = planes
    rows, columns = slice(y // 2, (y + high) // 2), slice(x // 2, (x + wide) // 2)
    part = luma[y : y + high, x : x + wide], blue[rows, columns], red[rows, columns]
    found = resize(part, width, height)
    assert isinstance(found, tuple)
    return found
