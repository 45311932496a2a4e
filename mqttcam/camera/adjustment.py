"""Size and orientation of the frames of sources that do not see to them themselves."""

from __future__ import annotations

from msgspec import Struct

from mqttcam.imaging.orientation import UPRIGHT, Orientation
from mqttcam.imaging.raster import fit_within
from mqttcam.settings import CameraSettings


class Adjustment(Struct, frozen=True):
    """What is done to the frames of a source that does not do it itself.

    Attributes:
        orientation: how they are turned and mirrored, after they are scaled.
        width, height: frames are scaled to fit this size, their aspect ratio kept; `None` leaves them as they are.
    """

    orientation: Orientation = UPRIGHT
    width: int | None = None
    height: int | None = None

    @classmethod
    def from_settings(cls, settings: CameraSettings) -> Adjustment | None:
        """Return what a camera's settings want done to its frames; `None` if that is nothing."""
        adjustment = cls(settings.orientation, *(settings.size or (None, None)))
        return None if adjustment == cls() else adjustment

    def keeps(self, width: int, height: int) -> bool:
        """Return whether nothing is to be done to upright frames of this size."""
        return (
            (self.width is None or width <= self.width)
            and (self.height is None or height <= self.height)
            and self.orientation == UPRIGHT
        )

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the size of frames after adjustment: never larger, with the same aspect ratio."""
        return self.orientation.size(*fit_within(width, height, self.width or width, self.height or height))


def adjustment_for(settings: CameraSettings, width: int, height: int) -> Adjustment | None:
    """Return what is still to be done to frames of this size; `None` if they comply with the settings."""
    adjustment = Adjustment.from_settings(settings)
    if adjustment is None:
        return None
    scaled = fit_within(width, height, adjustment.width or width, adjustment.height or height)
    if scaled == (width, height):
        adjustment = Adjustment(adjustment.orientation)
    return None if adjustment == Adjustment() else adjustment


def adjusted_size(settings: CameraSettings, width: int, height: int) -> tuple[int, int]:
    """Return the size of frames after adjustment."""
    adjustment = Adjustment.from_settings(settings)
    return (width, height) if adjustment is None else adjustment.size(width, height)
