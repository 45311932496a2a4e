"""When discovery is published: at each connection and birth message. Devices that a user deleted stay deleted."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping, Set
from functools import partial
from typing import Any, Protocol

import orjson

import ha_discovery as ha
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.node import Node
from mqttcam.home_assistant.discovery import (
    camera_discovery,
    camera_object_id,
    config_topic,
    node_discovery,
    node_object_id,
)
from mqttcam.mqtt.topics import Topics

log = logging.getLogger(__name__)

_MAX_BIRTH_DELAY = 5.0
"""Seconds; a random delay, so that not all nodes answer the birth message of Home Assistant at once: the answers of a
hundred keep it busy for a second on a PC, and for several on a Raspberry Pi."""
_STEP_DELAY = 1.0
"""Seconds for Home Assistant to act on a message before the next one of the same device."""
_RETAINED_WITHIN = 2.0
"""Seconds after which the retained messages of earlier runs have come."""


class Publish(Protocol):
    """The signature of `Connection.publish` that is needed here."""

    def __call__(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> object: ...


Later = Callable[[float, Callable[[], None]], object]
"""`loop.call_later`."""


class Announcer:
    """Publishes the discovery messages of this node.

    It also reads their topics. The retained message of an earlier run shows which entities no longer exist; an empty
    message shows that the user has deleted the device, which is respected until `forget_deletions`.
    """

    def __init__(self, publish: Publish, later: Later, topics: Topics, prefix: str, node: Node) -> None:
        self._publish = publish
        self._later = later
        self._topics = topics
        self.prefix = prefix
        self._node = node
        self._own = f'"{topics.root}/'.encode()
        self._deleted: set[str] = set()
        self._disputed: set[str] = set()
        self._known: dict[str, dict[str, dict[str, Any]]] = {}
        self._current: dict[str, tuple[ha.DeviceDiscovery, bool]] = {}
        self._kept: set[str] = set()
        self._checks_links = self._node_was_missing = False
        self._unlinked: set[str] = set()

    def config_topic(self, object_id: str) -> str:
        """Return the topic of a device's discovery message."""
        return config_topic(self.prefix, object_id)

    def birth_delay(self) -> float:
        """Return the seconds to wait before answering a birth message."""
        return random.uniform(0, _MAX_BIRTH_DELAY)

    def announce_node(self) -> None:
        """Publish the node's device. It comes before its cameras, whose devices refer to it."""
        if not self._checks_links:
            self._checks_links = True
            self._later(_RETAINED_WITHIN, self._check_links)
        self._announce(node_object_id(self._node.id), node_discovery(self._node, self._topics), True)

    def announce(self, device: CameraDevice) -> None:
        """Publish a camera's device with the entities that it has now."""
        object_id = camera_object_id(self._node.id, device.id)
        self._announce(object_id, camera_discovery(device, self._node, self._topics), device.camera.complete)

    def remove(self, camera_id: str) -> None:
        """Remove a camera's device from Home Assistant."""
        object_id = camera_object_id(self._node.id, camera_id)
        self._known.pop(object_id, None)
        self._current.pop(object_id, None)
        self._deleted.discard(object_id)
        self._publish(self.config_topic(object_id), b"", qos=1, retain=True)

    def forget_deletions(self) -> None:
        """Publish deleted devices again from now on."""
        if node_object_id(self._node.id) in self._deleted:
            self._unlinked |= self._current.keys()
        self._deleted.clear()

    def received(self, object_id: str, payload: bytes, *, live: bool = False) -> None:
        """Handle a message on the topic of a device; `live` if it is not a retained one of the past."""
        if live and payload and self._own not in payload:
            self._log_disputed(object_id)
            return
        if not payload:
            if object_id not in self._deleted:
                self._deleted.add(object_id)
                self._current.pop(object_id, None)
                log.info(
                    "%s: deleted in Home Assistant, not announced again until the next start or rediscover",
                    object_id,
                )
            return
        if not live and object_id not in self._kept:
            self._kept.add(object_id)
            if self._node_was_missing:
                self._link_again({object_id})
        components = _components(payload)
        known = self._known.setdefault(object_id, {})
        news = {key: part for key, part in components.items() if key not in known and len(part) > 1}
        known.update(news)
        if news and object_id in self._current:
            self._announce(object_id, *self._current[object_id])

    def _check_links(self) -> None:
        """Link the cameras to the node's device again if the broker had their messages, but none of the node.

        The user has deleted the node's device while no daemon was running; it is a new one now.
        """
        self._node_was_missing = node_object_id(self._node.id) not in self._kept
        if self._node_was_missing:
            self._link_again(self._kept)

    def _link_again(self, object_ids: Set[str]) -> None:
        self._unlinked |= object_ids
        for object_id in self._current.keys() & object_ids:
            self._announce(object_id, *self._current[object_id])

    def _log_disputed(self, object_id: str) -> None:
        """Log once that another node has the same id: that of camera `b` of node `a` is that of node `a_b`."""
        if object_id not in self._disputed:
            self._disputed.add(object_id)
            log.error(
                "%s: also announced by another node; rename the node or the camera on one of them", object_id
            )

    def _announce(self, object_id: str, new: ha.DeviceDiscovery, complete: bool) -> None:
        if object_id in self._deleted:
            return
        current = self._current[object_id] = (new, complete)
        known = self._known.get(object_id, {})
        payload = new.payload()
        if complete:
            steps = [step.payload() for step in ha.update_steps({"cmps": known}, new)]
            if steps[-1] != payload:
                steps.append(payload)
        else:
            # The controls are unknown until the camera was opened, its readings until frames have come. Those that
            # were announced earlier still exist.
            payload["cmps"] = {**known, **payload["cmps"]}
            steps = [payload]
        if object_id in self._unlinked and "via_device" in payload["dev"]:
            # Home Assistant looks for the node's device only when a message differs from the last one.
            self._unlinked.discard(object_id)
            device = {key: value for key, value in payload["dev"].items() if key != "via_device"}
            steps.insert(0, {**steps[0], "dev": device})
        self._known[object_id] = payload["cmps"]
        self._send(object_id, steps[0])
        for number, step in enumerate(steps[1:], 1):
            self._later(number * _STEP_DELAY, partial(self._send_unless_over, object_id, step, current))

    def _send_unless_over(
        self, object_id: str, payload: Mapping[str, Any], of: tuple[ha.DeviceDiscovery, bool]
    ) -> None:
        """Publish a later step, unless the device was announced again, removed or deleted meanwhile."""
        if self._current.get(object_id) is of:
            self._send(object_id, payload)

    def _send(self, object_id: str, payload: Mapping[str, Any]) -> None:
        self._publish(self.config_topic(object_id), orjson.dumps(payload), qos=1, retain=True)


def _components(payload: bytes) -> dict[str, dict[str, Any]]:
    """Return the components of a discovery message by key; empty if it is not valid."""
    try:
        data = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {}
    components = data.get("cmps", data.get("components")) if isinstance(data, dict) else None
    if not isinstance(components, dict):
        return {}
    return {key: part for key, part in components.items() if isinstance(part, dict)}
