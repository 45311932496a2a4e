"""How problems are reported: in `health`, in the log once, and that they are over."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest

from mqttcam.camera.frame import PictureSpec
from mqttcam.outputs.bridge import Bridge
from mqttcam.outputs.connection_status import ConnectionStatus
from mqttcam.outputs.output import CameraFeed
from mqttcam.outputs.queue import FrameQueue, QueuedMessage
from mqttcam.outputs.timing import OutputTiming
from mqttcam.outputs.writer import DeliveryReport, ReportProblem
from mqttcam.settings.outputs import OutputSettings
from tests.outputs.kafka.rig import OF_ALL, FakeCapture, RunningBridge, running_bridge
from tests.support.kafka import GUEST, NOBODY, PASSWORD, USER, KafkaBroker
from tests.support.waiting import wait_for

CLIENTS = ["sinetstream", "confluent"]


def problem(bridge: RunningBridge, *words: str) -> str:
    """The problem that is shown, once it has all of `words`."""

    def fits() -> str | None:
        shown = str(bridge.report["problem"])
        return shown if all(word.lower() in shown.lower() for word in words) else None

    return wait_for(fits, f"a problem with {words}, not {bridge.report['problem']}")


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Ours; pytest hears the libraries' too, which the daemon's log does not."""
    ours = (record for record in caplog.records if record.name.startswith("mqttcam"))
    return [record.getMessage() for record in ours if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("may", ["nothing", "READ"])
def test_topic_without_permission(
    real_kafka: KafkaBroker, topic: str, client: str, may: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the connection is like, no connection is reported once, with the reason."""
    if may != "nothing":
        allow(real_kafka, topic, may)
    login: dict[str, Any] = {
        "sasl_mechanism": "PLAIN", "sasl_plain_username": GUEST, "sasl_plain_password": PASSWORD,
    }  # fmt: skip
    login |= {"max_block_ms": 500, "brokers": real_kafka.address("sasl")}
    with running_bridge(real_kafka, topic, client=client, **login) as bridge:
        bridge.capture.publish(3)
        problem(bridge, f"no permission to write to the topic {topic}")
        wait_for(lambda: bridge.report["errors"] >= 3, "it is tried again")
        assert (bridge.report["connected"], bridge.report["sent"]) == (False, 0)
        assert len(warnings_in(caplog)) == 1
        allow(real_kafka, topic, "WRITE")
        bridge.wait_sent(3)
        assert (bridge.report["connected"], bridge.report["problem"]) == (True, None)


def allow(broker: KafkaBroker, topic: str, operation: str) -> None:
    """Grant the guest a permission."""
    from confluent_kafka import admin

    kinds: Any = admin  # its types leave these out
    rule = kinds.AclBinding(
        kinds.ResourceType.TOPIC, topic, kinds.ResourcePatternType.LITERAL, f"User:{GUEST}", "*",
        kinds.AclOperation[operation], kinds.AclPermissionType.ALLOW,
    )  # fmt: skip
    client = kinds.AdminClient({"bootstrap.servers": broker.address()})
    (made,) = client.create_acls([rule]).values()
    made.result(30)


@pytest.mark.parametrize("client", CLIENTS)
def test_name_that_nobody_knows(real_kafka: KafkaBroker, topic: str, client: str) -> None:
    """The broker advertises a name without an address: the usual mistake, reported long before a timeout."""
    timing = OutputTiming(open=1.0)
    with running_bridge(
        real_kafka, topic, timing=timing, brokers=real_kafka.address("lost"), client=client
    ) as bridge:
        bridge.capture.publish(3)
        shown = problem(bridge, NOBODY)
        assert "address" in shown or "resolve" in shown
        assert (bridge.report["connected"], bridge.report["errors"]) == (False, 0)
        wait_for(lambda: bridge.report["lag"] > 1, "the frame that waits for it counts")


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("listener", "keys"),
    [("tls", {}), ("sasl", {}), ("both", {"sasl_mechanism": "PLAIN"})],
    ids=["TLS", "login", "login without TLS"],
)
def test_wrong_kind_of_port(
    real_kafka: KafkaBroker,
    topic: str,
    client: str,
    listener: str,
    keys: dict[str, Any],
) -> None:
    """The report names what to check if a broker only closes the connection."""
    timing = OutputTiming(open=0.5)
    login = keys and {**keys, "sasl_plain_username": USER, "sasl_plain_password": PASSWORD}
    with running_bridge(
        real_kafka, topic, timing=timing, brokers=real_kafka.address(listener), client=client, **login
    ) as bridge:
        assert problem(bridge, "tls").startswith(("no connection to", "no answer from"))


@pytest.mark.parametrize(
    ("client", "package", "extra"),
    [("sinetstream", "sinetstream", "kafka"), ("confluent", "confluent_kafka", "confluent")],
)
def test_package_that_is_missing(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    kafka: KafkaBroker,
    topic: str,
    client: str,
    package: str,
    extra: str,
) -> None:
    """How to install it is logged once; it is looked for now and then, and used once it is installed."""
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, package, None)
        with running_bridge(kafka, topic, client=client) as bridge:
            bridge.capture.publish(1)
            problem(bridge, f"pip install 'mqttcam[{extra}]'")
            wait_for(lambda: bridge.report["errors"] >= 3, "it is looked for again")
            assert bridge.report["errors"] < 20
            assert len(warnings_in(caplog)) == 1
            assert bridge.output.problems() == {bridge.report["problem"]: ["cam"]}
            patch.undo()
            bridge.wait_sent(1)
            assert bridge.report["problem"] is None


@pytest.mark.parametrize("codec", ["lz4", "snappy"])
def test_compression_that_needs_a_package(
    kafka: KafkaBroker, topic: str, codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in an environment without the extra."""
    monkeypatch.setattr(f"kafka.codec.{codec}", None)
    with running_bridge(kafka, topic, compression_type=codec) as bridge:
        problem(bridge, f"compression_type {codec} needs a package", "client: confluent")


@pytest.mark.parametrize("client", CLIENTS)
def test_silence(real_kafka: KafkaBroker, topic: str, client: str) -> None:
    """A frozen broker is a problem before the client gives up, and no longer once it continues."""
    with running_bridge(real_kafka, topic, timing=OutputTiming(silence=0.5), client=client) as bridge:
        bridge.capture.publish(1)
        bridge.wait_sent(1)
        real_kafka.pause()
        try:
            bridge.capture.publish(1)
            problem(bridge, "answer")
            assert bridge.report["lag"] >= 0.5
        finally:
            real_kafka.resume()
        bridge.wait_sent(2)
        wait_for(lambda: bridge.report["problem"] is None, "all is well again")


class TestContact:
    def test_each_problem_once(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        status = ConnectionStatus("kafka front", lambda: None, OutputTiming())
        for words in ("one", "two", "one", "two"):
            status.failed(words, sending=False)
            assert (status.connected, status.problem) == (False, "one")
        status.opened("there")
        assert (status.connected, status.problem) == (True, None)
        status.failed("one", sending=False)
        assert [record.getMessage() for record in caplog.records] == [
            "kafka front: one; trying again",
            "kafka front: two; trying again",
            "kafka front: connected to there",
            "kafka front: one; trying again",
        ]

    def test_a_problem_stays_while_it_recurs(self) -> None:
        """Further failures of the same outage do not replace it; a different cause does."""
        status = ConnectionStatus("kafka front", lambda: None, OutputTiming(stable=0.2))
        status.failed("refused", sending=False)

        def outdated() -> bool:
            status.failed("closed", sending=False)
            return status.problem == "closed"

        wait_for(outdated, "it is outdated")
        status.failed("refused", sending=False)
        assert status.problem == "closed"

    def test_a_refusal_says_more_than_no_connection(self) -> None:
        """The password was changed, and the broker restarted."""
        status = ConnectionStatus("kafka front", lambda: None, OutputTiming())
        status.failed("no connection to there: Connection refused", sending=False)
        status.failed("authentication failed", sending=False)
        assert status.problem == "authentication failed"
        status.failed("no connection to there: Connection refused", sending=False)
        assert status.problem == "authentication failed"

    def test_no_answer(self, caplog: pytest.LogCaptureFixture) -> None:
        """It has its own text, which the client's timeout does not replace."""
        status = ConnectionStatus("kafka front", lambda: None, OutputTiming(silence=0.1))
        status.opened("there")
        status.sending()
        wait_for(lambda: not status.connected, "the answer is missing")
        assert status.problem == "no answer from there"
        status.failed("no connection to there: timed out", sending=True)
        assert status.problem == "no answer from there"
        status.answered(more=False)
        status.delivered()
        assert status.connected
        status.sending()
        wait_for(lambda: not status.connected, "the answer is missing")
        status.answered(more=False)
        assert status.connected
        assert "no answer from there for 0 s" in caplog.text

    def test_a_connection_is_not_all(self) -> None:
        """After a failed message, only a delivered one ends the problem."""
        changes: list[None] = []
        status = ConnectionStatus("kafka front", lambda: changes.append(None), OutputTiming())
        status.opened("there")
        status.failed("no permission", sending=True)
        for _ in range(3):
            status.opened("there")
            status.failed("no permission", sending=True)
        assert (status.connected, len(changes)) == (False, 2)
        status.opened("there")
        status.delivered()
        assert (status.connected, status.problem) == (True, None)

    def test_what_is_heard_while_nothing_is_under_way(self) -> None:
        """Brokers close idle connections: that is not reported."""
        status = ConnectionStatus("kafka front", lambda: None, OutputTiming())
        status.opened("there")
        status.writer_problem("the broker has closed the connection")
        assert status.connected
        status.sending()
        status.writer_problem("the broker has closed the connection")
        assert not status.connected


class FakeWriter:
    """A writer that does what a test wants."""

    room, pending = 1, 0

    def __init__(self, fail: str = "") -> None:
        self._fail = fail
        self.sent: list[QueuedMessage] = []
        self._done: list[DeliveryReport] = []

    def open(self, report_problem: ReportProblem) -> None:
        self._maybe("open")

    def limit(self) -> int:
        self._maybe("limit")
        return 1_000_000

    def send(self, message: QueuedMessage) -> None:
        self.sent.append(message)
        self._done.append(DeliveryReport(message))

    def delivery_reports(self, timeout: float) -> list[DeliveryReport]:
        done, self._done = self._done, []
        return done

    def abort(self) -> None:
        pass

    def close(self) -> list[QueuedMessage]:
        self._maybe("close")
        return []

    def _maybe(self, what: str) -> None:
        if self._fail == what:
            raise RuntimeError(f"cannot {what}")


@pytest.mark.parametrize("fail", ["make", "open", "limit", "close"])
def test_a_bridge_survives_its_writers(fail: str) -> None:
    """Whatever one of them raises, the next one sends."""
    good = FakeWriter()
    writers: list[Callable[[], FakeWriter]] = [lambda: FakeWriter(fail), lambda: good]

    def make() -> FakeWriter:
        writer = writers.pop(0) if len(writers) > 1 else writers[0]
        if fail == "make" and len(writers) == 1 and not made:
            made.append(1)
            raise RuntimeError("cannot make")
        return writer()

    made: list[int] = []
    capture = FakeCapture()
    feed = CameraFeed("front", OF_ALL, capture.hub, PictureSpec, lambda: None)
    bridge = Bridge(
        "kafka",
        feed,
        OutputSettings(),
        FrameQueue(10, 1_000_000, None),
        make,
        timing=OutputTiming(last_retry=0.1),
    )
    bridge.start()
    try:
        if fail == "close":
            wait_for(lambda: bridge.report()["connected"], "the first one is open")
            bridge.set_enabled(False)
            wait_for(lambda: not bridge.report()["connected"], "the first one is closed")
            bridge.set_enabled(True)
        capture.publish(2)
        wait_for(lambda: len(good.sent) == 2, "the next one sends")
    finally:
        bridge.stop(1)


def test_frames_are_wanted_while_they_are_sent() -> None:
    capture = FakeCapture()
    feed = CameraFeed("front", OF_ALL, capture.hub, PictureSpec, lambda: None, lambda: capture.event)
    settings = OutputSettings.model_validate({"fps": 2, "on_motion": True})
    bridge = Bridge("kafka", feed, settings, FrameQueue(10, 1_000_000, None), FakeWriter)
    bridge.start()
    try:
        assert capture.hub.wanted_fps() == 0, "nothing moves"
        capture.event = "event-1"
        assert capture.hub.wanted_fps() == 2
        bridge.set_enabled(False)
        assert capture.hub.wanted_fps() == 0
    finally:
        bridge.stop(1)
