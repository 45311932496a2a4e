"""Links that are slow, are reset, or carry garbage."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.support.broker import Broker
from tests.support.daemon import pattern_camera
from tests.support.proxy_process import ProxyProcess
from tests.support.results import check_ok
from tests.support.rig import Launch
from tests.support.waiting import wait_for

PATIENCE = 4.0
"""Seconds. A daemon whose messages wait behind its pictures needs ten and more on these links."""

BIG = pattern_camera(size="1920x1080", frame_rate=10, image={"fps": "max", "quality": 95})


@pytest.fixture
def proxy(broker: Broker) -> Iterator[ProxyProcess]:
    """Between a daemon and the broker."""
    with ProxyProcess(broker) as between:
        yield between


def test_commands_and_state_do_not_wait_behind_pictures(launch: Launch, proxy: ProxyProcess) -> None:
    rig = launch(cameras={"front": BIG}, daemon_broker=proxy)
    rig.front.next_image()
    proxy.command("rate 100000")
    for number in range(3):
        began = time.monotonic()
        check_ok(rig.front.set({"brightness": 0.1 + number / 10}), "set")
        rig.front.wait_state(brightness=0.1 + number / 10)
        assert time.monotonic() - began < PATIENCE
    proxy.command("rate 0")


def test_stop_with_pictures_queued_on_a_slow_link(launch: Launch, proxy: ProxyProcess) -> None:
    rig = launch(cameras={"front": BIG}, daemon_broker=proxy)
    rig.front.next_image()
    proxy.command("rate 100000")
    rig.front.state()
    since = rig.mark()
    code, seconds = rig.daemon.stop()
    assert code == 0
    assert seconds < PATIENCE
    rig.node.wait_status("offline", since=since)


def test_stop_on_a_stalled_link(launch: Launch, proxy: ProxyProcess) -> None:
    rig = launch(cameras={"front": BIG}, daemon_broker=proxy)
    rig.front.next_image()
    proxy.command("stall")
    since = rig.mark()
    code, seconds = rig.daemon.stop()
    proxy.command("cut")
    assert code == 0
    assert seconds < PATIENCE
    rig.node.wait_status("offline", since=since)


def test_pictures_continue_after_a_reset_of_the_connection(launch: Launch, proxy: ProxyProcess) -> None:
    rig = launch(daemon_broker=proxy)
    rig.front.next_image()
    for _ in range(3):
        since = rig.mark()
        proxy.command("cut")
        gone = rig.node.wait_status("offline", since=since)
        rig.node.wait_online(since=gone.index)
        rig.front.next_image()
    check_ok(rig.front.set({"brightness": 0.1}), "set")
    assert "Traceback" not in rig.daemon.log


@pytest.mark.parametrize(
    "garbage",
    [
        "ff" * 64,
        "30ffffffffff",
        "320800036162630001c328",
        "2000",
        "9003ffff00",
        "4002ffff",
    ],
    ids=[
        "noise",
        "endless length",
        "topic that is no UTF-8",
        "empty CONNACK",
        "strange SUBACK",
        "strange PUBACK",
    ],
)
def test_garbage_from_the_broker_costs_only_the_connection(
    launch: Launch, proxy: ProxyProcess, garbage: str
) -> None:
    """One broken packet, then noise, so that the connection is lost at the latest then."""
    rig = launch(daemon_broker=proxy)
    rig.front.next_image()
    proxy.command(f"inject {garbage}")
    proxy.command("inject " + "ff" * 512)
    rig.front.next_image()
    check_ok(rig.front.set({"brightness": 0.1}), "set")
    assert rig.daemon.alive
    assert "Traceback" not in rig.daemon.log


def test_the_daemon_retries_until_the_broker_accepts_connections(launch: Launch, proxy: ProxyProcess) -> None:
    proxy.command("refuse")
    rig = launch(daemon_broker=proxy, online=False)
    wait_for(lambda: "trying again" in rig.daemon.log, "the failed attempt is logged")
    assert rig.daemon.alive
    proxy.command("admit")
    rig.node.wait_online(timeout=60)
    rig.front.next_image()
