"""Cameras of this machine to choose from, and a picture of one to see that it works."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Mapping, Sequence

from msgspec import Struct

from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.camera.sources import AttachedCamera, attached
from mqttcam.camera.trial import TrialFailed, try_camera
from mqttcam.settings.sources.url import UrlSource
from mqttcam.setup.answers import check_source
from mqttcam.setup.extras import missing_extra

PICTURE_SECONDS = 15.0
"""The time limit for a camera to open, and for its picture."""
_WIDTH, _HEIGHT = 1280, 720
"""The largest size that is proposed: every camera and every Pi can do it."""


class FoundCamera(Struct, frozen=True):
    """A camera of this machine.

    Attributes:
        model: the displayed name; in parentheses, why the camera cannot be used now.
        source: what to write under `source`.
        size: the size to propose, width x height; None for the camera's own.
    """

    model: str
    source: Mapping[str, object]
    size: str | None


TEST_PATTERN = FoundCamera("a moving test picture, without a camera", {"type": "test_pattern"}, "1280x720")


def find_cameras() -> list[FoundCamera]:
    """Return the camera modules and USB cameras; this may take seconds, as each is opened for a moment."""
    return [_found(one) for one in attached() if one.source["type"] != "test_pattern"]


async def find_cameras_within(seconds: float) -> list[FoundCamera]:
    """Do the same as `find_cameras` in a thread.

    Raises:
        TimeoutError: a driver has hung for that long; nothing waits for its thread.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[list[FoundCamera]] = loop.create_future()

    def settle(found: list[FoundCamera], error: Exception | None) -> None:
        if not result.done():
            result.set_result(found) if error is None else result.set_exception(error)

    def run() -> None:
        found: list[FoundCamera] = []
        problem: Exception | None = None
        try:
            found = find_cameras()
        except Exception as error:  # noqa: BLE001 - raised again on the loop
            problem = error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, found, problem)

    threading.Thread(target=run, name="find cameras", daemon=True).start()
    async with asyncio.timeout(seconds):
        return await result


def _found(camera: AttachedCamera) -> FoundCamera:
    size = proposed_size(camera.sizes, scales=camera.source["type"] == "picamera2")
    return FoundCamera(camera.model, dict(camera.source), size)


def proposed_size(sizes: Sequence[tuple[int, int]], *, scales: bool = False) -> str | None:
    """Return the largest size up to 1280x720, or None if there is none.

    Args:
        scales: whether the camera offers every size up to its largest.
    """
    if scales and any(width >= _WIDTH and height >= _HEIGHT for width, height in sizes):
        return f"{_WIDTH}x{_HEIGHT}"
    fitting = [size for size in sizes if size[0] <= _WIDTH and size[1] <= _HEIGHT]
    if not fitting:
        return None
    width, height = max(fitting, key=lambda size: size[0] * size[1])
    return f"{width}x{height}"


async def take_picture(
    source: Mapping[str, object], size: str | None = None, seconds: float = PICTURE_SECONDS
) -> Picture:
    """Return a picture of a camera, which is open only for that.

    Raises:
        InvalidAnswer: the source is not valid.
        TrialFailed: the camera gives no picture within `seconds`.
    """
    settings = check_source(source, size)
    if isinstance(settings.source, UrlSource) and settings.source.url.get_secret_value().startswith("rtsp"):
        missing = missing_extra("av", "video")
        if missing:
            raise TrialFailed(missing)
    return (await try_camera("test", settings, PictureSpec(), seconds)).picture
