"""The example jobs of deploy/analytics: processes share the cameras, and no frame is lost when one of them dies."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from mqttcam.detections.message import parse
from mqttcam.outputs.kafka.record import RecordFields
from mqttcam.outputs.queue import QueuedMessage
from mqttcam.settings.kafka import KafkaSettings
from tests.outputs.kafka.consumers import python_of
from tests.outputs.kafka.rig import make_topic, records, sized, topic_name
from tests.support.kafka import KafkaBroker
from tests.support.left_out import leave_out
from tests.support.project import PROJECT
from tests.support.waiting import wait_for

CAMERAS = [f"pi/cam{number}" for number in range(8)]
PARTITIONS = 4
FRAMES = 30
"""Of each camera, for each step of a test."""
SESSION = "3000"
"""Milliseconds until the others take over from a process that was killed."""
JOBS = {"group_job": "a plain consumer group", "quix_job": "Quix Streams"}


class Frames:
    """Sends frames to a topic as mqttcam does.

    Attributes:
        topic: where they go.
        sent: the numbers of the frames of each camera.
    """

    def __init__(
        self, broker: KafkaBroker, picture: Callable[[int], bytes] = lambda seq: sized(2000, seq)
    ) -> None:
        """`picture` returns the JPEG of a frame by its number."""
        from confluent_kafka import Producer

        self._picture = picture
        self.topic = make_topic(broker, topic_name("frames"), partitions=PARTITIONS)
        self.sent: dict[str, list[int]] = {camera: [] for camera in CAMERAS}
        self._producer = Producer({"bootstrap.servers": broker.address(), "partitioner": "murmur2_random"})
        self._fields = {
            camera: RecordFields("pi", camera.removeprefix("pi/"), KafkaSettings()) for camera in CAMERAS
        }

    def send(self, count: int, *, seconds_ago: float = 0.0, cameras: list[str] = CAMERAS) -> None:
        """Send frames of each camera; return once Kafka has them."""
        for _, camera in itertools.product(range(count), cameras):
            seq = len(self.sent[camera])
            self.sent[camera].append(seq)
            frame = QueuedMessage(self._picture(seq), seq, time.time_ns() - int(seconds_ago * 1e9))
            fields = self._fields[camera]
            self._producer.produce(
                self.topic,
                fields.value(frame),
                fields.key,
                headers=dict(fields.headers(frame)),
                timestamp=fields.timestamp_ms(frame),
            )
        assert self._producer.flush(60) == 0


class Results:
    """Reads a topic with results.

    Attributes:
        records: everything that is there.
    """

    def __init__(self, broker: KafkaBroker, topic: str) -> None:
        from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

        self.records: list[Any] = []
        self._consumer = Consumer(
            {"bootstrap.servers": broker.address(), "group.id": "results", "enable.auto.commit": False}
        )
        self._consumer.assign(
            [TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(PARTITIONS)]
        )

    def of_cameras(self) -> dict[str, list[int]]:
        """Return the numbers of the frames with results, by camera, in order."""
        self.records += [one for one in self._consumer.consume(1000, 0.1) if one.error() is None]
        found: dict[str, list[int]] = {}
        for record in self.records:
            found.setdefault(record.key().decode(), []).append(json.loads(record.value())["seq"])
        return found

    def wait(self, expected: dict[str, list[int]]) -> dict[str, list[int]]:
        """Return `of_cameras` once every expected frame has a result."""

        def complete() -> dict[str, list[int]] | None:
            found = self.of_cameras()
            missing = [
                camera for camera in expected if not set(expected[camera]) <= set(found.get(camera, ()))
            ]
            return None if missing else found

        return wait_for(complete, "a result of every frame")

    def close(self) -> None:
        self._consumer.close()


@pytest.fixture
def results(real_kafka: KafkaBroker) -> Iterator[tuple[str, Results]]:
    """A topic for results, and what is in it."""
    topic = make_topic(real_kafka, topic_name("results"), partitions=PARTITIONS)
    reading = Results(real_kafka, topic)
    yield topic, reading
    reading.close()


class Workers:
    """Processes of one job, of one group."""

    def __init__(self, folder: Path, job: str, arguments: list[str], broker: KafkaBroker, group: str) -> None:
        self._program = [sys.executable] if job == "group_job" else python_of(JOBS[job], "quix")
        self._program += [str(folder / f"{job}.py"), *arguments, "--group", group]
        self._program += ["--session-timeout", SESSION]
        self._broker, self._group = broker, group
        self._log = folder / f"{job}.log"
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, count: int = 1) -> subprocess.Popen[bytes]:
        """Start so many more; return the last one once every one has partitions."""
        for _ in range(count):
            worker = self._start()
        self.wait_shared()
        return worker

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            worker = subprocess.Popen(
                self._program, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self._log.parent,
            )  # fmt: skip
        self.running.append(worker)
        return worker

    def wait_shared(self) -> None:
        """Return once the partitions are shared among all of them."""
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient

        client = AdminClient({"bootstrap.servers": self._broker.address()})

        def shared() -> bool:
            ended = [worker for worker in self.running if worker.poll() is not None]
            assert not ended, self._log.read_text("utf-8", "replace")[-3000:]
            (answer,) = client.describe_consumer_groups([self._group]).values()
            try:
                members = answer.result(30).members
            except KafkaException:  # the broker does not know the group yet
                return False
            shares = [len(member.assignment.topic_partitions) for member in members]
            return len(shares) == len(self.running) and sum(shares) == PARTITIONS and all(shares)

        wait_for(shared, "each process has partitions", interval=0.1)

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        self.running.remove(worker)
        worker.kill()
        worker.wait()

    def stop(self) -> str:
        """End all of them in order, and return what they printed."""
        for worker in self.running:
            worker.send_signal(signal.SIGTERM)
        codes = [worker.wait(60) for worker in self.running]
        self.running = []
        log = self._log.read_text("utf-8", "replace")
        assert not any(codes), log[-3000:]
        return log


@contextmanager
def working(
    folder: Path, job: str, broker: KafkaBroker, frames: str, results: str, *options: str
) -> Iterator[Workers]:
    """Yield the workers of a job, none of them started yet; kill those that are left afterwards."""
    shutil.copytree(PROJECT / "deploy" / "analytics", folder, dirs_exist_ok=True)
    shutil.copy(PROJECT / "mqttcam" / "kafka" / "envelope.py", folder)
    workers = Workers(folder, job, [broker.address(), frames, results, *options], broker, topic_name("group"))
    try:
        yield workers
    finally:
        for worker in list(workers.running):
            workers.kill(worker)


@pytest.fixture(autouse=True)
def _opencv() -> None:
    try:
        import_module("cv2")
    except ImportError as error:
        leave_out(f"OpenCV: {error}")


@pytest.mark.parametrize("job", JOBS)
def test_one_worker_then_two_then_one_is_killed(
    real_kafka: KafkaBroker, results: tuple[str, Results], tmp_path: Path, job: str
) -> None:
    """No frame is lost, the order of each camera is kept, and results come at least once."""
    frames = Frames(real_kafka)
    topic, found = results
    with working(tmp_path, job, real_kafka, frames.topic, topic) as workers:
        first = workers.start()
        frames.send(FRAMES)
        found.wait(frames.sent)
        workers.start()
        frames.send(FRAMES)
        found.wait(frames.sent)
        for part in range(6):
            frames.send(FRAMES // 3)
            if part == 2:
                workers.kill(first)
        by_camera = found.wait(frames.sent)
        workers.stop()
    assert set(by_camera) == set(CAMERAS)
    for camera, numbers in by_camera.items():
        assert list(dict.fromkeys(numbers)) == frames.sent[camera], f"{camera} in order"
    _check_messages(found.records, records(real_kafka, frames.topic, PARTITIONS))


def _check_messages(found: list[Any], frames: list[Any]) -> None:
    """They are what `detections` reads, and lead back to the frame."""
    places = {(frame.partition(), frame.offset()): frame for frame in frames}
    for record in found:
        message = parse(record.value())
        assert message.source is not None
        assert message.source.topic == frames[0].topic()
        frame = places[message.source.partition, message.source.offset]
        assert message.camera == record.key().decode() == frame.key().decode()
        assert message.ts_ns is not None
        assert message.ts_ns // 1_000_000 == frame.timestamp()[1]
        assert str(message.seq).encode() == dict(frame.headers())["seq"]
    assert any(parse(record.value()).detections for record in found)


@pytest.mark.parametrize("job", JOBS)
def test_frames_that_are_too_old_are_skipped(
    real_kafka: KafkaBroker, results: tuple[str, Results], tmp_path: Path, job: str
) -> None:
    """By the records' times: those that waited before it started, and those that come late."""
    frames = Frames(real_kafka)
    topic, found = results
    one = CAMERAS[:1]
    frames.send(5, seconds_ago=3600, cameras=one)
    with working(tmp_path, job, real_kafka, frames.topic, topic, "--max-age", "600") as workers:
        workers.start()
        frames.send(3, cameras=one)
        frames.send(2, seconds_ago=3600, cameras=one)
        frames.send(1, cameras=one)
        by_camera = found.wait({one[0]: [5, 6, 7, 10]})
        log = workers.stop()
    assert {camera: set(numbers) for camera, numbers in by_camera.items()} == {one[0]: {5, 6, 7, 10}}
    if job == "group_job":
        assert re.search(r"[4-9] frames analyzed, [2-9] skipped", log)


