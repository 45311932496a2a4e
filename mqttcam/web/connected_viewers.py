"""Who watches which camera, by what kind of stream, and at which rate."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Literal, Protocol

from aiohttp import web

from mqttcam.devices.camera import CameraDevice
from mqttcam.web.places import Holder, hang_up

Stream = Literal["mjpeg", "mpegts", "video", "pictures", "motion"]
"""The kind of a stream: `video` and `pictures` come over the WebSocket of live video, `motion` is the analysis."""
_INTERVAL = 1.0
"""Seconds for which a rate is measured at least."""


class Counted(Protocol):
    """The client of a stream, which counts what it sends: numbers that only grow."""

    @property
    def sent(self) -> int:
        """Frames."""

    @property
    def bytes_sent(self) -> int:
        """Bytes."""

    @property
    def unread(self) -> float:
        """Seconds for which it has read nothing although there is something to read."""


class ConnectedViewer:
    """One stream to one client."""

    def __init__(
        self,
        viewer_id: str,
        user: str | None,
        address: str,
        camera: str,
        end: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self.id = viewer_id
        self.end = end
        self._user = user
        self._address = address
        self._camera = camera
        self._clock = clock
        self._since = datetime.now(UTC)
        self._stream: Stream | None = None
        self._client: Counted | None = None
        self._measured = (0.0, 0, 0)
        self._rate: tuple[float | None, float | None] = (None, None)

    def use(self, stream: Stream, client: Counted) -> None:
        """Show another kind of stream from now on."""
        self._stream, self._client = stream, client
        self._measured = (self._clock(), client.sent, client.bytes_sent)
        self._rate = (None, None)

    def unread(self) -> float:
        """Return for how many seconds the client has read nothing although there is something to read."""
        return 0.0 if self._client is None else self._client.unread

    def describe(self) -> dict[str, object]:
        """Return the viewer as JSON; the rate is that since the last call, if that was a second ago or more."""
        fps, kbps = self._measure()
        return {
            "id": self.id,
            "user": self._user,
            "address": self._address,
            "camera": self._camera,
            "stream": self._stream,
            "since": self._since.isoformat(timespec="seconds"),
            "fps": fps,
            "kbps": kbps,
        }

    def _measure(self) -> tuple[float | None, float | None]:
        if self._client is None:
            return None, None
        now, sent, size = self._clock(), self._client.sent, self._client.bytes_sent
        begin, sent_before, size_before = self._measured
        if (seconds := now - begin) >= _INTERVAL:
            self._rate = (
                round((sent - sent_before) / seconds, 1),
                round((size - size_before) * 8 / seconds / 1000, 1),
            )
            self._measured = (now, sent, size)
        return self._rate


class ConnectedViewers:
    """The streams to all clients."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._viewers: dict[str, ConnectedViewer] = {}

    @contextmanager
    def join(
        self, request: web.Request, holder: Holder, address: str, device: CameraDevice
    ) -> Iterator[ConnectedViewer]:
        """Show the client of a request until the block ends.

        Args:
            address: of the client, as trusted proxies report it.
        """
        user = holder.name if holder.rank else None
        viewer_id = str(next(self._numbers))
        viewer = ConnectedViewer(viewer_id, user, address, device.id, partial(hang_up, request), self._clock)
        self._viewers[viewer_id] = viewer
        try:
            yield viewer
        finally:
            del self._viewers[viewer_id]

    def describe(self) -> list[dict[str, object]]:
        """Return every viewer as JSON."""
        return [viewer.describe() for viewer in self._viewers.values()]

    def end(self, viewer_id: str) -> bool:
        """Close the connection of a viewer; return False if there is no such viewer."""
        viewer = self._viewers.get(viewer_id)
        if viewer is not None:
            viewer.end()
        return viewer is not None
