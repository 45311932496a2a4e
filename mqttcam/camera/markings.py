"""What is drawn into the frames of a camera before anything leaves it."""

from __future__ import annotations

from typing import TypeGuard

from msgspec import Struct
from msgspec.structs import replace

from mqttcam.camera.overlay import Overlay
from mqttcam.imaging.orientation import Orientation
from mqttcam.imaging.privacy_mask import PrivacyMask
from mqttcam.settings import CameraSettings


class Markings(Struct, frozen=True):
    """What is drawn into each frame that is used, once.

    Attributes:
        privacy: what is blacked out.
        overlay: what is written over it.
    """

    privacy: PrivacyMask | None = None
    overlay: Overlay | None = None

    def in_larger_picture(self, shown: object, larger: object, orientation: Orientation) -> Markings:
        """Return the markings for a picture that shows more of the scene around the usual picture.

        Args:
            shown, larger: libcamera's ScalerCrop of the usual picture and of this one; the same if one is unknown.
            orientation: how both are turned and mirrored before they are shown.
        """
        if self.privacy is None or not _is_rectangle(shown) or not _is_rectangle(larger):
            return self
        left, top = (shown[0] - larger[0]) / larger[2], (shown[1] - larger[1]) / larger[3]
        right, bottom = left + shown[2] / larger[2], top + shown[3] / larger[3]
        (x1, y1), (x2, y2) = orientation.point((left, top)), orientation.point((right, bottom))
        part = min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1)
        return replace(self, privacy=self.privacy.in_larger_picture(*part))

    @classmethod
    def from_settings(cls, settings: CameraSettings) -> Markings | None:
        """Return what a camera's settings want drawn; `None` if that is nothing."""
        if not settings.privacy and settings.overlay is None:
            return None
        privacy = PrivacyMask([polygon.points for polygon in settings.privacy]) if settings.privacy else None
        overlay = None if settings.overlay is None else Overlay(settings.overlay, settings.name or "")
        return cls(privacy, overlay)


def _is_rectangle(value: object) -> TypeGuard[tuple[int, int, int, int]]:
    """Return whether it is x, y, width and height."""
    return isinstance(value, tuple) and len(value) == 4 and value[2] > 0 and value[3] > 0
