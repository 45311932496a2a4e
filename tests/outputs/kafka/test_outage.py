"""Kafka stops, freezes and returns: capture continues, memory is bounded, and the counts add up."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

import psutil
import pytest
from sinetstream.marshal import Unmarshaller
from sinetstream.packet import Packet

from mqttcam.camera.frame import Frame
from mqttcam.outputs.timing import OutputTiming
from tests.outputs.kafka.rig import FakeCapture, make_topic, raw, running_bridge, topic_name
from tests.support.broker import Endpoint
from tests.support.kafka import KafkaBroker
from tests.support.proxy_process import ProxyProcess
from tests.support.waiting import HOST, wait_for

CLIENTS = ["sinetstream", "confluent"]
OUTAGE = {"sinetstream": 36.0, "confluent": 6.0}
"""Seconds, by client; SINETStream's gives up after 30."""


class Watcher:
    """Another output of the same camera."""

    def __init__(self) -> None:
        self.frames = 0

    def wants(self, frame: Frame) -> bool:
        return True

    def deliver(self, frame: Frame) -> None:
        self.frames += 1


def pictures(broker: KafkaBroker, topic: str) -> set[bytes]:
    """The JPEGs in a topic, without repetitions."""
    unmarshal = Unmarshaller().unmarshal
    return {unmarshal(Packet.unpack(message)[1])[1] for message in raw(broker, topic)}


@pytest.mark.parametrize("client", CLIENTS)
def test_killed_for_a_while(real_kafka: KafkaBroker, topic: str, client: str) -> None:
    """20 frames a second of 300 kB, and the broker killed: what does not fit is dropped, the oldest first."""
    outage = OUTAGE[client]
    capture = FakeCapture(20, 300_000, keep=False)
    watcher = Watcher()
    capture.hub.subscribe(watcher)
    queue = {"bytes": 8_000_000, "frames": 100}
    with running_bridge(real_kafka, topic, capture, client=client, queue=queue, fps=15) as bridge, capture:
        bridge.wait_sent(10)
        real_kafka.kill()
        down = capture.taken
        memory = psutil.Process().memory_info().rss
        started = time.monotonic()
        wait_for(lambda: not bridge.report["connected"], "it is shown, long before the client gives up", 20)
        assert bridge.report["problem"]
        time.sleep(started + outage - time.monotonic())
        grown = psutil.Process().memory_info().rss - memory
        during = capture.taken - down
        report = bridge.report
        real_kafka.start()
        after = bridge.sent
        bridge.wait_sent(after + 40)
        capture.__exit__(None, None, None)
        wait_for(
            lambda: not bridge.report["waiting"] and bridge.counted == bridge.report["taken"], "all settled"
        )
        final = bridge.report
    # One queue of 8 MB, what is on its way, and what Python and the client keep.
    assert grown < 60e6
    assert during > 0.5 * 20 * outage
    assert watcher.frames == capture.taken
    assert report["waiting"] <= 27
    assert report["dropped_by"].keys() <= {"overflow"}
    assert report["dropped"] > 0
    assert 0 < report["lag"] < outage + 2
    assert capture.slowest < outage / 3, "the camera waited for Kafka"
    # Captured = left out + delivered + dropped + waiting, of which there is none now.
    assert final["left_out"] > 0
    assert final["left_out"] + final["sent"] + final["dropped"] + final["waiting"] == capture.taken
    assert final["taken"] == final["sent"] + final["dropped"]
    assert final["sent"] <= len(pictures(real_kafka, topic)) <= final["sent"] + 1


