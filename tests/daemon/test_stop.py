"""The end of the process by SIGTERM, SIGINT or SIGKILL, with a broker that works, is frozen, slow or gone."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.support.broker import Broker, Mosquitto
from tests.support.daemon import Daemon, configuration, pattern_camera
from tests.support.rig import Launch, Rig
from tests.support.waiting import wait_for

LIMIT = 2.0
MACHINE = 1.5
"""Seconds that a busy machine may add to the two that are promised."""

BIG = pattern_camera(size="1920x1080", frame_rate=10, image={"fps": "max", "quality": 95})


def _status(rig: Rig) -> str:
    return rig.retained()[rig.node.topic("status")].text


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_clean_stop(launch: Launch, how: signal.Signals) -> None:
    rig = launch()
    rig.front.next_image()
    code, seconds = rig.daemon.stop(how)
    assert code == 0
    assert seconds < LIMIT + MACHINE
    assert _status(rig) == "offline"
    last = rig.client.wait(rig.node.topic("status"), lambda m: m.text == "offline")
    assert not rig.client.on(rig.front.topic("image"), last.index), "no picture after offline"
    assert "Traceback" not in rig.daemon.log


def test_offline_is_published_before_a_disconnect(launch: Launch, broker: Mosquitto) -> None:
    rig = launch()
    rig.daemon.stop()
    rig.client.wait(rig.node.topic("status"), lambda m: m.text == "offline")
    ended = [line for line in broker.log.splitlines() if f"mqttcam-{rig.node.name} " in line][-1]
    assert "disconnected" in ended, "a DISCONNECT packet, not a broken connection"


def test_kill_leaves_the_will(launch: Launch) -> None:
    rig = launch()
    since = rig.mark()
    rig.daemon.kill()
    rig.node.wait_status("offline", since=since)
    assert _status(rig) == "offline"


def test_stop_while_pictures_wait_for_a_frozen_broker(launch: Launch, broker: Broker) -> None:
    rig = launch(cameras={"front": BIG})
    rig.front.next_image()
    since = rig.mark()
    broker.pause()
    try:
        code, seconds = rig.daemon.stop()
    finally:
        broker.resume()
    assert code == 0
    assert seconds < LIMIT + MACHINE
    rig.node.wait_status("offline", since=since)


def test_stop_without_a_broker(launch: Launch, broker: Broker) -> None:
    rig = launch()
    with rig.client.reconnecting():
        broker.stop()
        try:
            code, seconds = rig.daemon.stop()
        finally:
            broker.start()
    assert code == 0
    assert seconds < LIMIT + MACHINE


def test_stop_before_the_first_connection(broker: Broker, tmp_path: Path) -> None:
    broker.pause()
    try:
        with Daemon(tmp_path, configuration(broker, tmp_path)) as daemon:
            wait_for(lambda: daemon.log, "a first word")
            code, seconds = daemon.stop()
    finally:
        broker.resume()
    assert code == 0
    assert seconds < LIMIT + MACHINE


def test_stop_while_starting(launch: Launch) -> None:
    rig = launch(online=False)
    code, seconds = rig.daemon.stop()
    assert code in (0, -signal.SIGTERM)
    assert seconds < LIMIT + MACHINE


def test_a_second_signal_changes_nothing(launch: Launch) -> None:
    rig = launch()
    rig.daemon.send_signal(signal.SIGTERM)
    code, _ = rig.daemon.stop()
    assert code in (0, -signal.SIGTERM)
    assert _status(rig) == "offline"
