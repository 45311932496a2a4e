"""`mqttcam demo`, and the embedded broker of a configuration."""

from __future__ import annotations

import re
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.daemon import Daemon, pattern_camera
from tests.support.pictures import size_of
from tests.support.waiting import HOST, free_port, wait_for

pytest.importorskip("iotcore", reason="the demo needs the extra `demo`")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """The demo on free ports."""
    directory = tmp_path_factory.mktemp("demo")
    with Daemon(directory, arguments=["demo", "--mqtt-port", "0", "--web-port", "0"]) as daemon:
        wait_for(lambda: _mqtt_port(daemon) or not daemon.alive, "it prints what to subscribe to", 20)
        assert daemon.alive, daemon.log
        yield daemon


def _mqtt_port(daemon: Daemon) -> int | None:
    found = re.search(r"mosquitto_sub\b.*?-p (\d+)", daemon.log)
    return int(found.group(1)) if found else None


def _first_picture(port: int, topic: str) -> bytes:
    """Return what `mosquitto_sub`, which speaks 3.1.1, would receive."""
    came = threading.Event()
    picture: list[bytes] = []

    def on_connect(client: mqtt.Client, *_: Any) -> None:
        client.subscribe(topic)

    def on_message(client: mqtt.Client, data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic.endswith("/image"):
            picture.append(bytes(message.payload))
            came.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
    client.on_connect = on_connect
    client.on_message = on_message
    client.connect(HOST, port)
    client.loop_start()
    try:
        assert came.wait(15), "no picture"
    finally:
        client.disconnect()
        client.loop_stop()
    return picture[0]


def test_the_printed_command_receives_pictures(demo: Daemon) -> None:
    line = re.search(r"mosquitto_sub\b.*", demo.log)
    assert line
    topic = re.search(r"-t ['\"]?([^'\"\s]+)", line.group())
    assert topic
    port = _mqtt_port(demo)
    assert port
    size_of(_first_picture(port, topic.group(1)))


def test_the_printed_page_opens(demo: Daemon) -> None:
    address = re.search(r"http://[\w.]+:\d+\S*", demo.log)
    assert address, "what to open"
    with urllib.request.urlopen(address.group(), timeout=10) as answer:
        assert answer.status == 200


def test_it_listens_on_loopback_only(demo: Daemon) -> None:
    processes = [psutil.Process(demo.pid), *psutil.Process(demo.pid).children(recursive=True)]
    listening = [c.laddr.ip for p in processes for c in p.net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening
    assert set(listening) == {HOST}


def test_its_broker_ends_with_it(demo: Daemon) -> None:
    family = psutil.Process(demo.pid).children(recursive=True)
    code, _ = demo.stop()
    assert code == 0
    wait_for(lambda: not any(child.is_running() for child in family), "its children end too")
    assert "Traceback" not in demo.log


def test_the_embedded_broker_can_be_configured(tmp_path: Path) -> None:
    port = free_port()
    config = {
        "node": "alone",
        "broker": {"enabled": True, "port": port},
        "state_dir": str(tmp_path / "state"),
        "cameras": {"front": pattern_camera()},
    }
    with Daemon(tmp_path, config) as daemon:
        wait_for(lambda: _listening(daemon, port), "the broker listens", 15)
        size_of(_first_picture(port, "mqttcam/alone/front/image"))
        code, _ = daemon.stop()
        assert code == 0


def _listening(daemon: Daemon, port: int) -> bool:
    assert daemon.alive, daemon.log
    processes = [psutil.Process(daemon.pid), *psutil.Process(daemon.pid).children(recursive=True)]
    return any(
        c.laddr.port == port for p in processes for c in p.net_connections() if c.status == psutil.CONN_LISTEN
    )


def test_a_free_port_replaces_a_usual_one_that_is_in_use(tmp_path: Path) -> None:
    taken = ExitStack()
    with suppress(OSError):  # by somebody else: as good
        taken.enter_context(socket.create_server((HOST, 1883)))
    with taken, Daemon(tmp_path, arguments=["demo", "--web-port", "0"]) as daemon:
        wait_for(lambda: _mqtt_port(daemon) or not daemon.alive, "it prints what to subscribe to", 20)
        assert daemon.alive, daemon.log
        assert _mqtt_port(daemon) != 1883
