"""`mqttcam demo`, and the embedded broker of a configuration."""

from __future__ import annotations

import json
import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import paho.mqtt.client as mqtt
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from mqttcam.cli.demo import usual_web_host
from mqttcam.web.address import lan_address
from tests.support.daemon import Daemon, mqttcam_command, pattern_camera
from tests.support.left_out import leave_out
from tests.support.pictures import size_of
from tests.support.processes import has_ended
from tests.support.waiting import HOST, free_port, wait_for

pytest.importorskip("iotcore", reason="the demo needs the extra `demo`")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """The demo on free ports."""
    directory = tmp_path_factory.mktemp("demo")
    with Daemon(directory, arguments=["demo", "--mqtt-port", "0", "--web-port", "0"]) as daemon:
        wait_for(lambda: _mqtt_port(daemon) or not daemon.alive, "it prints what to subscribe to")
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
    with urllib.request.urlopen(address.group(), timeout=60) as answer:
        assert answer.status == 200


def test_a_bounce_of_the_ball_is_recorded_with_the_seconds_before_it(demo: Daemon) -> None:
    pytest.importorskip("av", reason="recordings need the extra `video`")
    link = _link(demo)
    page = link._replace(fragment="").geturl()
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {link.fragment.partition('=')[2]}",
    }

    def ask(path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(f"{page}{path}", body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: bytes = answer.read()
            return found

    def clip() -> str | None:
        return next((event["clip"] for event in json.loads(ask("api/events"))["events"]), None)

    # The detector knows the picture at rest by then.
    wait_for(lambda: json.loads(ask("api/cameras/test/state"))["motion"] == "OFF", "the motion sensor")
    ask("api/cameras/test/cmd/bounce", b"{}")
    address = wait_for(clip, "an event with a clip", interval=0.2)
    assert ask(address[1:])[4:8] == b"ftyp"


def _listening_on(daemon: Daemon) -> dict[int, str]:
    """The addresses that the daemon and its children listen on, by port."""
    processes = [psutil.Process(daemon.pid), *psutil.Process(daemon.pid).children(recursive=True)]
    return {
        c.laddr.port: c.laddr.ip
        for p in processes
        for c in p.net_connections()
        if c.status == psutil.CONN_LISTEN
    }


def _link(daemon: Daemon) -> SplitResult:
    found = re.search(r"http://\S+", daemon.log)
    assert found, daemon.log
    return urlsplit(found.group())


def test_its_broker_listens_on_loopback_only(demo: Daemon) -> None:
    port = _mqtt_port(demo)
    assert port
    assert _listening_on(demo)[port] == HOST


def _ask(address: str, body: bytes | None = None, token: str = "") -> int:
    """The status of a request."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_other_machines_see_the_picture_and_change_it_with_the_printed_link_only(tmp_path: Path) -> None:
    lan = lan_address()
    if lan is None:
        leave_out("this machine has no address in a network")
    arguments = ["demo", "--mqtt-port", "0", "--web-port", "0", "--web-host", "0.0.0.0"]
    with Daemon(tmp_path, arguments=arguments) as daemon:
        wait_for(lambda: _mqtt_port(daemon) or not daemon.alive, "it prints what to open")
        link = _link(daemon)
        name, _, token = link.fragment.partition("=")
        assert (link.hostname, name) == (lan, "token")
        assert _listening_on(daemon)[link.port or 0] == "0.0.0.0"
        page = f"http://{link.netloc}"
        change = f"{page}/api/cameras/test/set", b'{"brightness": 0.1}'
        wait_for(lambda: _ask(f"{page}/photo_feed") == 200, "a picture without the token")
        assert _ask(*change) == 401
        assert _ask(*change, "guessed-guessed-guessed") == 401
        assert _ask(*change, token) == 200
        assert _ask(f"http://{HOST}:{link.port}/api/cameras/test/set", change[1]) == 200


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("192.168.1.20", "0.0.0.0"),
        ("10.0.0.5", "0.0.0.0"),
        ("93.184.216.34", HOST),
        (None, HOST),
    ],
)
def test_in_a_public_network_the_page_is_for_this_machine_alone(address: str | None, host: str) -> None:
    assert usual_web_host(address) == host


def test_on_loopback_nobody_needs_a_token(tmp_path: Path) -> None:
    arguments = ["demo", "--mqtt-port", "0", "--web-port", "0", "--web-host", HOST]
    with Daemon(tmp_path, arguments=arguments) as daemon:
        wait_for(lambda: _mqtt_port(daemon) or not daemon.alive, "it prints what to open")
        link = _link(daemon)
        assert (link.hostname, link.fragment) == (HOST, "")
        assert set(_listening_on(daemon).values()) == {HOST}


def test_a_host_that_is_no_address_is_refused(tmp_path: Path) -> None:
    done = mqttcam_command(tmp_path, "demo", "--web-host", "everywhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mqttcam: --web-host everywhere: is not an address; allowed: ")


def test_its_broker_ends_with_it(demo: Daemon) -> None:
    family = psutil.Process(demo.pid).children(recursive=True)
    code, _ = demo.stop()
    assert code == 0
    wait_for(lambda: all(has_ended(child) for child in family), "its children end too")
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
        wait_for(lambda: _listening(daemon, port), "the broker listens")
        size_of(_first_picture(port, "mqttcam/alone/front/image"))
        code, _ = daemon.stop()
        assert code == 0


def _listening(daemon: Daemon, port: int) -> bool:
    assert daemon.alive, daemon.log
    return port in _listening_on(daemon)


def test_a_free_port_replaces_a_usual_one_that_is_in_use(tmp_path: Path) -> None:
    taken = ExitStack()
    with suppress(OSError):  # by somebody else: as good
        taken.enter_context(socket.create_server((HOST, 1883)))
    with taken, Daemon(tmp_path, arguments=["demo", "--web-port", "0"]) as daemon:
        wait_for(lambda: _mqtt_port(daemon) or not daemon.alive, "it prints what to subscribe to")
        assert daemon.alive, daemon.log
        assert _mqtt_port(daemon) != 1883
