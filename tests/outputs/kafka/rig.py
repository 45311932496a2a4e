"""A camera without a source, a Kafka output for it, and readers of topics."""

from __future__ import annotations

import gc
import itertools
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any, Self

from mqttcam.camera.frame import DEFAULT_QUALITY, Frame, PictureSpec
from mqttcam.camera.hub import Hub
from mqttcam.outputs.kafka.output import KafkaOutput
from mqttcam.outputs.output import CameraFeed
from mqttcam.outputs.timing import OutputTiming
from mqttcam.settings.kafka import KafkaSettings
from tests.support.kafka import KafkaBroker
from tests.support.left_out import leave_out
from tests.support.pictures import jpeg
from tests.support.waiting import PATIENCE, wait_for

_numbers = itertools.count(1)
OF_ALL: Any = SimpleNamespace(kafka=None)
"""The settings of a camera without its own Kafka settings."""
SPOOL: dict[str, Any] = {"schedule": "0.02", "spool": True}
"""Frames on a schedule of the shortest kind, kept on disk."""


def topic_name(of: str) -> str:
    """Return a name that no other test uses."""
    return f"{of}-{next(_numbers)}"


_SMALL = [jpeg(64, 48, seed=number, noise=0) for number in range(8)]
_LONGEST_COMMENT = 60_000


def sized(size: int, number: int) -> bytes:
    """Return a JPEG of exactly `size` bytes, padded with comments; each number gives another one."""
    small = _SMALL[number % len(_SMALL)]
    left = size - len(small)
    parts = [small[:2]]
    text = number.to_bytes(8, "big")
    while left:
        length = left if left <= _LONGEST_COMMENT else min(_LONGEST_COMMENT, left - 100)
        parts.append(b"\xff\xfe" + (length - 2).to_bytes(2, "big") + text.ljust(length - 4, b"."))
        left -= length
    return b"".join((*parts, small[2:]))


class FakeCapture:
    """Publishes frames to a hub at a rate, like the capture thread of a camera.

    Attributes:
        event: the id of the event of motion that the frames show.
        jpegs: the JPEGs in order, empty unless `keep`.
        slowest: the longest time that the hub took for a frame, in seconds.
    """

    def __init__(self, fps: float = 20, size: int = 20_000, *, keep: bool = True) -> None:
        self.hub = Hub()
        self.event: str | None = None
        self.fps, self.size = fps, size
        self.taken = 0
        self.slowest = 0.0
        self.times: list[float] = []
        self.jpegs: list[bytes] = []
        self._keep = keep
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def publish(self, count: int = 1, size: int | None = None) -> None:
        """Publish frames as fast as possible, from the calling thread."""
        for _ in range(count):
            self._publish_jpeg(sized(size or self.size, self.taken))

    def _publish_jpeg(self, picture: bytes) -> None:
        frame = Frame(time.time_ns(), 64, 48, jpeg=picture)
        frame.seq = self.taken
        self.taken += 1
        if self._keep:
            self.jpegs.append(picture)
        before = time.perf_counter()
        self.hub.publish(frame)
        self.slowest = max(self.slowest, time.perf_counter() - before)
        self.times.append(time.monotonic())

    def _run(self) -> None:
        started = time.monotonic()
        for turn in itertools.count():
            if self._stop.wait(max(0.0, started + turn / self.fps - time.monotonic())):
                return
            self._publish_jpeg(sized(self.size, self.taken))

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)


class RunningBridge:
    """A camera whose frames are sent to Kafka."""

    def __init__(self, output: KafkaOutput, capture: FakeCapture) -> None:
        self.output = output
        self.capture = capture

    @property
    def report(self) -> dict[str, Any]:
        found = self.output.report("cam")
        assert found is not None
        return dict(found)

    @property
    def sent(self) -> int:
        return int(self.report["sent"])

    def wait_sent(self, count: int, timeout: float = PATIENCE) -> None:
        wait_for(lambda: self.sent >= count, f"{count} frames sent", timeout)

    def wait_connected(self, connected: bool = True, timeout: float = PATIENCE) -> None:
        wait_for(lambda: self.report["connected"] is connected, f"connected is {connected}", timeout)

    def wait_settled(self, timeout: float = PATIENCE) -> None:
        """Wait until every frame is sent or dropped."""
        wait_for(
            lambda: self.counted == self.capture.taken and not self.report["waiting"], "all settled", timeout
        )

    @property
    def counted(self) -> int:
        """Number of frames that were sent or dropped."""
        report = self.report
        return int(report["sent"]) + int(report["dropped"])