@pytest.mark.parametrize("client", CLIENTS)
def test_frozen(real_kafka: KafkaBroker, topic: str, client: str) -> None:
    """A broker that freezes for a moment costs nothing."""
    capture = FakeCapture(20, 20_000)
    with running_bridge(real_kafka, topic, capture, client=client) as bridge, capture:
        bridge.wait_sent(5)
        real_kafka.pause()
        try:
            wait_for(lambda: bridge.report["waiting"] > 30, "frames wait")
            assert bridge.report["lag"] > 0.5
        finally:
            real_kafka.resume()
        wait_for(lambda: bridge.report["lag"] < 0.5, "caught up")
        capture.__exit__(None, None, None)
        bridge.wait_settled()
        assert bridge.report["dropped"] == 0
    assert pictures(real_kafka, topic) == set(capture.jpegs)


def test_frozen_longer_than_the_request(real_kafka: KafkaBroker, topic: str) -> None:
    """What failed is sent again by a new writer: at least once."""
    capture = FakeCapture(5, 20_000)
    with running_bridge(real_kafka, topic, capture, request_timeout_ms=1000) as bridge, capture:
        bridge.wait_sent(3)
        real_kafka.pause()
        try:
            wait_for(lambda: bridge.report["errors"] > 0, "an error")
            wait_for(lambda: bridge.report["connected"] is False, "not connected")
            assert bridge.report["problem"]
        finally:
            real_kafka.resume()
        bridge.wait_connected()
        capture.__exit__(None, None, None)
        bridge.wait_settled()
        assert bridge.report["dropped"] == 0
        assert bridge.report["problem"] is None
    assert pictures(real_kafka, topic) == set(capture.jpegs)


@pytest.mark.parametrize("client", CLIENTS)
def test_not_there_at_the_start(kafka: KafkaBroker, topic: str, client: str) -> None:
    """The daemon neither exits nor blocks: it retries until the broker can be reached; here a proxy opens later."""
    # The first problem may be that there is no answer yet, which `stable` keeps for a while.
    timing = OutputTiming(open=1.0, stable=0.5)
    capture = FakeCapture()
    with ProxyProcess(Endpoint(int(kafka.address().rpartition(":")[2]))) as proxy:
        proxy.command("refuse")
        with running_bridge(
            kafka, topic, capture, timing=timing, brokers=f"{HOST}:{proxy.port}", client=client
        ) as bridge:
            capture.publish(3)
            wait_for(
                lambda: f"no connection to {HOST}:{proxy.port}" in str(bridge.report["problem"]), "a problem"
            )
            assert bridge.output.problems() == {bridge.report["problem"]: ["cam"]}
            assert (bridge.report["connected"], bridge.report["sent"], bridge.report["waiting"]) == (
                False,
                0,
                3,
            )
            proxy.command("admit")
            bridge.wait_sent(3)
            assert (bridge.report["connected"], bridge.report["problem"]) == (True, None)
    assert pictures(kafka, topic) == set(capture.jpegs)


@pytest.mark.parametrize("client", CLIENTS)
def test_on_the_way_is_bounded(real_kafka: KafkaBroker, client: str) -> None:
    """What the client holds is also bounded in bytes: 4K pictures are large, and a Pi is small."""
    large = 4_000_000
    topic = make_topic(real_kafka, topic_name("large"), max_message_bytes=str(large))
    capture = FakeCapture(keep=False)
    with running_bridge(real_kafka, topic, capture, client=client, max_request_size=large) as bridge:
        bridge.wait_connected()
        real_kafka.pause()
        try:
            capture.publish(15, 3_000_000)
            wait_for(lambda: bridge.report["waiting"] <= 14, "some are on the way")
            time.sleep(0.2)
            assert bridge.report["waiting"] + bridge.report["dropped"] >= 12
        finally:
            real_kafka.resume()


def test_topic_that_comes_later(real_kafka: KafkaBroker) -> None:
    """It is named soon; once it is created, the waiting frames are sent there."""
    name = topic_name("missing")
    capture = FakeCapture()
    with running_bridge(real_kafka, name, capture, max_block_ms=500) as bridge:
        capture.publish(3)
        wait_for(lambda: bridge.report["problem"], "a problem")
        assert f"topic {name}" in str(bridge.report["problem"])
        make_topic(real_kafka, name)
        bridge.wait_sent(3)
    assert pictures(real_kafka, name) == set(capture.jpegs)


