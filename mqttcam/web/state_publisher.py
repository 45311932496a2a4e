"""The state of all cameras and the node, published to update streams. Each subscriber receives only what changed."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import orjson
from msgspec.structs import asdict

from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.describe import describe_entity
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.entities.node import NODE
from mqttcam.devices.observer import NodeObserver
from mqttcam.recordings.library import Library
from mqttcam.web.snapshot_history import SnapshotHistory
from mqttcam.web.timing import Timing

State = dict[str, object]
"""A nested JSON object."""


class StatePublisher(NodeObserver):
    """Builds the state once for all subscribers, and only while there are any.

    Attributes:
        closed: whether the server is stopping; subscribers should end.
    """

    def __init__(
        self,
        registry: DeviceRegistry,
        viewers_of: Callable[[CameraDevice], int],
        history: SnapshotHistory,
        library: Library | None,
        timing: Timing,
    ) -> None:
        self._registry = registry
        self._viewers_of = viewers_of
        self._history = history
        self._library = library
        self._timing = timing
        self._subscribers: set[asyncio.Event] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._state: State = {}
        self._numbers: WeakKeyDictionary[CameraDevice, int] = WeakKeyDictionary()
        self._next_number = itertools.count()
        self.closed = False
        registry.node.attach(self)

    def __len__(self) -> int:
        """Return the number of subscribers."""
        return len(self._subscribers)

    @property
    def state(self) -> State:
        """The present state. It is replaced, never modified."""
        return self._state

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Event]:
        """Yield an event that is set after each change of `state`, and at `close`."""
        changed = asyncio.Event()
        self._subscribers.add(changed)
        self._refresh()
        try:
            yield changed
        finally:
            self._subscribers.discard(changed)
            if not self._subscribers:
                self._schedule(None)

    def changed(self) -> None:
        """Refresh the state soon. Changes in quick succession become one update."""
        if self._subscribers:
            due = asyncio.get_running_loop().time() + self._timing.coalesce
            if self._timer is None or self._timer.when() > due:
                self._schedule(self._timing.coalesce)

    def close(self) -> None:
        """Wake every subscriber for the last time."""
        self.closed = True
        self._schedule(None)
        for changed in self._subscribers:
            changed.set()

    def _schedule(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = None if seconds is None else loop.call_later(seconds, self._refresh)

    def _refresh(self) -> None:
        self._schedule(None if self.closed else self._timing.refresh)
        state = self._build()
        if state != self._state:
            self._state = state
            for changed in self._subscribers:
                changed.set()

    def _build(self) -> State:
        devices = self._registry.devices
        return {
            "revision": revision(devices),
            "problems": self._registry.health.notices(),
            "trouble": [asdict(problem) for problem in self._registry.health.trouble()],
            # Changes with the recordings: what shows them reads them again.
            "events": 0 if self._library is None else self._library.changes,
            "node": state_of(NODE, self._registry.node),
            "cameras": {camera_id: self._camera(device) for camera_id, device in devices.items()},
        }

    def _camera(self, device: CameraDevice) -> State:
        if device not in self._numbers:
            self._numbers[device] = next(self._next_number)
        return {
            # Another number under the same id: the device was replaced, and its streams have ended.
            "device": self._numbers[device],
            "status": device.camera.status.value,
            "last_error": device.camera.last_error,
            "viewers": self._viewers_of(device),
            "snapshots": self._history.list(device.id),
            "state": state_of(camera_entities(device), device),
        }


def _areas(device: CameraDevice) -> object:
    """Return the zones and masks of a camera, cheaply, as something that changes with them."""
    if device.motion is None:
        return None
    zones, masks = device.motion.areas
    return [(name, zone.points, zone.threshold) for name, zone in zones.items()], [
        mask.points for mask in masks
    ]


def revision(devices: Mapping[str, CameraDevice]) -> str:
    """Return a hash of the cameras with their entities and areas, from which the page is built."""
    structure = {
        camera_id: [
            device.name,
            device.resolution,
            _areas(device),
            *(describe_entity(device, entity) for entity in camera_entities(device)),
        ]
        for camera_id, device in devices.items()
    }
    return hashlib.sha256(orjson.dumps(structure)).hexdigest()[:16]


def difference(old: Mapping[str, object], new: Mapping[str, object]) -> State:
    """Return the values of `new` that `old` lacks or has otherwise, in nested objects too.

    Removed keys are left out: only a removed camera or zone removes any, and that changes the revision.
    """
    changes: State = {}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            if inner := difference(before, value):
                changes[key] = inner
        elif key not in old or before != value:
            changes[key] = value
    return changes
