"""A picture of a camera that does not run, to see whether its settings are right."""

from __future__ import annotations

import asyncio
from pathlib import Path

from msgspec import Struct

from mqttcam.camera.camera import Camera
from mqttcam.camera.capture import Capture
from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraStatus, CameraUnavailable
from mqttcam.settings import CameraSettings


class TrialFailed(Exception):
    """The camera gives no picture; the message says why."""


class Trial(Struct, frozen=True):
    """A picture, with what the camera says of itself.

    Attributes:
        width, height: of the camera's pictures, in pixels; `picture` may be smaller.
        remark: what differs from the settings, in words.
    """

    picture: Picture
    model: str | None
    width: int
    height: int
    remark: str | None


async def try_camera(
    name: str,
    settings: CameraSettings,
    spec: PictureSpec,
    seconds: float,
    *,
    state_dir: Path | None = None,
    stuck: set[Capture] | None = None,
) -> Trial:
    """Open a camera, take a picture, and close it again.

    Args:
        name: of the camera in the log.
        seconds: the time limit for the picture.
        state_dir: where its tuning files are.
        stuck: the capture is added to it if its thread hangs in the driver.

    Raises:
        TrialFailed: it gives no picture.
    """
    camera = Camera(name, settings.model_copy(update={"enabled": True}), state_dir=state_dir)
    camera.start()
    try:
        async with asyncio.timeout(seconds):
            await camera.until(lambda: camera.status is not CameraStatus.STARTING)
            picture = await camera.take_snapshot(spec, seconds)
    except TimeoutError:
        raise TrialFailed(f"{camera.last_error or 'no picture came'} (within {seconds:g} s)") from None
    except (CameraUnavailable, SourceError) as error:
        raise TrialFailed(str(error)) from None
    finally:
        await camera.stop()
        if stuck is not None:
            stuck |= camera.abandoned
    model = None if camera.info is None else camera.info.model
    return Trial(picture, model, camera.stats.width, camera.stats.height, camera.last_error)