def test_topic_that_is_deleted(real_kafka: KafkaBroker) -> None:
    """While frames are sent to it: both clients name it in the same words, and send the rest once it is there again."""
    names = {client: make_topic(real_kafka, topic_name("deleted")) for client in CLIENTS}
    captures = {client: FakeCapture(5, 2000) for client in CLIENTS}
    with ExitStack() as stack:
        bridges = {}
        for client, name in names.items():
            capture = captures[client]
            bridges[client] = stack.enter_context(running_bridge(real_kafka, name, capture, client=client))
            stack.enter_context(capture)
            bridges[client].wait_sent(2)
        delete_topics(real_kafka, *names.values())
        for client, bridge in bridges.items():
            wait_for(
                lambda: bridge.report["problem"] == f"the topic {names[client]} does not exist",  # noqa: B023
                f"{client}: a problem",
            )
        for name in names.values():
            make_topic(real_kafka, name)
        for client, bridge in bridges.items():
            bridge.wait_connected()
            captures[client].__exit__(None, None, None)
            bridge.wait_settled()
            assert (bridge.report["dropped"], bridge.report["problem"]) == (0, None)


def delete_topics(broker: KafkaBroker, *names: str) -> None:
    """Delete topics, and return when the broker has done it."""
    from confluent_kafka.admin import AdminClient

    client = AdminClient({"bootstrap.servers": broker.address()})
    for deleted in client.delete_topics(list(names)).values():
        deleted.result(30)


@pytest.mark.parametrize("client", CLIENTS)
def test_stop_is_bounded(
    real_kafka: KafkaBroker, topic: str, client: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Even while the broker is frozen with frames in flight; the log says how many were lost."""
    capture = FakeCapture(size=100_000)
    started = 0.0
    try:
        with running_bridge(real_kafka, topic, capture, client=client) as bridge:
            bridge.wait_connected()
            real_kafka.pause()
            capture.publish(50)
            started = time.monotonic()
        assert time.monotonic() - started < 20
    finally:
        real_kafka.resume()
    assert "stopped, 50 pictures were not sent" in caplog.text


def test_stop_sends_what_it_can(kafka: KafkaBroker, topic: str) -> None:
    capture = FakeCapture(size=20_000)
    with running_bridge(kafka, topic, capture) as bridge:
        bridge.wait_connected()
        capture.publish(10)
    assert pictures(kafka, topic) == set(capture.jpegs)


def test_switch(kafka: KafkaBroker, topic: str) -> None:
    """Switched off, it takes nothing and closes the connection; switched on, it continues."""
    capture = FakeCapture()
    with running_bridge(kafka, topic, capture) as bridge:
        capture.publish(2)
        bridge.wait_sent(2)
        bridge.output.set_enabled("cam", False)
        bridge.wait_connected(False)
        assert bridge.output.is_enabled("cam") is False
        capture.publish(3)
        assert (bridge.report["waiting"], bridge.report["problem"]) == (0, None)
        bridge.output.set_enabled("cam", True)
        bridge.wait_connected()
        capture.publish(4)
        bridge.wait_sent(6)
        assert bridge.report["dropped"] == 0
    assert pictures(kafka, topic) == {*capture.jpegs[:2], *capture.jpegs[5:]}


def test_nobody_waits_for_the_librarys_import(kafka: KafkaBroker, topic: str) -> None:
    """Everything heavy happens in the bridge's thread."""
    before = threading.active_count()
    capture = FakeCapture()
    with running_bridge(kafka, topic, capture) as bridge:
        capture.publish(1)
        bridge.wait_sent(1)
    wait_for(lambda: threading.active_count() <= before, "its threads have ended")
