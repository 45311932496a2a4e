"""Values as they change, for event streams: each client gets what is new to it, however slow it is."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import orjson

from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.describe import describe_entity
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.entities.node import NODE
from mqttcam.web.mjpeg import MjpegStreams
from mqttcam.web.snapshot_history import SnapshotHistory

_TICK = 2.0
"""Seconds between two looks at values that change without a word, such as the frame rate."""
_COALESCE = 0.05

View = dict[str, object]


class StatePublisher:
    """What the page shows, computed once for all clients, and only while there are any."""

    def __init__(self, registry: DeviceRegistry, viewers: MjpegStreams, history: SnapshotHistory) -> None:
        self._registry = registry
        self._viewers = viewers
        self._history = history
        self._clients: set[asyncio.Event] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._view: View = {}
        self._numbers: WeakKeyDictionary[CameraDevice, int] = WeakKeyDictionary()
        self._next_number = itertools.count()
        self.closed = False
        registry.node.add_listener(self.changed)

    def __len__(self) -> int:
        return len(self._clients)

    @property
    def view(self) -> View:
        """What there is to see now; as JSON it is the first event."""
        return self._view

    @contextmanager
    def joined(self) -> Iterator[asyncio.Event]:
        """Be a client for the block: the event is set after each change, and when the daemon stops."""
        news = asyncio.Event()
        self._clients.add(news)
        self._refresh()
        try:
            yield news
        finally:
            self._clients.discard(news)
            if not self._clients:
                self._schedule(None)

    def changed(self) -> None:
        """Something has changed; many changes within a moment are one event."""
        if self._clients:
            due = asyncio.get_running_loop().time() + _COALESCE
            if self._timer is None or self._timer.when() > due:
                self._schedule(_COALESCE)

    def close(self) -> None:
        """Let every client go."""
        self.closed = True
        self._schedule(None)
        for news in self._clients:
            news.set()

    def _schedule(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = None if seconds is None else loop.call_later(seconds, self._refresh)

    def _refresh(self) -> None:
        self._schedule(None if self.closed else _TICK)
        view = self._look()
        if view != self._view:
            self._view = view
            for news in self._clients:
                news.set()

    def _look(self) -> View:
        return {
            "revision": revision(self._registry.devices),
            "problems": self._registry.health.notices(),
            "node": state_of(NODE, self._registry.node),
            "cameras": {
                camera_id: self._camera(device) for camera_id, device in self._registry.devices.items()
            },
        }

    def _camera(self, device: CameraDevice) -> View:
        if device not in self._numbers:
            self._numbers[device] = next(self._next_number)
        return {
            # Another number under the same id: it was replaced, and its streams have ended.
            "device": self._numbers[device],
            "status": device.camera.status.value,
            "last_error": device.camera.last_error,
            "viewers": self._viewers.count(device),
            "snapshots": self._history.list(device.id),
            "state": state_of(camera_entities(device), device),
        }


def revision(devices: Mapping[str, CameraDevice]) -> str:
    """Changes when there is another camera or another entity: what the page is built from."""
    structure = {
        camera_id: [
            device.name,
            device.resolution,
            *(describe_entity(device, entity) for entity in camera_entities(device)),
        ]
        for camera_id, device in devices.items()
    }
    return hashlib.sha256(orjson.dumps(structure)).hexdigest()[:16]


def difference(old: Mapping[str, object], new: Mapping[str, object]) -> View:
    """What of `new` is not in `old`, down to single values. A camera that is gone changes the revision."""
    changes: View = {}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            if inner := difference(before, value):
                changes[key] = inner
        elif key not in old or before != value:
            changes[key] = value
    return changes
