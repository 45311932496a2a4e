"""A node and its cameras as an MQTT client sees them: topics, commands, state."""

from __future__ import annotations

from typing import Any

from tests.support.client import Client, Message, Test
from tests.support.waiting import PATIENCE


class Camera:
    """The topics of one camera."""

    def __init__(self, client: Client, base: str, name: str) -> None:
        self.client = client
        self.name = name
        self.base = f"{base}/{name}"

    def topic(self, *levels: str) -> str:
        """A topic of this camera: `topic("image", "meta")`."""
        return "/".join((self.base, *levels))

    def set(self, patch: dict[str, Any] | str | bytes) -> dict[str, Any]:
        """Send a JSON patch; return the result."""
        return self.client.request(self.topic("set"), patch)

    def set_value(self, key: str, value: str | bytes) -> dict[str, Any]:
        """Send one plain value; return the result."""
        return self.client.request(self.topic("set", key), value)

    def command(self, name: str, payload: str | bytes | dict[str, Any] = b"") -> dict[str, Any]:
        """Send a command; return the result."""
        return self.client.request(self.topic("cmd", name), payload)

    def state(self) -> dict[str, Any]:
        """Request the state; return what is published in response."""
        since = self.client.mark()
        result = self.client.request(self.topic("get"))
        assert result["ok"] is True, result
        values: dict[str, Any] = self.client.wait(self.topic("state"), since=since).json
        return values

    def wait_state(self, timeout: float = PATIENCE, *, since: int = 0, **values: Any) -> dict[str, Any]:
        """Return the first state from index `since` on that has all of `values`."""

        def fits(message: Message) -> bool:
            state = message.json
            return all(key in state and state[key] == value for key, value in values.items())

        found: dict[str, Any] = self.client.wait(self.topic("state"), fits, timeout, since=since).json
        return found

    def wait_availability(self, value: str, *, since: int = 0, timeout: float = PATIENCE) -> Message:
        """Return the first availability from index `since` on that equals `value`."""
        return self.client.wait(self.topic("availability"), lambda m: m.text == value, timeout, since=since)

    def next_image(
        self, test: Test | None = None, timeout: float = PATIENCE
    ) -> tuple[Message, dict[str, Any]]:
        """Return the next picture and its meta."""
        since = self.client.mark()
        image = self.client.wait(self.topic("image"), test, timeout, since=since)
        meta = self.client.wait(self.topic("image", "meta"), since=image.index)
        return image, meta.json


class Node:
    """The topics of one node."""

    def __init__(self, client: Client, name: str = "yard", base_topic: str = "mqttcam") -> None:
        self.client = client
        self.name = name
        self.base = f"{base_topic}/{name}"

    def topic(self, *levels: str) -> str:
        """A topic of this node: `topic("status")`."""
        return "/".join((self.base, *levels))

    def camera(self, name: str = "front") -> Camera:
        """Return a camera of this node."""
        return Camera(self.client, self.base, name)

    def command(self, name: str, payload: str | bytes | dict[str, Any] = b"") -> dict[str, Any]:
        """Send a command to the node; return the result."""
        return self.client.request(self.topic("cmd", name), payload)

    def wait_status(self, value: str, *, since: int = 0, timeout: float = PATIENCE) -> Message:
        """Return the first status from index `since` on that equals `value`."""
        return self.client.wait(self.topic("status"), lambda m: m.text == value, timeout, since=since)

    def wait_online(self, *, since: int = 0, timeout: float = PATIENCE) -> Message:
        """Wait until it is online."""
        return self.wait_status("online", since=since, timeout=timeout)
