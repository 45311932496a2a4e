"""What cameras and the node tell the parts that show them, such as MQTT and the web page."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from mqttcam.camera.frame import Picture

log = logging.getLogger(__name__)


class CameraObserver:
    """Follows a camera device; a subclass overrides what it needs. Everything is called on the event loop."""

    @property
    def dropped_frames(self) -> int:
        """How many frames were due here and could not be sent."""
        return 0

    @property
    def max_snapshot_bytes(self) -> int | None:
        """The largest snapshot that can be sent now, in bytes; `None` without a limit. For any thread."""
        return None

    def changed(self) -> None:
        """A value of an entity, or what the camera offers, has changed."""

    def event(self, event: Mapping[str, object]) -> None:
        """An event occurred: `event_type` and its details."""

    def motion_picture(self, picture: Picture) -> None:
        """A picture of motion was made, of at most `max_snapshot_bytes`: the first of an event, or a better one."""

    def detection_picture(self, label: str, picture: Picture) -> None:
        """A picture of detections was made, of at most `max_snapshot_bytes`; `label` is as in keys."""

    def series_picture(self, series: str, picture: Picture) -> None:
        """A picture of a series was taken and kept; here of at most `max_snapshot_bytes`."""

    async def snapshot(self, picture: Picture, request_id: str | None) -> None:
        """A snapshot was taken; it is delivered once this returns.

        Raises:
            CommandError: it cannot be delivered here.
        """

    def photo(self, meta: Mapping[str, object]) -> None:
        """A photo was saved: what is known of it, its files and their addresses, and the `request_id`."""


class CameraObservers:
    """The observers of one camera; the failure of one does not affect the others."""

    def __init__(self, camera_id: str) -> None:
        self._camera_id = camera_id
        self._observers: list[CameraObserver] = []

    def attach(self, observer: CameraObserver) -> None:
        self._observers.append(observer)

    def detach(self, observer: CameraObserver) -> None:
        self._observers.remove(observer)

    @property
    def dropped_frames(self) -> int:
        return sum(observer.dropped_frames for observer in self._observers)

    @property
    def max_snapshot_bytes(self) -> int | None:
        """The smallest limit; `None` without one. For any thread."""
        limits = [observer.max_snapshot_bytes for observer in tuple(self._observers)]
        return min((limit for limit in limits if limit is not None), default=None)

    def changed(self) -> None:
        for observer in tuple(self._observers):
            self._call(observer.changed)

    def event(self, event: Mapping[str, object]) -> None:
        for observer in tuple(self._observers):
            self._call(observer.event, event)

    def motion_picture(self, picture: Picture) -> None:
        for observer in tuple(self._observers):
            self._call(observer.motion_picture, picture)

    def photo(self, meta: Mapping[str, object]) -> None:
        for observer in tuple(self._observers):
            self._call(observer.photo, meta)

    def detection_picture(self, label: str, picture: Picture) -> None:
        for observer in tuple(self._observers):
            self._call(observer.detection_picture, label, picture)

    def series_picture(self, series: str, picture: Picture) -> None:
        for observer in tuple(self._observers):
            self._call(observer.series_picture, series, picture)

    async def snapshot(self, picture: Picture, request_id: str | None) -> list[BaseException]:
        """Deliver a snapshot to all observers at once, and return their exceptions."""
        deliveries = [observer.snapshot(picture, request_id) for observer in self._observers]
        outcomes = await asyncio.gather(*deliveries, return_exceptions=True)
        return [outcome for outcome in outcomes if outcome is not None]

    def _call(self, method: Callable[..., None], *arguments: object) -> None:
        try:
            method(*arguments)
        except Exception:
            log.exception("camera %s: an observer failed, the others are not affected", self._camera_id)


class NodeObserver:
    """Follows the node; a subclass overrides what it needs. Everything is called on the event loop."""

    @property
    def reconnects(self) -> int:
        """How often it lost its connection and connected again."""
        return 0

    def changed(self) -> None:
        """A value of an entity of the node has changed."""

    def rediscover(self) -> None:
        """Publish discovery again, also for devices that were deleted in Home Assistant."""
