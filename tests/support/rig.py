"""A broker, a daemon on it, and a client that receives all of the daemon's messages from the start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.broker import Broker, Endpoint
from tests.support.client import Client, Message, retained
from tests.support.daemon import Daemon, configuration
from tests.support.node import Camera, Node
from tests.support.waiting import wait_for


@dataclass(frozen=True)
class Rig:
    """A running broker, daemon and client."""

    broker: Broker
    daemon: Daemon
    client: Client
    node: Node

    @property
    def front(self) -> Camera:
        """The first camera of the usual configuration."""
        return self.node.camera("front")

    def retained(self, *filters: str) -> dict[str, Message]:
        """Return the retained messages of this node, or those that match `filters`."""
        return retained(self.broker, *(filters or (f"{self.node.base}/#",)))

    def discovery(self) -> dict[str, Any]:
        """Return the retained discovery payloads of this node."""
        mine = f"mqttcam_{self.node.name}"
        held = retained(self.broker, "homeassistant/device/+/config")
        return {topic: m.json for topic, m in held.items() if f"/{mine}/" in topic or f"/{mine}_" in topic}

    def mark(self) -> int:
        """For `since`."""
        return self.client.mark()


Launch = Callable[..., Rig]
"""Starts one more daemon; its arguments are those of `rig`."""


@contextmanager
def rig(
    broker: Broker,
    directory: Path,
    *,
    node: str = "yard",
    cameras: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    daemon_broker: Endpoint | None = None,
    online: bool = True,
    **sections: Any,
) -> Iterator[Rig]:
    """Start a daemon for the block; `online` waits until it and its test patterns say so.

    Args:
        sections: merged into the configuration.
        daemon_broker: what the daemon connects to, where that is not `broker` itself (a proxy before it).
    """
    config = configuration(daemon_broker or broker, directory, node=node, cameras=cameras, **sections)
    prefix = config.get("home_assistant", {}).get("discovery_prefix", "homeassistant")
    base_topic = config["mqtt"].get("base_topic", "mqttcam")
    mine = Node(Client(broker, f"{base_topic}/{node}/#", f"{prefix}/#"), node, base_topic)
    with mine.client as client, Daemon(directory, config, env=env) as daemon:
        if online:
            wait_for(lambda: client.on(mine.topic("status")) or not daemon.alive, "the daemon is online")
            assert daemon.alive, f"the daemon ended at once:\n{daemon.log[-3000:]}"
            mine.wait_online()
            for name, camera in config["cameras"].items():
                if camera["source"]["type"] == "test_pattern" and camera.get("enabled", True):
                    mine.camera(name).wait_availability("online")
        yield Rig(broker, daemon, client, mine)
