"""What the soak's own MQTT client sees: pictures, results and health, counted rather than kept."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from tests.support.waiting import HOST


class Observer:
    """Subscribed to everything of one node, again after each lost connection.

    Attributes:
        images: pictures received, by camera.
        results: number of results by request id.
        codes: number of results by error code, `ok` for those without an error.
    """

    def __init__(self, port: int, base: str) -> None:
        self.base = base
        self.images: Counter[str] = Counter()
        self.results: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.subscribed = threading.Event()
        self._changed = threading.Condition()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.max_queued_messages_set(0)
        self._client.reconnect_delay_set(0.2, 0.5)  # type: ignore[arg-type]  # any number of seconds will do
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = lambda *_: self.subscribed.clear()
        self._client.on_subscribe = lambda *_: self.subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect_async(HOST, port)

    def start(self) -> None:
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: str | bytes | dict[str, Any] = b"") -> None:
        """Publish at QoS 1; a dict goes as JSON."""
        self._client.publish(topic, json.dumps(payload) if isinstance(payload, dict) else payload, 1)

    def wait_result(self, request_id: str, timeout: float) -> bool:
        """Return whether the result of a command comes within `timeout` seconds."""
        end = time.monotonic() + timeout
        with self._changed:
            while not self.results[request_id]:
                if (left := end - time.monotonic()) <= 0:
                    return False
                self._changed.wait(left)
        return True

    def _on_connect(
        self, client: paho.Client, data: object, flags: object, reason: ReasonCode, *_: object
    ) -> None:
        if not reason.is_failure:
            client.subscribe(f"{self.base}/#", 1)

    def _on_message(self, client: paho.Client, data: object, message: paho.MQTTMessage) -> None:
        levels = message.topic.removeprefix(f"{self.base}/").split("/")
        if levels[1:] == ["image"] and message.payload and not message.retain:
            self.images[levels[0]] += 1
        elif levels[-1] == "result":
            result = json.loads(message.payload)
            with self._changed:
                self.results[str(result["request_id"])] += 1
                self.codes[result["error"]["code"] if "error" in result else "ok"] += 1
                self._changed.notify_all()
