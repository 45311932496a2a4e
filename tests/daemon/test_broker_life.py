"""Brokers that restart, lose everything, start late or freeze; and the birth message of Home Assistant."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.support.broker import Broker, Mosquitto
from tests.support.daemon import Daemon, configuration
from tests.support.pictures import size_of
from tests.support.rig import Launch, Rig, rig
from tests.support.waiting import wait_for

VOLATILE = {"health"}
FROZEN = 3.0


def _stable(running: Rig) -> dict[str, object]:
    """Return what is retained of the node, except values that change by themselves."""
    held: dict[str, object] = {
        topic: sorted(m.json) if topic.endswith("/state") else m.payload
        for topic, m in running.retained().items()
        if topic.rpartition("/")[2] not in VOLATILE
    }
    return held | running.discovery()


def test_everything_is_published_again_after_the_broker_lost_it(launch: Launch, broker: Broker) -> None:
    running = launch()
    running.front.next_image()
    before = _stable(running)
    since = running.mark()
    with running.client.reconnecting():
        broker.restart(wipe=True)
    running.node.wait_online(since=since)
    running.front.next_image()
    wait_for(lambda: _stable(running) == before, "the same retained messages as before")
    assert running.front.set({"brightness": 0.1})["ok"]


def test_the_daemon_reconnects_to_a_killed_broker(launch: Launch, broker: Broker) -> None:
    running = launch()
    since = running.mark()
    with running.client.reconnecting():
        broker.kill()
        broker.start()
    running.node.wait_online(since=since)
    running.front.next_image()
    assert running.daemon.alive


def test_the_daemon_starts_without_a_broker(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "broker")
    with Daemon(tmp_path / "daemon", configuration(broker, tmp_path / "daemon")) as daemon:
        wait_for(lambda: str(broker.port) in daemon.log, "the log names the broker that is not there")
        assert daemon.alive
        with broker, rig(broker, tmp_path / "second", node="other") as other:
            other.client.subscribe("mqttcam/yard/#")
            other.client.wait("mqttcam/yard/status", lambda m: m.text == "online")
            other.client.wait("mqttcam/yard/front/image")
            assert daemon.alive


def test_a_frozen_broker_gets_no_old_pictures(launch: Launch, broker: Broker) -> None:
    running = launch()
    _, before = running.front.next_image()
    broker.pause()
    try:
        time.sleep(FROZEN)  # frames must pass meanwhile, and only time shows that
    finally:
        broker.resume()
    since = running.mark()
    fresh = running.client.wait_many(running.front.topic("image", "meta"), 6, since=since)
    times = [m.json["ts"] for m in fresh]
    assert times == sorted(times)
    assert times[-1] > before["ts"] + FROZEN - 1
    stale = [ts for ts in times if ts < times[-1] - 2]
    assert len(stale) <= 3, "pictures of the time when nothing moved are not kept for later"


def test_everything_is_published_again_at_the_birth_of_home_assistant(launch: Launch) -> None:
    running = launch()
    running.front.next_image()
    before = running.discovery()
    since = running.mark()
    running.client.publish("homeassistant/status", "online")
    for topic, discovery in before.items():
        assert running.client.wait(topic, since=since).json == discovery
    running.front.wait_availability("online", since=since)
    running.client.wait(running.front.topic("state"), since=since)
    running.node.wait_online(since=since)
    picture = running.client.wait(running.front.topic("image"), since=since)
    assert size_of(picture.payload) == (320, 240)


def test_other_payloads_on_the_birth_topic_are_ignored(launch: Launch) -> None:
    running = launch()
    running.front.next_image()
    topic = next(iter(running.discovery()))
    since = running.mark()
    for payload in ("offline", "", b"\xff", json.dumps({"a": 1})):
        running.client.publish("homeassistant/status", payload)
    running.front.state()
    assert not running.client.on(topic, since)
    assert running.daemon.alive


def test_a_birth_topic_of_ones_own(launch: Launch) -> None:
    running = launch(home_assistant={"birth_topic": "hass/birth"})
    device = f"homeassistant/device/mqttcam_{running.node.name}_front/config"
    running.client.wait(device)
    since = running.mark()
    running.client.publish("hass/birth", "online")
    running.client.wait(device, since=since)


def test_birth_topic_follows_the_prefix(launch: Launch) -> None:
    running = launch(home_assistant={"discovery_prefix": "ha"})
    device = f"ha/device/mqttcam_{running.node.name}_front/config"
    running.client.wait(device)
    since = running.mark()
    running.client.publish("ha/status", "online")
    running.client.wait(device, since=since)
