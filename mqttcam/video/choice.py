"""Whether the video of a source can be used unchanged, or has to be encoded."""

from __future__ import annotations

from mqttcam.camera.video_packet import VideoOffer
from mqttcam.settings import CameraSettings
from mqttcam.settings.size import Size
from mqttcam.settings.video import VideoSettings


def must_be_encoded(camera: CameraSettings, offer: VideoOffer) -> bool:
    """Return whether the pictures of a source must not be passed on unchanged, whatever the video settings are."""
    if offer.is_oriented:
        camera = camera.model_copy(update={"rotation": 0, "hflip": False, "vflip": False})
    return camera.changes_picture


def settings_to_encode_for(camera: CameraSettings, video: VideoSettings, offer: VideoOffer) -> list[str]:
    """Return the names of the settings that the video of a source does not comply with.

    `keyframe_interval` is not one of them: a camera's own is used as it is.
    """
    found = []
    if _is_larger(offer, video.size):
        found.append("video.size")
    if offer.encoder == "copy":
        defaults = VideoSettings()
        found += [
            f"video.{name}"
            for name in ("fps", "quality", "bitrate")
            if getattr(video, name) != getattr(defaults, name)
        ]
        if _is_larger(offer, camera.size):
            found.append("size")
    return found


def _is_larger(offer: VideoOffer, size: Size | tuple[int, int] | None) -> bool:
    return size is not None and (offer.width > size[0] or offer.height > size[1])