@contextmanager
def running_bridge(
    broker: KafkaBroker,
    topic: str | None,
    capture: FakeCapture | None = None,
    *,
    state: Path | None = None,
    timing: OutputTiming | None = None,
    node: str | None = None,
    **keys: Any,
) -> Iterator[RunningBridge]:
    """Send the frames of a camera to a topic for the duration of the block."""
    import asyncio

    settings = KafkaSettings.model_validate({"brokers": broker.address(), "topic": topic, **keys})
    node = node or f"node{next(_numbers)}"
    before = threads_of(node)
    output = KafkaOutput(settings, node, state or broker.directory, timing=timing)
    capture = capture or FakeCapture()
    spec = PictureSpec(DEFAULT_QUALITY)
    output.attach(CameraFeed("cam", OF_ALL, capture.hub, lambda: spec, lambda: None, lambda: capture.event))
    try:
        yield RunningBridge(output, capture)
    finally:
        asyncio.run(output.stop())
        # A remaining thread would log warnings during the next tests.
        wait_for(lambda: threads_of(node) <= before, "its threads have ended")


def threads_of(node: str) -> Counter[str]:
    """Count the threads of bridges and of this node's producers, by name."""
    ours = ("kafka-cam", f"mqttcam-{node}-cam-network-thread")
    return Counter(thread.name for thread in threading.enumerate() if thread.name in ours)


def make_topic(broker: KafkaBroker, name: str, *, partitions: int = 1, **config: str) -> str:
    """Create a topic; `max_message_bytes="200000"` is `max.message.bytes`."""
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

    client = AdminClient({"bootstrap.servers": broker.address()})
    topic = NewTopic(name, partitions, 1, config={key.replace("_", "."): one for key, one in config.items()})

    def exists() -> bool:
        """Ask again if need be: a broker that was paused loses requests for a while."""
        (made,) = client.create_topics([topic], request_timeout=10).values()
        try:
            made.result(15)
        except KafkaException as error:
            return bool(error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS)
        except TimeoutError:
            return False
        return True

    wait_for(exists, f"the topic {name}", interval=0.2)
    return name


def read(
    broker: KafkaBroker, topic: str, count: int, value_type: str = "byte_array", **keys: Any
) -> list[Any]:
    """Return the first `count` messages of a topic, read by SINETStream's own reader."""
    from sinetstream import MessageReader

    if value_type == "image":
        try:
            import_module("sinetstreamplugin.valuetype.image")
        except ImportError as error:
            leave_out(f"SINETStream's image type: {error}")

    spec = {
        "auto_offset_reset": "earliest",
        "fetch_max_bytes": 64 << 20,
        "max_partition_fetch_bytes": 16 << 20,
    }
    found: list[Any] = []
    with MessageReader(
        no_config=True,
        type="kafka",
        brokers=broker.address(),
        topics=topic,
        value_type=value_type,
        consistency="AT_LEAST_ONCE",
        receive_timeout_ms=5000,
        type_spec={"group_id": f"tests-{next(_numbers)}", **spec},
        **keys,
    ) as reader:
        for message in reader:
            found.append(message)
            if len(found) == count:
                break
    del reader
    with warnings.catch_warnings():
        # kafka-python leaves a socket open that was still connecting when its client was closed.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    return found


def raw(broker: KafkaBroker, topic: str) -> list[bytes]:
    """Return the value of every record in a topic, read by a plain Kafka client."""
    return [record.value() for record in records(broker, topic)]


def _offsets(consumer: Any, topic: str, partition: int) -> tuple[int, int]:
    """Return the first and the next offset; a broker that was paused answers with errors at first."""
    from confluent_kafka import KafkaException, TopicPartition

    def ask() -> tuple[int, int] | None:
        try:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        except KafkaException:
            return None
        return low, high

    return wait_for(ask, f"the offsets of {topic}", interval=0.2)


def records(broker: KafkaBroker, topic: str, partitions: int = 1) -> list[Any]:
    """Return every record in a topic, partition by partition, read by a plain Kafka client."""
    from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

    consumer = Consumer(
        {"bootstrap.servers": broker.address(), "group.id": "raw", "enable.auto.commit": False}
        | {"fetch.message.max.bytes": 16 << 20, "receive.message.max.bytes": 128 << 20}
    )
    try:
        found: list[Any] = []
        for partition in range(partitions):
            low, high = _offsets(consumer, topic, partition)
            consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING)])
            expected = len(found) + high - low
            while len(found) < expected:
                for message in consumer.consume(expected - len(found), timeout=5):
                    assert message.error() is None
                    found.append(message)
        return found
    finally:
        consumer.close()
