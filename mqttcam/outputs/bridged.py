"""An output with a bridge for each camera: all that those of one kind have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from mqttcam.outputs.bridge import Bridge
from mqttcam.outputs.message import Queue
from mqttcam.outputs.output import STOP_TIMEOUT, CameraFeed


@dataclass(frozen=True)
class Line:
    """A camera's bridge, with what it was made of."""

    bridge: Bridge
    queue: Queue
    feed: CameraFeed

    @property
    def problem(self) -> str | None:
        return self.bridge.problem or self.queue.problem


class BridgedOutput:
    """The `Output` of subclasses, which make the lines."""

    name: str
    title: str

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}

    def make(self, feed: CameraFeed) -> Line:
        """A camera's line, not started."""
        raise NotImplementedError

    def attach(self, feed: CameraFeed) -> None:
        """Send a camera's frames from now on."""
        line = self.lines[feed.id] = self.make(feed)
        feed.hub.subscribe(line.bridge)
        line.bridge.start()

    async def detach(self, camera_id: str) -> None:
        """Let go of a camera; what waits has a moment to go out."""
        if (line := self.lines.pop(camera_id, None)) is not None:
            line.feed.hub.unsubscribe(line.bridge)
            await asyncio.to_thread(line.bridge.stop, STOP_TIMEOUT)

    async def stop(self) -> None:
        """Let go of all."""
        await asyncio.gather(*(self.detach(camera_id) for camera_id in tuple(self.lines)))

    def is_enabled(self, camera_id: str) -> bool | None:
        line = self.lines.get(camera_id)
        return None if line is None else line.bridge.enabled

    def set_enabled(self, camera_id: str, enabled: bool) -> None:
        if (line := self.lines.get(camera_id)) is not None:
            line.bridge.set_enabled(enabled)

    def report(self, camera_id: str) -> Mapping[str, object] | None:
        """See `Output`; `lag` in seconds, `dropped_by` by reason (`Tally`)."""
        line = self.lines.get(camera_id)
        if line is None:
            return None
        tally = line.bridge.tally
        return {
            "enabled": line.bridge.enabled,
            "connected": line.bridge.connected,
            "sent": tally.sent,
            "dropped": tally.all_dropped,
            "dropped_by": dict(tally.dropped),
            "errors": tally.errors,
            "waiting": line.bridge.waiting,
            "lag": round(line.bridge.lag, 3),
            "problem": line.problem,
        }

    def problems(self) -> list[str]:
        return [
            f"{self.name} {camera_id}: {line.problem}"
            for camera_id, line in self.lines.items()
            if line.bridge.enabled and line.problem
        ]
