"""What an output is, and what it gets of a camera."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.hub import Hub
from mqttcam.settings import CameraSettings

STOP_TIMEOUT = 1.0
"""Seconds that an output may take to stop, whatever it waits for."""


@dataclass(frozen=True)
class CameraFeed:
    """One camera, as an output sees it.

    Attributes:
        id: the camera's.
        settings: what is configured for it.
        hub: where its frames come from; subscribers are called in the capture thread.
        spec: what its pictures are to be now; called in the capture thread, so it must only read.
        changed: to be called, from any thread, when what `report` says of this camera has changed in kind (a
            connection came or went), so that it is shown at once.
        moving: whether there is motion now; called in the capture thread. Never where motion is not looked for.
    """

    id: str
    settings: CameraSettings
    hub: Hub
    spec: Callable[[], PictureSpec]
    changed: Callable[[], None]
    moving: Callable[[], bool] = lambda: False


class Output(Protocol):
    """An output for one or more cameras. All of it is called on the event loop and returns at once.

    It has its own threads, holds a bounded amount of frames and counts what it drops: nothing that it waits for
    reaches a camera or another output.
    """

    @property
    def name(self) -> str:
        """`kafka`, `tcp`: the key of its part of `health`, and the start of its entities' keys."""

    @property
    def title(self) -> str:
        """`Kafka`, `TCP`: for people."""

    def serves(self, settings: CameraSettings) -> bool:
        """Whether it has anything to do with a camera that is configured like this."""

    def attach(self, feed: CameraFeed) -> None:
        """Take the frames of a camera that it serves, from now on."""

    async def detach(self, camera_id: str) -> None:
        """Let go of a camera."""

    def is_enabled(self, camera_id: str) -> bool | None:
        """Whether frames of a camera are sent; None where it is not attached."""

    def set_enabled(self, camera_id: str, enabled: bool) -> None:
        """Switch the sending on or off."""

    def report(self, camera_id: str) -> Mapping[str, object] | None:
        """Counters and state of a camera, as they stand in `health`; None where it is not attached."""

    def problems(self) -> Mapping[str, list[str]]:
        """What is wrong now, in words, each with the ids of its cameras; nothing that is switched off."""

    async def stop(self) -> None:
        """Send what can be sent in a moment, and end within `STOP_TIMEOUT`."""