def test_frames_that_come_while_a_job_starts_are_not_skipped(
    real_kafka: KafkaBroker, results: tuple[str, Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the job has looked for recent ones, and found none: it begins at the end as it was before."""
    from confluent_kafka import Consumer, TopicPartition

    monkeypatch.syspath_prepend(str(PROJECT / "deploy" / "analytics"))
    group_job = import_module("group_job")
    frames = Frames(real_kafka)
    frames.send(2, seconds_ago=3600)

    class Slow(Consumer):
        def offsets_for_times(self, *arguments: Any, **options: Any) -> list[TopicPartition]:
            found = super().offsets_for_times(*arguments, **options)
            frames.send(1)
            return found

    monkeypatch.setattr(group_job, "Consumer", Slow)
    options = Namespace(
        brokers=real_kafka.address(),
        frames=frames.topic,
        results=results[0],
        group=frames.topic,
        max_age=600,
        session_timeout=10_000,
    )
    job = group_job.Job(options)
    thread = threading.Thread(target=job.run)
    thread.start()
    try:
        found = results[1].wait({camera: [2] for camera in CAMERAS})
    finally:
        job.running = False
        thread.join()
    assert found == {camera: [2] for camera in CAMERAS}


def test_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what has moved, in pixels of the frame."""
    import numpy as np
    import simplejpeg

    monkeypatch.syspath_prepend(str(PROJECT / "deploy" / "analytics"))
    find = import_module("motion_boxes").find
    for left, boxes in ((100, 0), (100, 0), (300, 2)):
        pixels = np.full((480, 640, 3), 90, np.uint8)
        pixels[200:280, left : left + 80] = 230
        found = find("pi/cam", simplejpeg.encode_jpeg(pixels, 90))
        assert (found["width"], found["height"], len(found["detections"])) == (640, 480, boxes)
    here = next(one for one in found["detections"] if one["box"][0] > 200)
    x1, y1, x2, y2 = here["box"]
    assert 260 <= x1 <= 300 < 380 <= x2 <= 420
    assert 160 <= y1 <= 200 < 280 <= y2 <= 320
    assert here["label"] == "motion"
    assert 0.3 < here["score"] <= 1
    assert find("pi/cam", b"no picture") == {"detections": []}
