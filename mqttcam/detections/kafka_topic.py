"""Detections from a Kafka topic, and their pictures from the topic of the frames."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

from mqttcam.backoff import Backoff
from mqttcam.detections.fields import InvalidDetections, RecordPlace
from mqttcam.detections.message import DetectionMessage, parse
from mqttcam.kafka import log as kafka_log
from mqttcam.kafka.envelope import InvalidMessage, unpack
from mqttcam.kafka.garbage import collect_clients
from mqttcam.kafka.intervals import measure_monotonically
from mqttcam.settings.detections import DetectionsTopicSettings

log = logging.getLogger(__name__)

Deliver = Callable[[str, DetectionMessage], None]
"""Process a message for a camera of this node; called on the event loop."""
Size = Callable[[str], tuple[int, int] | None]
"""Returns the size of a camera's pictures; None if it is unknown, or there is no such camera. For any thread."""

_POLL_MS = 300
_AT_ONCE = 50
"""The number of messages that are read ahead of processing."""
_ANY_SIZE = (1, 1)
_FETCH_SECONDS = 5.0
_LARGEST = 16_000_000
"""Bytes of a picture that is fetched."""
_FIRST_RETRY, _LAST_RETRY = 1.0, 30.0


class DetectionsTopic:
    """Reads a topic in a thread, starting with new messages, and reconnects as long as it runs.

    Attributes:
        problem: why nothing can be read at present, in words; None while it can.
        next_try: when the next attempt to connect begins, in seconds of `time.monotonic`; None if none is pending.
        skipped: messages that could not be understood.
    """

    def __init__(
        self,
        settings: DetectionsTopicSettings,
        node: str,
        deliver: Deliver,
        size: Size,
        changed: Callable[[], None],
    ) -> None:
        """Do nothing yet.

        Args:
            node: the id of this node, with which messages name its cameras.
            changed: called on the event loop after the problem has changed.
        """
        self.problem: str | None = None
        self.skipped = 0
        self._settings = settings
        self._node = node
        self._deliver = deliver
        self._size = size
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self.next_try: float | None = None
        self._thread = threading.Thread(target=self._run, name="detections", daemon=True)
        self._fetching = threading.Lock()
        self._fetch_turn = asyncio.Lock()
        self._fetcher: Any = None

    def start(self) -> None:
        """Start reading."""
        self._thread.start()

    async def stop(self) -> None:
        """Stop reading; a thread that hangs in the client is abandoned."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, 1.0)

    def try_again(self) -> None:
        """Connect now if an attempt is pending."""
        if self.next_try is not None:
            self._wake.set()

    async def fetch(self, place: RecordPlace) -> bytes:
        """Return the JPEG of a record; records are fetched one at a time.

        Raises:
            ValueError: it cannot be fetched in time, or is no picture.
        """
        async with self._fetch_turn:  # those that wait need no thread, of which there are few for everything
            return await asyncio.to_thread(self._fetch, place)

    # in the thread

    def _run(self) -> None:
        backoff = Backoff(_FIRST_RETRY, _LAST_RETRY)
        while not self._stopping.is_set():
            consumer = None
            try:
                consumer = self._open()
                self._read(consumer, backoff)
            except Exception as error:  # noqa: BLE001 - the libraries raise various exceptions
                self._set_problem(kafka_log.explain_open_failure(error, self._brokers))
            finally:
                _close(consumer)
                with self._fetching:
                    _close(self._fetcher)
                    self._fetcher = None
            self._pause(backoff.next())

    def _pause(self, seconds: float) -> None:
        self.next_try = time.monotonic() + seconds
        self._wake.wait(seconds)
        self._wake.clear()
        self.next_try = None

    def _open(self) -> Any:
        kafka_log.capture()
        collect_clients()
        from kafka import KafkaConsumer

        measure_monotonically()
        group = self._settings.group_id
        return KafkaConsumer(
            self._settings.topic,
            group_id=group,
            enable_auto_commit=group is not None,
            auto_offset_reset="latest",
            **self._settings.client_parameters(f"mqttcam-{self._node}-detections"),
        )

    def _read(self, consumer: Any, backoff: Backoff) -> None:
        """Read until `stop` is called."""
        while not self._stopping.is_set():
            found = consumer.poll(timeout_ms=_POLL_MS, max_records=_AT_ONCE)
            if problem := kafka_log.last_error():
                self._set_problem(problem)
            elif found or consumer.assignment():
                self._set_problem(None)
                backoff.reset()
            messages = [read for records in found.values() for one in records if (read := self._parse(one))]
            if messages:
                self._pass_on(messages)

    def _parse(self, record: Any) -> tuple[str, DetectionMessage] | None:
        value = bytes(record.value or b"")
        try:
            if not value.lstrip().startswith(b"{"):
                value = unpack(value).payload
            named = parse(value, _ANY_SIZE).camera or (record.key or b"").decode("utf-8", "replace")
            camera = self._camera(named)
            return None if camera is None else (camera, parse(value, self._size(camera)))
        except (InvalidDetections, InvalidMessage) as error:
            self.skipped += 1
            level = logging.WARNING if self.skipped == 1 else logging.DEBUG
            log.log(
                level,
                "detections: the message at partition %s, offset %s of %s is skipped: %s",
                record.partition,
                record.offset,
                self._settings.topic,
                error,
            )
            return None

    def _camera(self, name: str) -> str | None:
        """Return the id of a camera of this node; None for one of another node."""
        node, _, camera = name.rpartition("/")
        return camera if node in ("", self._node) else None

    def _pass_on(self, messages: list[tuple[str, DetectionMessage]]) -> None:
        """Let the event loop process messages, and wait for it: messages waiting in Kafka take no memory here."""
        done: Future[None] = Future()

        def take_over() -> None:
            try:
                for camera, message in messages:
                    self._deliver(camera, message)
            finally:
                done.set_result(None)

        try:
            self._loop.call_soon_threadsafe(take_over)
        except RuntimeError:  # the loop has ended
            return
        while not self._stopping.is_set():
            try:
                done.result(_POLL_MS / 1000)
            except FutureTimeout:
                continue
            return

    def _set_problem(self, problem: str | None) -> None:
        shown = None if problem is None else f"detections: {problem}"
        if shown == self.problem:
            return
        if shown is not None and self.problem is None:
            log.warning("%s; trying again", shown)
        elif shown is None:
            log.info("detections: reading %s from %s", self._settings.topic, self._brokers)
        self.problem = shown
        try:
            self._loop.call_soon_threadsafe(self._changed)
        except RuntimeError:
            return

    @property
    def _brokers(self) -> str:
        return ",".join(self._settings.brokers)

    # pictures, in other threads

    def _fetch(self, place: RecordPlace) -> bytes:
        with self._fetching:
            try:
                record = self._fetch_record(place)
            except Exception as error:
                _close(self._fetcher)
                self._fetcher = None
                raise ValueError(f"{place}: {error}") from error
        if record is None:
            raise ValueError(f"{place} no longer exists, or did not arrive in time")
        return unpack(bytes(record.value or b"")).payload

    def _fetch_record(self, place: RecordPlace) -> Any:
        from kafka import KafkaConsumer, TopicPartition

        if self._stopping.is_set():
            return None
        if self._fetcher is None:
            limits = {"max_partition_fetch_bytes": _LARGEST, "fetch_max_bytes": _LARGEST}
            parameters = self._settings.client_parameters(f"mqttcam-{self._node}-pictures")
            self._fetcher = KafkaConsumer(enable_auto_commit=False, **limits, **parameters)
        partition = TopicPartition(place.topic, place.partition)
        self._fetcher.assign([partition])
        self._fetcher.seek(partition, place.offset)
        found = self._fetcher.poll(timeout_ms=int(_FETCH_SECONDS * 1000), max_records=1)
        record = next(iter(found.get(partition, ())), None)
        return record if record is not None and record.offset == place.offset else None


def _close(consumer: Any) -> None:
    if consumer is not None:
        try:
            consumer.close(autocommit=True)
        except Exception as error:  # noqa: BLE001 - it is not used again
            log.debug("detections: closing a Kafka consumer failed: %r", error)
