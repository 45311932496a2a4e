"""The protocol of an output, and what an output gets from a camera."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.hub import Hub
from mqttcam.schedule import Location
from mqttcam.settings import CameraSettings

STOP_TIMEOUT = 1.0
"""Seconds within which an output has to stop, whatever it waits for."""


class CameraFeed(Struct, frozen=True):
    """One camera, as an output sees it.

    Attributes:
        id: the camera's.
        settings: what is configured for it.
        hub: where its frames come from; subscribers are called in the capture thread.
        spec: returns what its pictures are to be now; called in the capture thread, so it must only read.
        changed: call this, from any thread, when this camera's connection comes up or goes down, so that `report` is
            published at once.
        event: returns the id of the event of motion now, None if there is no motion; called in the capture thread.
        location: of this machine, for schedules with the sun.
    """

    id: str
    settings: CameraSettings
    hub: Hub
    spec: Callable[[], PictureSpec]
    changed: Callable[[], None]
    event: Callable[[], str | None] = lambda: None
    location: Location | None = None


class Output(Protocol):
    """An output for one or more cameras. All methods are called on the event loop and do not block.

    An output has its own threads and a bounded queue, and counts what it drops: nothing that it waits for delays a
    camera or another output.
    """

    @property
    def name(self) -> str:
        """The key of its part of `health` and the prefix of its entities' keys, such as `kafka`."""

    @property
    def title(self) -> str:
        """The name for users, such as `Kafka`."""

    def serves(self, settings: CameraSettings) -> bool:
        """Whether it sends, or can be switched to send, the frames of a camera with these settings."""

    def attach(self, feed: CameraFeed) -> None:
        """Begin to send the frames of a camera that it serves."""

    async def detach(self, camera_id: str) -> None:
        """Stop sending the frames of a camera."""

    def send_event(self, camera_id: str, event: Mapping[str, object]) -> None:
        """Send an event of a camera (`event_type` and its details), if this output sends events."""

    def forget_pictures(self, camera_id: str) -> None:
        """Forget pictures of a camera that are kept in case that motion begins: it was switched off (privacy)."""

    def is_enabled(self, camera_id: str) -> bool | None:
        """Whether the frames of a camera are sent; None if it is not attached."""

    def set_enabled(self, camera_id: str, enabled: bool) -> None:
        """Switch sending on or off."""

    def report(self, camera_id: str) -> Mapping[str, object] | None:
        """Return the counters and state of a camera for `health`; None if it is not attached."""

    def problems(self) -> Mapping[str, list[str]]:
        """Return the problems in words, each with the ids of its cameras; outputs that are switched off have none."""

    def next_try(self, camera_id: str) -> float | None:
        """Return when a camera's next attempt to connect is, in seconds of `time.monotonic`.

        None if none is pending.
        """

    def try_again(self, camera_id: str) -> None:
        """Connect now if an attempt of the camera is pending."""

    async def stop(self) -> None:
        """Send what can be sent, and end within `STOP_TIMEOUT`."""
