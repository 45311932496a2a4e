"""The whole path on each broker: connect, announce, pictures, commands, `offline`, `forget`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.brokers.programs import BROKERS
from tests.support.broker import Broker
from tests.support.daemon import Daemon, configuration, mqttcam_command, pattern_camera
from tests.support.waiting import wait_for

BASE = "mqttcam/yard"
FRONT = f"{BASE}/front"
# A camera whose pictures have more than 8 kB unless they are made smaller.
CAMERA = pattern_camera(size="640x480")
_ATTEMPTS = 8


class OldClient:
    """An MQTT 3.1.1 client: every one of the brokers supports that version."""

    def __init__(self, broker: Broker, *filters: str) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self._ready = threading.Event()
        self._paho = mqtt.Client(CallbackAPIVersion.VERSION2, "tests", protocol=mqtt.MQTTv311)
        self._paho.on_connect = lambda client, *_: client.subscribe([(item, 1) for item in filters])
        self._paho.on_subscribe = lambda *_: self._ready.set()
        self._paho.on_message = lambda _client, _data, m: self.messages.append((m.topic, bytes(m.payload)))
        self._paho.connect(broker.host, broker.port)
        self._paho.loop_start()
        assert self._ready.wait(10), "no SUBACK"

    def close(self) -> None:
        self._paho.disconnect()
        self._paho.loop_stop()

    def publish(self, topic: str, payload: bytes = b"") -> None:
        self._paho.publish(topic, payload, 1).wait_for_publish(10)

    def on(self, topic: str) -> list[bytes]:
        """The payloads on a topic so far."""
        return [payload for name, payload in tuple(self.messages) if name == topic]

    def wait(self, topic: str, *, count: int = 1, timeout: float = 60) -> list[bytes]:
        return wait_for(
            lambda: found if len(found := self.on(topic)) >= count else None, f"{count} on {topic}", timeout
        )

    def result(self, request_id: str) -> dict[str, object]:
        """Send a command; return its result."""

        def find() -> dict[str, object] | None:
            results = [json.loads(payload) for payload in self.on(f"{FRONT}/result")]
            return next((result for result in results if result["request_id"] == request_id), None)

        return wait_for(find, f"the result of {request_id}")

    def takes_a_snapshot(self) -> bool:
        """Request a snapshot until there is one: it is refused while the daemon learns the maximum packet size."""
        for attempt in range(_ATTEMPTS):
            self.publish(f"{FRONT}/cmd/snapshot", json.dumps({"request_id": f"snapshot {attempt}"}).encode())
            if self.result(f"snapshot {attempt}")["ok"]:
                return True
        return False


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    kind = BROKERS[request.param]
    with kind(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def client(broker: Broker) -> Iterator[OldClient]:
    connected = OldClient(broker, f"{BASE}/#", "homeassistant/#")
    yield connected
    connected.close()


def test_the_whole_path(broker: Broker, client: OldClient, tmp_path: Path) -> None:
    config = configuration(broker, tmp_path, cameras={"front": CAMERA})
    can_forget = getattr(broker, "retained_is_found", True)
    with Daemon(tmp_path, config) as daemon:
        client.wait(f"{FRONT}/state")
        assert client.wait("homeassistant/device/mqttcam_yard/config")
        images = client.wait(f"{FRONT}/image", count=5, timeout=90)
        assert all(image.startswith(b"\xff\xd8") for image in images)
        client.publish(f"{FRONT}/set", b'{"brightness": 0.3, "request_id": "set"}')
        assert client.result("set")["ok"] is True
        assert client.takes_a_snapshot(), daemon.log
        assert client.wait(f"{FRONT}/snapshot")[-1].startswith(b"\xff\xd8")
        assert "another client" not in daemon.log
        if can_forget:
            running = mqttcam_command(tmp_path, "forget", "-c", str(daemon.config_file))
            assert running.returncode == 1
            assert "is running" in running.stderr
        code, _ = daemon.stop()
        assert code == 0
    wait_for(lambda: client.on(f"{BASE}/status")[-1] == b"offline", "offline")
    if not can_forget:
        return
    done = mqttcam_command(tmp_path, "forget", "-c", str(daemon.config_file), timeout=60)
    assert done.returncode == 0, done.stderr
    assert client.on(f"{FRONT}/state")[-1] == b""
    assert client.on("homeassistant/device/mqttcam_yard/config")[-1] == b""
